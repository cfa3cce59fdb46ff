//! Pictures that only a legacy drawing part names: previews of embedded objects (ECMA-376 part 4, 14.1).

use crate::model::{BlipFill, BlipMode, Picture, PictureRef, RelativeRect, ShapeProperties};
use crate::read::Context;
use crate::xml::{self, Node, is_named};

/// The picture of the legacy shape with this id.
pub(super) fn preview(cx: &Context<'_>, shape_id: &str) -> Option<Picture> {
    let picture = cx
        .relationships
        .of_kind("vmlDrawing")
        .find_map(|part| image(cx, part, shape_id))?;
    Some(Picture {
        fill: BlipFill {
            picture: Some(picture),
            svg: None,
            effects: Vec::new(),
            crop: RelativeRect::default(),
            mode: BlipMode::Stretch(RelativeRect::default()),
            rotate_with_shape: true,
        },
        properties: ShapeProperties::default(),
        style: None,
        media: false,
    })
}

fn image(cx: &Context<'_>, part: &str, shape_id: &str) -> Option<PictureRef> {
    let relationships = cx.package.relationships(part).ok()?;
    let bytes = cx.package.part(part).ok()?;
    let found = xml::read(part, &bytes, cx.package.limits(), |root| {
        Ok(root
            .descendants()
            .filter(|node| is_named(*node, "shape") && has_id(*node, shape_id))
            .flat_map(|shape| shape.descendants())
            .find(|node| is_named(*node, "imagedata"))
            .and_then(|data| {
                let id = data
                    .attributes()
                    .find(|a| matches!(a.name(), "relid" | "pict" | "id"))?
                    .value();
                relationships.part(id).map(str::to_owned)
            }))
    });
    // Legacy parts are often no well-formed XML; the object is then shown as a box, with a warning.
    let part = found.ok().flatten()?;
    cx.package.contains(&part).then_some(PictureRef { part })
}

/// The id stands in `id` or, where that was taken, in `o:spid`.
fn has_id(shape: Node<'_>, shape_id: &str) -> bool {
    shape
        .attributes()
        .any(|a| matches!(a.name(), "id" | "spid") && a.value() == shape_id)
}
