//! Static files, made by the build script and held in the binary: stylesheet, script, fonts and their licences. The
//! names of stylesheet and script carry a hash of their content, so a browser may keep them for a year.

/// A file as it goes out.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// The name behind `/assets/`.
    pub name: &'static str,
    pub bytes: &'static [u8],
    pub gzip: Option<&'static [u8]>,
    pub brotli: Option<&'static [u8]>,
    pub content_type: &'static str,
    /// With its quotes.
    pub etag: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// What `Cache-Control` says of every asset.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// The asset of a path, with or without `/assets/` in front.
pub fn get(path: &str) -> Option<Asset> {
    let name = path.strip_prefix("/assets/").unwrap_or(path);
    FILES.iter().find(|file| file.name == name).copied()
}

/// The stylesheet's address.
pub fn css_href() -> &'static str {
    CSS
}

/// The script's address.
pub fn js_href() -> &'static str {
    JS
}

/// The address of the script of threads alone: a home's phone is sent no other.
pub fn thread_js_href() -> &'static str {
    THREAD_JS
}

impl Asset {
    /// The smallest form that the browser says it can read, and its `Content-Encoding`.
    pub fn encoded(&self, accept_encoding: &str) -> (&'static [u8], Option<&'static str>) {
        let accepts = |name: &str| {
            accept_encoding.split(',').any(|part| {
                let mut words = part.trim().split(';');
                words.next().is_some_and(|word| word.trim() == name) && !words.any(|w| w.trim() == "q=0")
            })
        };
        match (self.brotli, self.gzip) {
            (Some(bytes), _) if accepts("br") => (bytes, Some("br")),
            (_, Some(bytes)) if accepts("gzip") => (bytes, Some("gzip")),
            _ => (self.bytes, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stylesheet_and_script_are_there_under_their_hashed_names() {
        for href in [css_href(), js_href()] {
            let asset = get(href).unwrap();
            assert!(!asset.bytes.is_empty(), "{href} is empty");
            assert!(asset.etag.starts_with('"') && href.contains(asset.etag.trim_matches('"')));
        }
        assert!(get("/assets/no.css").is_none());
    }

    #[test]
    fn the_smallest_form_is_chosen() {
        let css = get(css_href()).unwrap();
        assert_eq!(css.encoded("identity").1, None);
        if css.brotli.is_some() {
            assert_eq!(css.encoded("gzip, deflate, br").1, Some("br"));
            assert_eq!(css.encoded("gzip;q=1.0, br;q=0").1, Some("gzip"));
        }
    }

    /// A staff page costs at most 120 KB with fonts; what every page shares leaves 60 KB to the page itself.
    #[test]
    fn what_every_page_shares_stays_small() {
        let fonts: usize =
            FILES.iter().filter(|file| file.name.ends_with(".woff2")).map(|file| file.bytes.len()).sum();
        let text: usize =
            [css_href(), js_href()].iter().map(|href| get(href).unwrap().encoded("br").0.len()).sum();
        assert!(fonts <= 45_000, "fonts weigh {fonts} bytes");
        assert!(fonts + text <= 90_000, "fonts, stylesheet and script weigh {} bytes", fonts + text);
    }

    #[test]
    fn fonts_come_with_their_licences() {
        if FILES.iter().any(|file| file.name.ends_with(".woff2")) {
            assert!(get("OFL-be-vietnam-pro.txt").is_some());
            assert!(get("OFL-inter.txt").is_some());
        }
    }

    #[test]
    fn the_stylesheet_loads_nothing_from_elsewhere() {
        let css = std::str::from_utf8(get(css_href()).unwrap().bytes).unwrap();
        assert!(!css.contains("//") && !css.contains("data:"));
    }
}
