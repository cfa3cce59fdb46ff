use crate::model::{Hyperlink, LinkAction};
use crate::package::Target;
use crate::read::Context;
use crate::xml::{Node, attr, child, is_named, rel_attr};

/// The `a:hlinkClick` among the children.
pub(super) fn link_in(cx: &Context<'_>, parent: Node<'_>) -> Option<Hyperlink> {
    child(parent, "hlinkClick").map(|node| link(cx, node))
}

fn link(cx: &Context<'_>, node: Node<'_>) -> Hyperlink {
    let keep_text_color = child(node, "extLst").is_some_and(|list| {
        list.descendants()
            .any(|ext| is_named(ext, "hlinkClr") && attr(ext, "val") == Some("tx"))
    });
    Hyperlink {
        action: action(cx, node),
        tooltip: attr(node, "tooltip")
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        keep_text_color,
    }
}

fn action(cx: &Context<'_>, node: Node<'_>) -> LinkAction {
    let action = attr(node, "action")
        .unwrap_or_default()
        .to_ascii_lowercase();
    if let Some((_, jump)) = action.split_once("hlinkshowjump?jump=") {
        return LinkAction::Jump(jump.to_owned());
    }
    // Macros, programs and media are started by PowerPoint itself, never from a page.
    const DEAD: [&str; 4] = [
        "ppaction://macro",
        "ppaction://program",
        "ppaction://media",
        "ppaction://ole",
    ];
    if DEAD.iter().any(|dead| action.starts_with(dead)) {
        return LinkAction::None;
    }
    let relationship = rel_attr(node, "id").and_then(|id| cx.relationships.get(id));
    match relationship.map(|relationship| (relationship, &relationship.target)) {
        Some((_, Target::External(uri))) if !uri.trim().is_empty() => LinkAction::Uri(uri.clone()),
        Some((relationship, Target::Part(part))) if relationship.is("slide") => {
            LinkAction::SlidePart(part.clone())
        }
        _ => LinkAction::None,
    }
}
