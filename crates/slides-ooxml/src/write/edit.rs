//! Changes to a part's text that leave every other byte as it is.

use std::ops::Range;

use crate::error::Result;
use crate::limits::PackageLimits;
use crate::xml::{self, Node};

/// Replacements of ranges of a part's text.
#[derive(Debug, Default)]
pub(crate) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    pub(crate) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.0.push((range, text.into()));
    }

    pub(crate) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    pub(crate) fn remove(&mut self, node: Node<'_>) {
        self.replace(node.range(), "");
    }

    /// Replaces the value of an attribute without a namespace; adds it where it is missing.
    pub(crate) fn set_attribute(&mut self, node: Node<'_>, name: &str, value: &str) {
        let value = escape(value);
        let found = node
            .attributes()
            .find(|a| a.name() == name && a.namespace().is_none());
        match found {
            Some(attribute) => self.replace(attribute.range_value(), value),
            None => self.insert(name_end(node), format!(" {name}=\"{value}\"")),
        }
    }

    /// Puts text in front of an element's end tag; an element without content gets an end tag.
    pub(crate) fn append(&mut self, node: Node<'_>, text: &str) {
        let source = node.document().input_text();
        let range = node.range();
        let element = source.get(range.clone()).unwrap_or_default();
        if element.ends_with("/>") {
            let name = tag_name(node);
            self.replace(range.end - 2..range.end, format!(">{text}</{name}>"));
        } else if let Some(at) = element.rfind("</") {
            self.insert(range.start + at, text);
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text with all changes. What lies inside an earlier change is dropped.
    fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(text.len() + 256);
        let mut at = 0;
        for (range, new) in self.0 {
            if range.start < at {
                continue;
            }
            out.push_str(text.get(at..range.start).unwrap_or_default());
            out.push_str(&new);
            at = range.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}

/// Qualified name of an element as written.
pub(crate) fn tag_name(node: Node<'_>) -> String {
    let text = node.document().input_text();
    let range = node.range();
    text.get(range.start + 1..name_end(node))
        .unwrap_or_default()
        .to_owned()
}

/// Where the element's name ends.
fn name_end(node: Node<'_>) -> usize {
    let start = node.range().start;
    let text = node
        .document()
        .input_text()
        .get(start + 1..)
        .unwrap_or_default();
    let len = text
        .find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/')
        .unwrap_or(0);
    start + 1 + len
}

/// An element's text with the namespaces it takes from its ancestors declared on it.
pub(crate) fn standalone(node: Node<'_>) -> String {
    let text = node.document().input_text();
    let range = node.range();
    let at = name_end(node);
    let mut out = text.get(range.start..at).unwrap_or_default().to_owned();
    let tag = text.get(range.clone()).unwrap_or_default();
    let head = tag.split('>').next().unwrap_or_default();
    for namespace in node.namespaces() {
        let name = match namespace.name() {
            Some("xml") => continue,
            Some(prefix) => format!("xmlns:{prefix}"),
            None => "xmlns".to_owned(),
        };
        // Only what the element does not declare itself.
        if !head.contains(&format!("{name}=")) {
            for piece in [" ", &name, "=\"", &escape(namespace.uri()), "\""] {
                out.push_str(piece);
            }
        }
    }
    out.push_str(text.get(at..range.end).unwrap_or_default());
    out
}

/// Text as it may stand in an attribute or element.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            c if (c as u32) < 0x20 => {}
            c => out.push(c),
        }
    }
    out
}

/// Runs `change` over a part; `None` when it changes nothing.
///
/// # Errors
/// The part is no readable XML, passes a limit, or `change` failed.
pub(crate) fn edit(
    part: &str,
    bytes: &[u8],
    limits: &PackageLimits,
    change: impl FnOnce(Node<'_>, &mut Edits) -> Result<()>,
) -> Result<Option<Vec<u8>>> {
    xml::read(part, bytes, limits, |root| {
        let mut edits = Edits::default();
        change(root, &mut edits)?;
        if edits.is_empty() {
            return Ok(None);
        }
        let text = root.document().input_text();
        // The text is written as UTF-8, whatever it was read from.
        if let Some(end) = text.strip_prefix("<?xml").and_then(|rest| rest.find("?>"))
            && let Some(head) = text.get(..end + 7)
            && head.to_ascii_lowercase().contains("utf-16")
        {
            edits.replace(
                0..end + 7,
                r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
            );
        }
        Ok(Some(edits.apply(text).into_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::child;

    fn changed(xml: &str, change: impl FnOnce(Node<'_>, &mut Edits)) -> Option<String> {
        edit(
            "/x.xml",
            xml.as_bytes(),
            &PackageLimits::default(),
            |root, edits| {
                change(root, edits);
                Ok(())
            },
        )
        .unwrap()
        .map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn everything_else_stays() {
        let xml = "<?xml version='1.0'?>\n<a  x = '1'><!-- c --><b/><c y=\"2\" />&amp;</a>\n";
        let out = changed(xml, |root, edits| {
            edits.set_attribute(root, "x", "<2>");
            edits.set_attribute(root, "z", "3");
            edits.append(child(root, "b").unwrap(), "<d/>");
            edits.remove(child(root, "c").unwrap());
        });
        assert_eq!(
            out.unwrap(),
            "<?xml version='1.0'?>\n<a z=\"3\"  x = '&lt;2&gt;'><!-- c --><b><d/></b>&amp;</a>\n"
        );
        assert_eq!(changed(xml, |_, _| {}), None);
    }

    #[test]
    fn changes_inside_a_removed_element_are_dropped() {
        let out = changed("<a><b><c/></b></a>", |root, edits| {
            let b = child(root, "b").unwrap();
            edits.remove(child(b, "c").unwrap());
            edits.remove(b);
        });
        assert_eq!(out.unwrap(), "<a></a>");
    }

    #[test]
    fn utf16_becomes_utf8_with_its_declaration() {
        let xml = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a x=\"ü\"/>";
        let bytes: Vec<u8> = std::iter::once(0xFEFF)
            .chain(xml.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let out = edit(
            "/x.xml",
            &bytes,
            &PackageLimits::default(),
            |root, edits| {
                edits.append(root, "<b/>");
                Ok(())
            },
        );
        assert_eq!(
            String::from_utf8(out.unwrap().unwrap()).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><a x=\"ü\"><b/></a>"
        );
    }

    #[test]
    fn an_element_carries_its_namespaces() {
        let document =
            roxmltree::Document::parse("<r xmlns='u' xmlns:a='v'><a:b a:c='1'><a:d/></a:b></r>")
                .unwrap();
        let node = document.root_element().first_element_child().unwrap();
        let alone = standalone(node);
        assert!(roxmltree::Document::parse(&alone).is_ok(), "{alone}");
        assert!(alone.contains("xmlns:a=\"v\""), "{alone}");
    }
}
