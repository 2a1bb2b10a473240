//! Makes the static files: with Node and the npm registry the fonts are cut and everything is compressed
//! (`assets/build.mjs`, packages from `assets/package-lock.json`); without them the pages get the stylesheet and the
//! script as they are, and the system's fonts. Either way the build succeeds, and the source tree stays clean: all
//! work is done in `OUT_DIR`.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const SOURCES: &[&str] = &["kb.css", "app.js", "thread.js", "package.json", "package-lock.json", "build.mjs"];

fn main() -> Result<(), Box<dyn Error>> {
    let source = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("assets");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for name in SOURCES {
        println!("cargo:rerun-if-changed=assets/{name}");
    }
    println!("cargo:rerun-if-env-changed=KEBEN_SYSTEM_FONTS");
    let made = out.join("assets");
    if made.exists() {
        fs::remove_dir_all(&made)?;
    }
    fs::create_dir_all(&made)?;
    if env::var_os("KEBEN_SYSTEM_FONTS").is_some() {
        plain(&source, &made)?;
    } else if let Err(why) = with_node(&source, &out, &made) {
        println!("cargo:warning=pages are built without their fonts (system fonts are used): {why}");
        plain(&source, &made)?;
    }
    fs::write(out.join("assets.rs"), table(&made)?)?;
    Ok(())
}

/// The stylesheet and the script as they are.
fn plain(source: &Path, made: &Path) -> Result<(), Box<dyn Error>> {
    for name in ["kb.css", "app.js", "thread.js"] {
        fs::copy(source.join(name), made.join(name))?;
    }
    Ok(())
}

fn with_node(source: &Path, out: &Path, made: &Path) -> Result<(), Box<dyn Error>> {
    let work = out.join("npm");
    fs::create_dir_all(&work)?;
    for name in ["package.json", "package-lock.json", "build.mjs"] {
        fs::copy(source.join(name), work.join(name))?;
    }
    // The packages are fetched once per lock file.
    let lock = fs::read(source.join("package-lock.json"))?;
    let stamp = work.join("installed");
    if fs::read(&stamp).ok().as_deref() != Some(lock.as_slice()) {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        run(Command::new(npm)
            .args([
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--prefer-offline",
                "--fetch-retries=1",
            ])
            .current_dir(&work))?;
        fs::write(&stamp, &lock)?;
    }
    run(Command::new("node").arg("build.mjs").arg(source).arg(made).current_dir(&work))
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program} did not start ({error})"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| line.contains("rror")).unwrap_or("no reason given");
    Err(format!("{program} failed: {line}").into())
}

/// The table of files that `src/assets.rs` includes. Names carry a hash of the content.
fn table(made: &Path) -> Result<String, Box<dyn Error>> {
    let mut names: Vec<String> = fs::read_dir(made)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.ends_with(".gz") && !name.ends_with(".br"))
        .collect();
    names.sort();
    let mut text = String::from("const FILES: &[Asset] = &[\n");
    let mut hrefs = String::new();
    for name in &names {
        let path = made.join(name);
        let hash = fnv(&fs::read(&path)?);
        let shown = match name.as_str() {
            "kb.css" => format!("kb.{hash}.css"),
            "app.js" => format!("app.{hash}.js"),
            "thread.js" => format!("thread.{hash}.js"),
            other => other.to_owned(),
        };
        if name == "kb.css" {
            writeln!(hrefs, "const CSS: &str = {:?};", format!("/assets/{shown}"))?;
        }
        if name == "app.js" {
            writeln!(hrefs, "const JS: &str = {:?};", format!("/assets/{shown}"))?;
        }
        if name == "thread.js" {
            writeln!(hrefs, "const THREAD_JS: &str = {:?};", format!("/assets/{shown}"))?;
        }
        let kind = match name.rsplit('.').next().unwrap_or_default() {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "woff2" => "font/woff2",
            _ => "text/plain; charset=utf-8",
        };
        let packed = |ending: &str| {
            let packed = made.join(format!("{name}.{ending}"));
            if packed.exists() { format!("Some(include_bytes!({:?}))", packed) } else { "None".to_owned() }
        };
        writeln!(
            text,
            "    Asset {{ name: {shown:?}, bytes: include_bytes!({path:?}), gzip: {}, brotli: {}, content_type: {kind:?}, etag: {:?} }},",
            packed("gz"),
            packed("br"),
            format!("\"{hash}\""),
        )?;
    }
    text.push_str("];\n");
    text.push_str(&hrefs);
    Ok(text)
}

/// FNV-1a, 64 bits: tells one content from another, guards nothing.
fn fnv(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{:010x}", hash & 0xff_ffff_ffff)
}
