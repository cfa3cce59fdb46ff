use std::fmt::Write as _;

use super::escape;
use crate::package::Target;

/// Where a written relationship leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WrittenTarget {
    /// A part, by its full name.
    Part(String),
    /// Outside the package.
    External(String),
    /// As the source has it.
    AsWritten(String),
}

impl WrittenTarget {
    /// The same target as a relationship that was read.
    pub(crate) fn of(target: &Target) -> Self {
        match target {
            Target::Part(part) => Self::Part(part.clone()),
            Target::External(target) => Self::External(target.clone()),
            Target::Invalid(target) => Self::AsWritten(target.clone()),
        }
    }
}

/// The relationships part of a source part (ECMA-376 part 2, 9.3).
#[derive(Debug)]
pub(crate) struct RelationshipsWriter<'a> {
    source: &'a str,
    items: String,
}

impl<'a> RelationshipsWriter<'a> {
    /// For the part of this name; `/` is the package.
    pub(crate) fn new(source: &'a str) -> Self {
        Self {
            source,
            items: String::new(),
        }
    }

    pub(crate) fn add(&mut self, id: &str, kind: &str, target: &WrittenTarget) {
        let (target, mode) = match target {
            WrittenTarget::Part(part) => (encode(&relative(self.source, part)), ""),
            WrittenTarget::External(target) => (escape(target), " TargetMode=\"External\""),
            WrittenTarget::AsWritten(target) => (escape(target), ""),
        };
        // Writing to a string does not fail.
        let _ = write!(
            self.items,
            r#"<Relationship Id="{}" Type="{}" Target="{target}"{mode}/>"#,
            escape(id),
            escape(kind),
        );
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{}</Relationships>",
            self.items
        )
        .into_bytes()
    }
}

/// A part's name as seen from the folder of another part.
fn relative(source: &str, target: &str) -> String {
    let folder: Vec<&str> = source.split('/').filter(|s| !s.is_empty()).collect();
    let folder = folder.split_last().map_or(&[][..], |(_, rest)| rest);
    let path: Vec<&str> = target.split('/').filter(|s| !s.is_empty()).collect();
    let common = folder
        .iter()
        .zip(path.iter().take(path.len().saturating_sub(1)))
        .take_while(|(a, b)| a == b)
        .count();
    let up = std::iter::repeat_n("..", folder.len() - common);
    up.chain(path.into_iter().skip(common))
        .collect::<Vec<_>>()
        .join("/")
}

/// Percent-encodes what a path of a URI may not hold (RFC 3986, 3.3).
fn encode(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~!$'()*+,;=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::resolve;

    #[test]
    fn targets_are_relative_and_lead_back() {
        let rows = [
            (
                "/ppt/slides/slide1.xml",
                "/ppt/media/image 1.png",
                "../media/image%201.png",
            ),
            (
                "/ppt/presentation.xml",
                "/ppt/slides/slide1.xml",
                "slides/slide1.xml",
            ),
            ("/", "/ppt/presentation.xml", "ppt/presentation.xml"),
            ("/ppt/a/b/c.xml", "/x.xml", "../../../x.xml"),
            ("/ppt/slides/s.xml", "/ppt/slides", "../slides"),
            ("/ppt/s.xml", "/ppt/100%.xml", "100%25.xml"),
        ];
        for (source, target, expected) in rows {
            let found = encode(&relative(source, target));
            assert_eq!(found, expected);
            assert_eq!(resolve(source, &found).as_deref(), Some(target));
        }
    }

    #[test]
    fn values_are_escaped() {
        let mut writer = RelationshipsWriter::new("/ppt/a.xml");
        writer.add(
            "r\"1",
            "k&t",
            &WrittenTarget::External("http://x/?a=1&b=<2>".to_owned()),
        );
        let text = String::from_utf8(writer.finish()).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let node = document.root_element().first_element_child().unwrap();
        assert_eq!(node.attribute("Id"), Some("r\"1"));
        assert_eq!(node.attribute("Target"), Some("http://x/?a=1&b=<2>"));
        assert_eq!(node.attribute("TargetMode"), Some("External"));
    }
}
