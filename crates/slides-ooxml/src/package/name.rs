/// ZIP entry name to part name with a leading slash; `None` for directories and names that climb.
pub(crate) fn normalize(entry: &str) -> Option<String> {
    if entry.ends_with(['/', '\\']) {
        return None;
    }
    let mut name = String::with_capacity(entry.len() + 1);
    for segment in entry.split(['/', '\\']) {
        if segment.is_empty() || segment == "." || segment == ".." || segment.contains('\0') {
            return None;
        }
        name.push('/');
        name.push_str(segment);
    }
    Some(name)
}

/// Name of the part that holds the relationships of `part`; `/` is the package.
pub(crate) fn relationships_part(part: &str) -> String {
    match part.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/_rels/{file}.rels"),
        None => format!("/_rels/{part}.rels"),
    }
}

/// Resolves a relationship target against its source part. `None` when it leaves the package.
pub(crate) fn resolve(source: &str, target: &str) -> Option<String> {
    let target = target.trim();
    let path = target.split(['#', '?']).next().unwrap_or_default();
    if path.is_empty() {
        // A fragment alone points into the source part.
        return target.starts_with('#').then(|| source.to_owned());
    }
    let path = percent_decode(path);
    let mut segments: Vec<&str> = Vec::new();
    if !path.starts_with(['/', '\\']) {
        segments.extend(source.split('/').filter(|s| !s.is_empty()));
        segments.pop();
    }
    for segment in path.split(['/', '\\']) {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            _ => segments.push(segment),
        }
    }
    if segments.is_empty() {
        return None;
    }
    Some(
        segments
            .iter()
            .fold(String::new(), |name, segment| name + "/" + segment),
    )
}

/// A name with its `%XX` read; unchanged where that gives no text.
pub(super) fn percent_decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |b: Option<&u8>| b.and_then(|b| (*b as char).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (first, hex(tail.first()), hex(tail.get(1))) {
            out.push((high * 16 + low) as u8);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_stay_inside_the_package() {
        let rows = [
            (
                "/ppt/slides/slide1.xml",
                "../media/image1.png",
                Some("/ppt/media/image1.png"),
            ),
            (
                "/ppt/slides/slide1.xml",
                "/ppt/media/a%20b.png",
                Some("/ppt/media/a b.png"),
            ),
            (
                "/ppt/slides/slide1.xml",
                "slide2.xml#x",
                Some("/ppt/slides/slide2.xml"),
            ),
            (
                "/ppt/slides/slide1.xml",
                "#x",
                Some("/ppt/slides/slide1.xml"),
            ),
            ("/", "ppt/presentation.xml", Some("/ppt/presentation.xml")),
            ("/ppt/slides/slide1.xml", "../../../etc/passwd", None),
            ("/ppt/slides/slide1.xml", "", None),
            ("/a.xml", "100%", Some("/100%")),
        ];
        for (source, target, expected) in rows {
            assert_eq!(resolve(source, target).as_deref(), expected, "{target}");
        }
    }

    #[test]
    fn climbing_entry_names_are_dropped() {
        assert_eq!(normalize("ppt/a.xml").as_deref(), Some("/ppt/a.xml"));
        assert_eq!(normalize("ppt\\a.xml").as_deref(), Some("/ppt/a.xml"));
        for name in ["../a", "/abs", "a//b", "a/../b", "dir/", "ppt\\..\\x", ""] {
            assert_eq!(normalize(name), None, "{name}");
        }
    }

    #[test]
    fn relationship_parts_lie_beside_their_source() {
        assert_eq!(relationships_part("/"), "/_rels/.rels");
        assert_eq!(relationships_part("/ppt/a.xml"), "/ppt/_rels/a.xml.rels");
    }
}
