//! Spaces at line ends, and paths of the machine something was written on.

use std::{fs, path::Path};

use anyhow::Result;

use crate::workspace;

/// Put together here so that this file does not offend itself.
const PRIVATE: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/tmp", "/w/"),
    concat!("/tmp", "/t/"),
    concat!("..", "/shared"),
];

pub(crate) fn check(problems: &mut Vec<String>) -> Result<()> {
    for file in workspace::files()? {
        // Findings are kept byte for byte.
        if file.starts_with("fuzz/seeds") {
            continue;
        }
        let Some(text) = text(&workspace::root().join(&file))? else {
            continue;
        };
        for (line, problem) in faults(&text) {
            problems.push(format!("{}:{line}: {problem}", file.display()));
        }
        if !text.is_empty() && !text.ends_with('\n') {
            problems.push(format!("{}: the last line has no end", file.display()));
        }
    }
    Ok(())
}

/// The text of a file; none for binary ones.
pub(crate) fn text(path: &Path) -> Result<Option<String>> {
    let bytes = fs::read(path)?;
    if bytes.contains(&0) {
        return Ok(None);
    }
    Ok(String::from_utf8(bytes).ok())
}

fn faults(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.ends_with([' ', '\t']) {
            found.push((index + 1, "space at the end of the line".into()));
        }
        for private in PRIVATE {
            if line.contains(private) {
                found.push((index + 1, format!("`{private}` is a path of one machine")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::faults;

    #[test]
    fn finds_spaces_and_private_paths() {
        let text = format!("fine\nbad \nread {}main\n", super::PRIVATE[0]);
        let lines: Vec<_> = faults(&text).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [2, 3]);
    }
}
