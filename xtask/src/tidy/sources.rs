//! What the engine's code must not reach for.

use std::{fs, path::Path};

use anyhow::Result;

use crate::workspace;

/// Crates at or below the engine.
const ENGINE: &[&str] = &[
    "slides-ooxml",
    "slides-fonts",
    "slides-fonts-cjk",
    "slides-scene",
    "slides-layout",
    "slides-render",
    "slides-engine",
];

/// Texts that mean a socket, a clock, the environment or global state.
const BANNED: &[(&str, &str)] = &[
    ("std::net", "opens a socket"),
    ("SystemTime", "reads a clock"),
    ("Instant::now", "reads a clock"),
    ("env::var", "reads the environment"),
    ("static mut", "holds global state"),
    ("async fn", "is asynchronous"),
];

pub(crate) fn check(problems: &mut Vec<String>) -> Result<()> {
    for file in workspace::files()? {
        let ours = ENGINE
            .iter()
            .any(|name| file.starts_with(Path::new("crates").join(name).join("src")));
        if !ours || file.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(workspace::root().join(&file))?;
        for (line, reason) in offences(&text) {
            problems.push(format!(
                "{}:{line}: the engine {reason} here",
                file.display()
            ));
        }
    }
    Ok(())
}

/// Number of the line and what it does; tests and comments are free.
fn offences(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("#[cfg(test)]") {
            break;
        }
        let code = line.split("//").next().unwrap_or_default();
        for (banned, reason) in BANNED {
            if code.contains(banned) {
                found.push((index + 1, *reason));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::offences;

    #[test]
    fn comments_and_tests_are_free() {
        let text = "// SystemTime\nlet x = SystemTime::now();\n#[cfg(test)]\nmod tests { use std::net::TcpStream; }\n";
        assert_eq!(offences(text), [(2, "reads a clock")]);
    }
}
