//! The program: configuration, wiring, command line, and nothing else. The real clock and the real chance are read here.

#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

mod cli;
mod clock;
mod commands;
mod heads;
mod paths;
mod serve;
mod simulate;

use clap::Parser;

fn main() {
    let cli = cli::Cli::parse_from(cli::arguments());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("keben: cannot start: {error}");
            std::process::exit(2);
        }
    };
    let code = runtime.block_on(commands::run(cli));
    // Threads that wait for files or databases must not hold up the end.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    std::process::exit(code);
}
