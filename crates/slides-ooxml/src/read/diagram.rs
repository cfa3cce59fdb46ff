use crate::model::GraphicKind;
use crate::package::Relationships;
use crate::read::Context;
use crate::read::shape::shapes;
use crate::xml::{self, Node, attr, child, elements, is_named, rel_attr, text_of};

/// `dgm:relIds`: the drawing that PowerPoint stored beside the diagram, or at least the texts of its nodes.
pub(super) fn diagram(cx: &Context<'_>, ids: Node<'_>) -> GraphicKind {
    let data = rel_attr(ids, "dm").and_then(|id| cx.relationships.part(id));
    let (drawing, texts) = data.map(|part| data_model(cx, part)).unwrap_or_default();
    // Without the extension a single drawing relationship of the slide leaves no doubt.
    let only_drawing = || {
        let mut drawings = cx.relationships.of_kind("diagramDrawing");
        drawings.next().filter(|_| drawings.next().is_none())
    };
    let part = drawing
        .as_deref()
        .and_then(|id| cx.relationships.part(id))
        .or_else(only_drawing);
    let shapes = part
        .map(|part| drawing_shapes(cx, part))
        .unwrap_or_default();
    GraphicKind::Diagram { shapes, texts }
}

/// Relationship id of the stored drawing (`dsp:dataModelExt/@relId`) and the nodes' texts.
fn data_model(cx: &Context<'_>, part: &str) -> (Option<String>, Vec<String>) {
    let read = cx.package.part(part).and_then(|bytes| {
        xml::read(part, &bytes, cx.package.limits(), |root| {
            let drawing = root
                .descendants()
                .find(|node| is_named(*node, "dataModelExt"))
                .and_then(|node| attr(node, "relId"))
                .map(str::to_owned);
            let texts = child(root, "ptLst")
                .into_iter()
                .flat_map(elements)
                .filter(|point| matches!(attr(*point, "type"), None | Some("node" | "asst")))
                .filter_map(|point| child(point, "t"))
                .map(plain_text)
                .filter(|text| !text.is_empty())
                .collect();
            Ok((drawing, texts))
        })
    });
    read.unwrap_or_else(|error| {
        cx.warn("diagram", error.to_string());
        Default::default()
    })
}

fn plain_text(body: Node<'_>) -> String {
    let paragraphs: Vec<String> = elements(body)
        .filter(|node| is_named(*node, "p"))
        .map(|paragraph| {
            paragraph
                .descendants()
                .filter(|node| is_named(*node, "t"))
                .map(text_of)
                .collect()
        })
        .collect();
    paragraphs.join("\n").trim().to_owned()
}

fn drawing_shapes(cx: &Context<'_>, part: &str) -> Vec<crate::model::Shape> {
    let read = || {
        let relationships: Relationships = cx.package.relationships(part)?;
        let bytes = cx.package.part(part)?;
        xml::read(part, &bytes, cx.package.limits(), |root| {
            let inner = Context::new(cx.package, &relationships);
            let shapes = child(root, "spTree")
                .map(|tree| shapes(&inner, tree, 0))
                .unwrap_or_default();
            for (feature, message) in inner.warnings.into_inner() {
                cx.warn(&feature, message);
            }
            Ok(shapes)
        })
    };
    read().unwrap_or_else(|error: crate::error::Error| {
        cx.warn("diagram", error.to_string());
        Vec::new()
    })
}
