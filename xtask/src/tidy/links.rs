//! Links between the documents.

use std::path::Path;

use anyhow::Result;

use super::text;
use crate::workspace;

pub(crate) fn check(problems: &mut Vec<String>) -> Result<()> {
    for file in workspace::files()? {
        if file.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let path = workspace::root().join(&file);
        let Some(text) = text::text(&path)? else {
            continue;
        };
        for target in local_links(&text) {
            let folder = path.parent().unwrap_or(Path::new("."));
            if !folder.join(&target).exists() {
                problems.push(format!(
                    "{}: the link to `{target}` leads nowhere",
                    file.display()
                ));
            }
        }
    }
    Ok(())
}

/// Targets of the links to other files, without fragments; code is left out.
fn local_links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for part in prose.split("](").skip(1) {
            let Some((target, _)) = part.split_once(')') else {
                continue;
            };
            let target = target.split('#').next().unwrap_or_default().trim();
            if !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                found.push(target.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::local_links;

    #[test]
    fn finds_relative_links_outside_code() {
        let text = "[a](docs/a.md#part) and [b](https://example.com) `[c](c.md)` [d](#here)\n```\n[e](e.md)\n```\n![f](f.png)\n";
        assert_eq!(local_links(text), ["docs/a.md", "f.png"]);
    }
}
