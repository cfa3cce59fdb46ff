use crate::error::{Error, ErrorKind, Result};
use crate::limits::PackageLimits;
use crate::model::Presentation;
use crate::package::{Package, Relationships};
use crate::read::Context;
use crate::read::table_style::table_styles;
use crate::read::text::list_style;
use crate::xml::{
    self, Node, attr, child, coordinate, elements, integer, is_named, rel_attr, text_of,
};

/// Slide sizes that are accepted, EMU: one point to 56 inches, PowerPoint's largest
/// (ECMA-376 part 1, 19.7.12 allows from one inch; smaller decks exist).
const SLIDE_SIZE: std::ops::RangeInclusive<i64> = 12_700..=51_206_400;

/// `p:presentation` with the parts that belong to it.
pub(crate) fn presentation(package: &Package, part: &str) -> Result<(Presentation, Relationships)> {
    let relationships = package.relationships(part)?;
    let bytes = package.part(part)?;
    let mut presentation = xml::read(part, &bytes, package.limits(), |root| {
        if !is_named(root, "presentation") {
            return Err(Error::new(
                ErrorKind::NotAPresentation,
                format!(
                    "part `{part}` is no presentation: its root element is `{}`",
                    root.tag_name().name()
                ),
            ));
        }
        lower(package, part, &relationships, root)
    })?;
    let styles = relationships
        .first("tableStyles")
        .map(str::to_owned)
        .or_else(|| Some("/ppt/tableStyles.xml".to_owned()))
        .filter(|part| package.contains(part));
    if let Some(part) = styles
        && let Ok(styles) = package.part(&part).and_then(|bytes| {
            let relationships = package.relationships(&part)?;
            let cx = Context::new(package, &relationships);
            xml::read(&part, &bytes, package.limits(), |root| {
                Ok(table_styles(&cx, root))
            })
        })
    {
        (presentation.table_styles, presentation.default_table_style) = styles;
    }
    document_properties(package, &mut presentation);
    Ok((presentation, relationships))
}

fn lower(
    package: &Package,
    part: &str,
    relationships: &Relationships,
    root: Node<'_>,
) -> Result<Presentation> {
    let cx = Context::new(package, relationships);
    let size = |name, default: (i64, i64)| {
        child(root, name).map_or(default, |node| {
            (
                coordinate(node, "cx").unwrap_or(default.0),
                coordinate(node, "cy").unwrap_or(default.1),
            )
        })
    };
    let slide_size = size("sldSz", (9_144_000, 6_858_000));
    if !SLIDE_SIZE.contains(&slide_size.0) || !SLIDE_SIZE.contains(&slide_size.1) {
        return Err(Error::damaged(format!(
            "part `{part}` gives a slide size of `{}` by `{}` EMU: allowed are {} to {}",
            slide_size.0,
            slide_size.1,
            SLIDE_SIZE.start(),
            SLIDE_SIZE.end()
        )));
    }
    Ok(Presentation {
        slide_size,
        notes_size: size("notesSz", (6_858_000, 9_144_000)),
        first_slide_number: integer(root, "firstSlideNum").unwrap_or(1).clamp(0, 9999),
        default_text_style: child(root, "defaultTextStyle")
            .map(|node| list_style(&cx, node))
            .unwrap_or_default(),
        slides: slides(part, relationships, root, package.limits())?,
        embedded_fonts: embedded_fonts(relationships, root),
        ..Presentation::default()
    })
}

fn slides(
    part: &str,
    relationships: &Relationships,
    root: Node<'_>,
    limits: &PackageLimits,
) -> Result<Vec<String>> {
    let ids: Vec<Node<'_>> = child(root, "sldIdLst")
        .into_iter()
        .flat_map(elements)
        .filter(|node| is_named(*node, "sldId"))
        .collect();
    if ids.is_empty() {
        return Err(Error::damaged("the presentation has no slides"));
    }
    if ids.len() > limits.max_slides {
        return Err(Error::limit(format!(
            "the presentation has {} slides, which passes the limit `max_slides` of {}",
            ids.len(),
            limits.max_slides
        )));
    }
    // A slide without a relationship keeps its place: it becomes an empty page with a warning.
    let slides: Vec<String> = ids
        .into_iter()
        .map(|id| {
            rel_attr(id, "id")
                .and_then(|id| relationships.part(id))
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    if slides.iter().all(String::is_empty) {
        return Err(Error::damaged(format!(
            "the slides of part `{part}` cannot be found: its relationships are missing or damaged"
        )));
    }
    Ok(slides)
}

fn embedded_fonts(relationships: &Relationships, root: Node<'_>) -> Vec<(String, String, String)> {
    let mut fonts = Vec::new();
    for font in child(root, "embeddedFontLst")
        .into_iter()
        .flat_map(elements)
    {
        let Some(typeface) = child(font, "font").and_then(|font| attr(font, "typeface")) else {
            continue;
        };
        for style in elements(font).filter(|style| !is_named(*style, "font")) {
            if let Some(part) = rel_attr(style, "id").and_then(|id| relationships.part(id)) {
                fonts.push((
                    typeface.to_owned(),
                    style.tag_name().name().to_owned(),
                    part.to_owned(),
                ));
            }
        }
    }
    fonts
}

/// `docProps/core.xml` and `docProps/app.xml`. Little is needed to draw anything, so their faults are ignored.
fn document_properties(package: &Package, presentation: &mut Presentation) {
    let Ok(relationships) = package.relationships("/") else {
        return;
    };
    let text = |root: Node<'_>, name| {
        child(root, name)
            .map(|node| text_of(node).trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    let read = |kind: &str, take: &mut dyn FnMut(Node<'_>)| {
        if let Some(part) = relationships.first(kind)
            && let Ok(bytes) = package.part(part)
        {
            let _ = xml::read(part, &bytes, package.limits(), |root| {
                take(root);
                Ok(())
            });
        }
    };
    read("extended-properties", &mut |root| {
        presentation.app_version = text(root, "AppVersion");
    });
    read("core-properties", &mut |root| {
        let text = |name| text(root, name);
        presentation.title = text("title");
        presentation.author = text("creator");
        presentation.subject = text("subject");
        presentation.keywords = text("keywords");
        presentation.created = text("created");
        presentation.modified = text("modified");
    });
}
