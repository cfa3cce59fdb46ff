//! Slides that differ, side by side, in one HTML file that needs no other.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::pictures::Picture;

const STYLE: &str = "body{font:16px/1.4 system-ui,sans-serif;margin:2rem;background:#f4f4f4;color:#222}\
section{margin:0 0 2rem}h2{font-size:1rem;margin:0 0 .5rem}\
div{display:grid;grid-template-columns:1fr 1fr;gap:1rem}\
img{width:100%;display:block;border:1px solid #bbb;background:#fff}\
p{margin:0;display:grid;place-items:center;border:1px dashed #bbb;color:#777;min-height:8rem}";

/// What became of a slide, and how it looked before and looks now.
pub(super) struct Entry<'a> {
    pub(super) title: String,
    pub(super) old: Option<&'a Picture>,
    pub(super) new: Option<&'a Picture>,
}

pub(super) fn page(old: &str, new: &str, entries: &[Entry<'_>]) -> String {
    let (old, new) = (escaped(old), escaped(new));
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{old} and {new}</title>\n<style>{STYLE}</style>\n<h1>{old} and {new}</h1>\n"
    );
    if entries.is_empty() {
        page.push_str("<section>No slide differs.</section>\n");
    }
    for entry in entries {
        let _ = writeln!(page, "<section><h2>{}</h2><div>", escaped(&entry.title));
        side(&mut page, entry.old, &old);
        side(&mut page, entry.new, &new);
        page.push_str("</div></section>\n");
    }
    page
}

fn side(page: &mut String, picture: Option<&Picture>, deck: &str) {
    let _ = match picture {
        Some(picture) => writeln!(
            page,
            "<img alt=\"slide {} of {deck}\" src=\"data:image/png;base64,{}\">",
            picture.slide,
            STANDARD.encode(&picture.png)
        ),
        None => writeln!(page, "<p>not in {deck}</p>"),
    };
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_write_into_the_page() {
        let page = page("<script>\".pptx", "b", &[]);
        assert!(!page.contains("<script>"), "{page}");
        assert!(page.contains("&lt;script&gt;&quot;.pptx"));
    }
}
