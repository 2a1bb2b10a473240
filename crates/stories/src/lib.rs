//! The house from outside: tests of the whole repository, and the measurements of `cargo xtask bench`
//! (`src/bin/bench/main.rs`). There is no library here.
