use crate::model::{DiagramModel, GraphicKind};
use crate::package::Relationships;
use crate::read::Context;
use crate::read::diagram_model::diagram_model;
use crate::read::shape::shapes;
use crate::xml::{self, Node, attr, child, is_named, rel_attr};

/// `dgm:relIds`: the drawing that PowerPoint stored beside the diagram, or at least its nodes.
pub(super) fn diagram(cx: &Context<'_>, ids: Node<'_>) -> GraphicKind {
    let data = rel_attr(ids, "dm").and_then(|id| cx.relationships.part(id));
    let (drawing, model) = data.map(|part| data_model(cx, part)).unwrap_or_default();
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
    GraphicKind::Diagram {
        shapes,
        model: Box::new(model),
    }
}

/// Relationship id of the stored drawing (`dsp:dataModelExt/@relId`) and the nodes.
fn data_model(cx: &Context<'_>, part: &str) -> (Option<String>, DiagramModel) {
    let read = cx.package.part(part).and_then(|bytes| {
        xml::read(part, &bytes, cx.package.limits(), |root| {
            let drawing = root
                .descendants()
                .find(|node| is_named(*node, "dataModelExt"))
                .and_then(|node| attr(node, "relId"))
                .map(str::to_owned);
            Ok((drawing, diagram_model(cx, root)))
        })
    });
    read.unwrap_or_else(|error| {
        cx.warn("diagram", error.to_string());
        Default::default()
    })
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
