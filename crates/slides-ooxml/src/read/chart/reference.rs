use crate::model::{ChartRef, PictureRef};
use crate::read::Context;
use crate::xml::{Node, elements, is_named, rel_attr};

/// `c:chart` or `cx:chart` inside `a:graphicData`.
pub(in crate::read) fn chart(
    cx: &Context<'_>,
    data: Node<'_>,
    extended: bool,
    fallback: Option<PictureRef>,
) -> Option<ChartRef> {
    let node = elements(data).find(|node| is_named(*node, "chart"))?;
    let part = cx.relationships.part(rel_attr(node, "id")?)?;
    Some(ChartRef {
        part: part.to_owned(),
        extended,
        fallback,
    })
}
