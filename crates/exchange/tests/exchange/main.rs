//! Lists and workbooks as people have them: the samples, other habits, broken and hostile files.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod hostile_files;
mod other_lists;
mod samples;
