use crate::model::{DiagramModel, DiagramParts, GraphicKind};
use crate::package::Relationships;
use crate::read::Context;
use crate::read::diagram_layout::layout_definition;
use crate::read::diagram_model::diagram_model;
use crate::read::diagram_parts::{colors, points, styles};
use crate::read::shape::shapes;
use crate::xml::{self, Node, attr, child, is_named, rel_attr};

/// `dgm:relIds`: the drawing that PowerPoint stored beside the diagram, or what one can be made from.
pub(super) fn diagram(cx: &Context<'_>, ids: Node<'_>) -> GraphicKind {
    let part_of = |name| rel_attr(ids, name).and_then(|id| cx.relationships.part(id));
    let data = part_of("dm");
    let (drawing, mut model) = data.map(|part| data_model(cx, part)).unwrap_or_default();
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
    // Nobody asks for the parts where the drawing is there.
    if shapes.is_empty() {
        let layout = part_of("lo").and_then(|part| read_part(cx, part, layout_definition)?);
        if let (Some(layout), Some(data)) = (layout, data) {
            let (points, connections) = read_part(cx, data, points).unwrap_or_default();
            model.parts = Some(Box::new(DiagramParts {
                points,
                connections,
                layout,
                styles: part_of("qs")
                    .and_then(|part| read_part(cx, part, |_, root| styles(root)))
                    .unwrap_or_default(),
                colors: part_of("cs")
                    .and_then(|part| read_part(cx, part, |_, root| colors(root)))
                    .unwrap_or_default(),
            }));
        }
    }
    GraphicKind::Diagram {
        shapes,
        model: Box::new(model),
    }
}

/// Reads a part with its own relationships; none, with a warning, where it cannot be read.
fn read_part<T>(
    cx: &Context<'_>,
    part: &str,
    lower: impl FnOnce(&Context<'_>, Node<'_>) -> T,
) -> Option<T> {
    let read = || {
        let relationships: Relationships = cx.package.relationships(part)?;
        let bytes = cx.package.part(part)?;
        xml::read(part, &bytes, cx.package.limits(), |root| {
            let inner = Context::new(cx.package, &relationships);
            let read = lower(&inner, root);
            for (feature, message) in inner.warnings.into_inner() {
                cx.warn(&feature, message);
            }
            Ok(read)
        })
    };
    read()
        .inspect_err(|error: &crate::error::Error| cx.warn("diagram", error.to_string()))
        .ok()
}

/// Relationship id of the stored drawing (`dsp:dataModelExt/@relId`) and the nodes.
fn data_model(cx: &Context<'_>, part: &str) -> (Option<String>, DiagramModel) {
    read_part(cx, part, |inner, root| {
        let drawing = root
            .descendants()
            .find(|node| is_named(*node, "dataModelExt"))
            .and_then(|node| attr(node, "relId"))
            .map(str::to_owned);
        (drawing, diagram_model(inner, root))
    })
    .unwrap_or_default()
}

fn drawing_shapes(cx: &Context<'_>, part: &str) -> Vec<crate::model::Shape> {
    read_part(cx, part, |inner, root| {
        child(root, "spTree")
            .map(|tree| shapes(inner, tree, 0))
            .unwrap_or_default()
    })
    .unwrap_or_default()
}
