//! Links and titles, made fit for PDF.
use krilla::action::{Action, LinkAction};
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::destination::{Destination, XyzDestination};
use kurbo::{Rect, Size};
use slides_scene::{Link, LinkTarget};

use crate::geometry::clean_rect;
use crate::plain::clean_uri;

/// A link's annotation and, for links within the document, the page index and slide it leads to. `planned` holds the
/// slide numbers in page order.
pub(super) fn annotation(
    link: &Link,
    scale: f64,
    page: Size,
    planned: &[u32],
) -> Option<(Annotation, Option<(usize, u32)>)> {
    let rect = clean_rect(link.rect)?.intersect(Rect::from_origin_size((0.0, 0.0), page));
    if rect.width() <= 0.0 || rect.height() <= 0.0 {
        return None;
    }
    let rect = krilla::geom::Rect::from_ltrb(
        (rect.x0 * scale) as f32,
        (rect.y0 * scale) as f32,
        (rect.x1 * scale) as f32,
        (rect.y1 * scale) as f32,
    )?;
    let (target, slide, alt) = match &link.target {
        LinkTarget::Uri(uri) => {
            let uri = clean_uri(uri)?;
            (
                Target::Action(Action::Link(LinkAction::new(uri.clone()))),
                None,
                uri,
            )
        }
        LinkTarget::Slide(slide) => {
            let index = planned.iter().position(|number| number == slide)?;
            let target = Destination::Xyz(XyzDestination::new(
                index,
                krilla::geom::Point::from_xy(0.0, 0.0),
            ));
            (
                Target::Destination(target),
                Some((index, *slide)),
                format!("slide {slide}"),
            )
        }
    };
    Some((
        Annotation::new_link(LinkAnnotation::new(rect, target), Some(alt)),
        slide,
    ))
}
