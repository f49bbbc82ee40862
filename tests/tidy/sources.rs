//! The files of the repository, read from disk.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the repository.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Path from the top of the repository, with slashes.
    pub(crate) path: String,
    /// Text of the file.
    pub(crate) text: String,
}

impl Source {
    /// The lines of the program itself, numbered from 1: what stands before the tests at the end.
    pub(crate) fn program(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test_file = self.is_test();
        self.text
            .lines()
            .zip(1..)
            .take_while(move |(line, _)| !is_test_file && line.trim() != "#[cfg(test)]")
            .map(|(line, number)| (number, line))
    }

    /// The lines of the tests.
    pub(crate) fn tests(&self) -> impl Iterator<Item = &str> {
        self.text.lines().skip(self.program().count())
    }

    /// Checks whether the file holds nothing but tests and what they need.
    pub(crate) fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || ["tests.rs", "samples.rs"].contains(&name)
    }
}

/// The top of the repository.
pub(crate) fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file of the three crates whose name ends like this.
pub(crate) fn sources(ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    for part in ["protocol", "node", "tests"] {
        collect(&top().join(part), part, ending, &mut found);
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(!found.is_empty(), "no {ending} in the repository");
    found
}

fn collect(directory: &Path, path: &str, ending: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).expect("the repository can be read") {
        let entry = entry.expect("the repository can be read");
        let name = entry.file_name().into_string().expect("names of files are UTF-8");
        let path = format!("{path}/{name}");
        if entry.file_type().expect("a file has a type").is_dir() {
            let foreign = name.starts_with('.') || name == "target" || name == "__pycache__";
            if !foreign {
                collect(&entry.path(), &path, ending, found);
            }
        } else if name.ends_with(ending) {
            let text = fs::read_to_string(entry.path()).expect("sources are UTF-8");
            found.push(Source { path, text });
        }
    }
}
