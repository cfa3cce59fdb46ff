/// A node of a parsed part.
pub(crate) type Node<'a> = roxmltree::Node<'a, 'a>;

const MC: &str = "http://schemas.openxmlformats.org/markup-compatibility/2006";
const RELATIONSHIPS: [&str; 2] = [
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
];

/// Namespaces whose `mc:Choice` is taken: the reader understands or may ignore what they add.
const UNDERSTOOD: [&str; 10] = [
    "http://schemas.microsoft.com/office/drawing/2010/main",
    "http://schemas.microsoft.com/office/drawing/2012/main",
    "http://schemas.microsoft.com/office/drawing/2014/main",
    "http://schemas.microsoft.com/office/drawing/2016/SVG/main",
    "http://schemas.microsoft.com/office/drawing/2016/ink",
    "http://schemas.microsoft.com/office/drawing/2017/decorative",
    "http://schemas.microsoft.com/office/powerpoint/2010/main",
    "http://schemas.microsoft.com/office/powerpoint/2012/main",
    "http://schemas.openxmlformats.org/drawingml/2006/main",
    "http://schemas.openxmlformats.org/presentationml/2006/main",
];

/// Child elements, with `mc:AlternateContent` replaced by the children of the branch taken.
#[derive(Debug, Clone)]
pub(crate) struct Elements<'a> {
    current: roxmltree::Children<'a, 'a>,
    /// Where to go on after branches; empty, so unallocated, for nearly all elements.
    outer: Vec<roxmltree::Children<'a, 'a>>,
}

pub(crate) fn elements(node: Node<'_>) -> Elements<'_> {
    Elements {
        current: node.children(),
        outer: Vec::new(),
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        loop {
            match self.current.next() {
                None => self.current = self.outer.pop()?,
                Some(node) if !node.is_element() => {}
                Some(node) if is_alternate_content(node) => {
                    // A chart of the 2016 kind is kept as such although its namespace is not understood:
                    // the reader of shape trees sees the element itself and picks the fallback picture.
                    if foreign_choice(node).is_some() {
                        return Some(node);
                    }
                    if let Some(branch) = branch(node) {
                        let outer = std::mem::replace(&mut self.current, branch.children());
                        self.outer.push(outer);
                    }
                }
                Some(node) => return Some(node),
            }
        }
    }
}

pub(crate) fn is_alternate_content(node: Node<'_>) -> bool {
    node.tag_name().name() == "AlternateContent" && node.tag_name().namespace() == Some(MC)
}

/// First choice whose namespaces are understood, else the fallback. Ink, though announced with an understood
/// namespace, is drawn by its fallback picture where there is one.
fn branch(node: Node<'_>) -> Option<Node<'_>> {
    let is_ink = |choice: Node<'_>| {
        choice
            .first_element_child()
            .is_some_and(|n| is_named(n, "contentPart"))
    };
    let mut children = node.children().filter(Node::is_element);
    let mut ink = None;
    let found = children.find(|child| match child.tag_name().name() {
        "Choice" => {
            let requires = child.attribute("Requires").unwrap_or_default();
            let understood = requires.split_ascii_whitespace().all(|prefix| {
                child
                    .lookup_namespace_uri(Some(prefix))
                    .is_some_and(|uri| UNDERSTOOD.contains(&uri))
            });
            let takes = understood && !requires.is_empty();
            if takes && is_ink(*child) {
                ink = ink.or(Some(*child));
                return false;
            }
            takes
        }
        "Fallback" => true,
        _ => false,
    });
    found
        .filter(|node| ink.is_none() || node.first_element_child().is_some())
        .or(ink)
}

/// The choice and the fallback of an alternate content whose choice is a frame with a 2016 chart.
pub(crate) fn foreign_choice(node: Node<'_>) -> Option<(Node<'_>, Option<Node<'_>>)> {
    if !is_alternate_content(node) {
        return None;
    }
    let named = |name: &'static str| node.children().find(move |child| is_named(*child, name));
    let frame = named("Choice")?
        .first_element_child()
        .filter(|frame| is_named(*frame, "graphicFrame"))?;
    let data = child(child(frame, "graphic")?, "graphicData")?;
    data.attribute("uri")
        .is_some_and(|uri| uri.ends_with("/chartex"))
        .then(|| (frame, named("Fallback")))
}

pub(crate) fn is_named(node: Node<'_>, local: &str) -> bool {
    node.is_element() && node.tag_name().name() == local
}

/// First child element by local name (the strict and the transitional namespaces differ only in the URI).
pub(crate) fn child<'a>(node: Node<'a>, local: &str) -> Option<Node<'a>> {
    elements(node).find(|child| is_named(*child, local))
}

/// Attribute without a namespace.
pub(crate) fn attr<'a>(node: Node<'a>, name: &str) -> Option<&'a str> {
    node.attribute(name)
}

/// Attribute in the relationships namespace, such as `r:embed`; empty counts as absent.
pub(crate) fn rel_attr<'a>(node: Node<'a>, name: &str) -> Option<&'a str> {
    RELATIONSHIPS
        .iter()
        .find_map(|ns| node.attribute((*ns, name)))
        .filter(|id| !id.is_empty())
}

/// All text below the node.
pub(crate) fn text_of(node: Node<'_>) -> String {
    node.children()
        .filter(Node::is_text)
        .filter_map(|child| child.text())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(xml: &str) -> Vec<String> {
        let document = roxmltree::Document::parse(xml).unwrap();
        elements(document.root_element())
            .map(|n| n.tag_name().name().to_owned())
            .collect()
    }

    fn alternate(requires: &str, uri: &str, choice: &str) -> String {
        format!(
            "<r xmlns:mc='{MC}'><a/><mc:AlternateContent xmlns:x='{uri}'><mc:Choice Requires='{requires}'>{choice}</mc:Choice>\
             <mc:Fallback><f/></mc:Fallback></mc:AlternateContent><b/></r>"
        )
    }

    #[test]
    fn takes_the_first_understood_choice() {
        let a14 = "http://schemas.microsoft.com/office/drawing/2010/main";
        assert_eq!(
            names(&alternate("x", a14, "<c/><d/>")),
            ["a", "c", "d", "b"]
        );
        assert_eq!(
            names(&alternate("x", "urn:schemas-microsoft-com:vml", "<c/>")),
            ["a", "f", "b"]
        );
        assert_eq!(names(&alternate("y", a14, "<c/>")), ["a", "f", "b"]);
        assert_eq!(names(&alternate("", a14, "<c/>")), ["a", "f", "b"]);
        assert_eq!(
            names(&alternate("x", a14, "<contentPart/>")),
            ["a", "f", "b"]
        );
        // Ink stands for itself where its picture is missing.
        for gone in ["<mc:Fallback/>", ""] {
            let xml = alternate("x", a14, "<contentPart/>")
                .replace("<mc:Fallback><f/></mc:Fallback>", gone);
            assert_eq!(names(&xml), ["a", "contentPart", "b"]);
        }
    }
}
