use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape;

/// Extensions that carry a type of their own in a new package; others get an override for each part.
const DEFAULTS: [(&str, &str); 2] = [("rels", RELATIONSHIPS), ("xml", "application/xml")];
const RELATIONSHIPS: &str = "application/vnd.openxmlformats-package.relationships+xml";

/// `[Content_Types].xml` (ECMA-376 part 2, 10.1.2.2).
#[derive(Debug)]
pub(crate) struct ContentTypesWriter {
    defaults: BTreeMap<String, String>,
    overrides: String,
}

impl ContentTypesWriter {
    /// With the extensions a package knows already.
    pub(crate) fn new<'a>(known: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut defaults: BTreeMap<String, String> = known
            .map(|(extension, kind)| (extension.to_owned(), kind.to_owned()))
            .collect();
        for (extension, kind) in DEFAULTS {
            defaults
                .entry(extension.to_owned())
                .or_insert_with(|| kind.to_owned());
        }
        defaults.insert("rels".to_owned(), RELATIONSHIPS.to_owned());
        Self {
            defaults,
            overrides: String::new(),
        }
    }

    /// Gives a part its type: by its extension where that says the same, else by name.
    pub(crate) fn add(&mut self, part: &str, kind: &str) {
        let extension = part
            .rsplit_once('.')
            .map(|(_, extension)| extension.to_ascii_lowercase())
            .filter(|extension| !extension.is_empty() && !extension.contains('/'));
        if let Some(extension) = extension {
            match self.defaults.get(&extension) {
                Some(known) if known.eq_ignore_ascii_case(kind) => return,
                // XML parts share one extension and differ in type.
                None if !kind.ends_with("xml") => {
                    self.defaults.insert(extension, kind.to_owned());
                    return;
                }
                _ => {}
            }
        }
        let _ = write!(
            self.overrides,
            r#"<Override PartName="{}" ContentType="{}"/>"#,
            escape(part),
            escape(kind)
        );
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">".to_owned();
        for (extension, kind) in &self.defaults {
            let _ = write!(
                out,
                r#"<Default Extension="{}" ContentType="{}"/>"#,
                escape(extension),
                escape(kind)
            );
        }
        out.push_str(&self.overrides);
        out.push_str("</Types>");
        out.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_say_what_they_can() {
        let mut types = ContentTypesWriter::new([("bin", "a/printer")].into_iter());
        types.add("/ppt/slide1.xml", "a/slide+xml");
        types.add("/ppt/x.bin", "a/printer");
        types.add("/ppt/y.bin", "a/ole");
        types.add("/ppt/p.PNG", "image/png");
        types.add("/ppt/q.png", "image/png");
        let text = String::from_utf8(types.finish()).unwrap();
        let count = |what: &str| text.matches(what).count();
        assert_eq!(count("<Override"), 2, "{text}");
        assert_eq!(
            count(r#"<Default Extension="png" ContentType="image/png"/>"#),
            1
        );
        assert!(text.contains(r#"<Override PartName="/ppt/y.bin" ContentType="a/ole"/>"#));
    }
}
