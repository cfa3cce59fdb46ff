//! Inheritance: placeholders from slide over layout to master, style references into the theme's
//! format scheme, and what a text body inherits.

use slides_ooxml::model::{
    BodyProperties, EffectList, Fill, FontRef, Geometry, Line, ListStyle, Placeholder,
    RunProperties, Shape, ShapeKind, ShapeProperties, ShapeStyle, StyleRef, TextBody, Transform,
};
use slides_scene::Rgba;

use crate::context::SlideContext;
use crate::text::TextCascade;

/// How deep placeholders are looked for in groups.
const MAX_GROUP_DEPTH: usize = 64;

/// A shape with the layout and master placeholders it inherits from, nearest first.
pub(crate) struct Ancestry<'a> {
    chain: Vec<Level<'a>>,
    placeholder: Option<&'a Placeholder>,
    /// Kind of the placeholder with aliases resolved.
    kind: Option<PlaceholderKind>,
}

struct Level<'a> {
    properties: Option<&'a ShapeProperties>,
    style: Option<&'a ShapeStyle>,
    text: Option<&'a TextBody>,
}

/// Families of placeholders that share a master placeholder and text style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlaceholderKind {
    /// `title`, `ctrTitle`.
    Title,
    /// `body`, `subTitle`, `obj` and content of any sort.
    Body,
    /// `dt`.
    Date,
    /// `ftr`.
    Footer,
    /// `sldNum`.
    SlideNumber,
    /// `hdr`, `sldImg`: only on notes and handouts.
    Other,
}

impl PlaceholderKind {
    /// The family of a `p:ph/@type`.
    pub(crate) fn of(placeholder: &Placeholder) -> Self {
        match placeholder.kind.as_str() {
            "title" | "ctrTitle" => Self::Title,
            "dt" => Self::Date,
            "ftr" => Self::Footer,
            "sldNum" => Self::SlideNumber,
            "hdr" | "sldImg" => Self::Other,
            _ => Self::Body,
        }
    }
}

/// A fill with what `phClr` stands for in it.
pub(crate) struct ResolvedFill<'a> {
    pub fill: &'a Fill,
    pub placeholder: Option<Rgba>,
}

/// A line merged attribute by attribute, with what `phClr` stands for in it; none by default.
#[derive(Default)]
pub(crate) struct ResolvedLine {
    pub line: Line,
    pub placeholder: Option<Rgba>,
}

/// Effects with what `phClr` stands for in them.
pub(crate) struct ResolvedEffects<'a> {
    pub effects: &'a EffectList,
    pub placeholder: Option<Rgba>,
}

fn parts(shape: &Shape) -> Level<'_> {
    match &shape.kind {
        ShapeKind::Shape {
            properties,
            style,
            text,
            ..
        } => Level {
            properties: Some(properties),
            style: style.as_ref(),
            text: text.as_ref(),
        },
        ShapeKind::Picture(picture) => Level {
            properties: Some(&picture.properties),
            style: picture.style.as_ref(),
            text: None,
        },
        ShapeKind::Connector(connector) => Level {
            properties: Some(&connector.properties),
            style: connector.style.as_ref(),
            text: None,
        },
        _ => Level {
            properties: None,
            style: None,
            text: None,
        },
    }
}

/// Placeholders of a shape tree, in document order.
fn placeholders(shapes: &[Shape]) -> Vec<(&Placeholder, &Shape)> {
    fn walk<'a>(shapes: &'a [Shape], depth: usize, out: &mut Vec<(&'a Placeholder, &'a Shape)>) {
        for shape in shapes {
            if let Some(placeholder) = &shape.nv.placeholder {
                out.push((placeholder, shape));
            }
            if let ShapeKind::Group(group) = &shape.kind
                && depth < MAX_GROUP_DEPTH
            {
                walk(&group.children, depth + 1, out);
            }
        }
    }
    let mut out = Vec::new();
    walk(shapes, 0, &mut out);
    out
}

/// The layout's placeholder for one on a slide: by index, then by type.
fn on_layout<'a>(
    placeholder: &Placeholder,
    shapes: &'a [Shape],
) -> Option<(&'a Placeholder, &'a Shape)> {
    let all = placeholders(shapes);
    let kind = PlaceholderKind::of(placeholder);
    let same_kind = |p: &Placeholder| PlaceholderKind::of(p) == kind;
    if kind == PlaceholderKind::Body {
        // The type distinguishes among several with one index, which damaged layouts have.
        all.iter()
            .find(|(p, _)| p.index == placeholder.index && p.kind == placeholder.kind)
            .or_else(|| {
                all.iter()
                    .find(|(p, _)| p.index == placeholder.index && same_kind(p))
            })
            .or_else(|| all.iter().find(|(p, _)| p.kind == placeholder.kind))
            .or_else(|| {
                all.iter()
                    .find(|(p, _)| !placeholder.has_index && same_kind(p))
            })
            .copied()
    } else {
        all.iter()
            .find(|(p, _)| p.index == placeholder.index && same_kind(p))
            .or_else(|| all.iter().find(|(p, _)| same_kind(p)))
            .copied()
    }
}

/// The master's placeholder for a family.
fn on_master(kind: PlaceholderKind, shapes: &[Shape]) -> Option<&Shape> {
    let all = placeholders(shapes);
    all.iter()
        .find(|(p, _)| {
            PlaceholderKind::of(p) == kind && (kind != PlaceholderKind::Body || p.kind == "body")
        })
        .or_else(|| all.iter().find(|(p, _)| PlaceholderKind::of(p) == kind))
        .map(|(_, shape)| *shape)
}

impl<'a> Ancestry<'a> {
    /// What `shape` inherits from.
    pub(crate) fn of(cx: &SlideContext<'a>, shape: &'a Shape) -> Self {
        let mut chain = vec![parts(shape)];
        let placeholder = shape.nv.placeholder.as_ref();
        let mut kind = placeholder.map(PlaceholderKind::of);
        if let Some(own) = placeholder {
            let layout = &*cx.slide.layout;
            if let Some((above, on_layout)) = on_layout(own, &layout.shapes) {
                chain.push(parts(on_layout));
                // The layout knows the family of a placeholder that a slide names by index only.
                if own.kind == "obj" || own.kind.is_empty() {
                    kind = Some(PlaceholderKind::of(above));
                }
            }
            if let Some(master) = kind.and_then(|kind| on_master(kind, &layout.master.shapes)) {
                chain.push(parts(master));
            }
        }
        Self {
            chain,
            placeholder,
            kind,
        }
    }

    /// Family of the placeholder, if it is one.
    pub(crate) fn kind(&self) -> Option<PlaceholderKind> {
        self.kind
    }

    /// Where the shape is, from the nearest level that says so.
    pub(crate) fn transform(&self) -> Option<Transform> {
        self.chain
            .iter()
            .find_map(|level| level.properties?.transform)
    }

    /// The outline, from the nearest level that says so.
    pub(crate) fn geometry(&self) -> Option<&'a Geometry> {
        self.chain
            .iter()
            .find_map(|level| level.properties?.geometry.as_ref())
    }

    /// The fill: at each level its own, then its style's.
    pub(crate) fn fill(&self, cx: &SlideContext<'a>) -> Option<ResolvedFill<'a>> {
        self.chain.iter().find_map(|level| {
            if let Some(fill) = level.properties.and_then(|p| p.fill.as_ref()) {
                let placeholder = level
                    .style
                    .and_then(|s| s.fill.as_ref())
                    .and_then(|r| reference_color(cx, r));
                return Some(ResolvedFill { fill, placeholder });
            }
            let reference = level.style?.fill.as_ref()?;
            Some(ResolvedFill {
                fill: theme_fill(cx, reference)?,
                placeholder: reference_color(cx, reference),
            })
        })
    }

    /// The line, every attribute from the nearest level that gives it.
    pub(crate) fn line(&self, cx: &SlideContext<'a>) -> ResolvedLine {
        let mut line = Line::default();
        let mut placeholder = None;
        for level in &self.chain {
            if let Some(own) = level.properties.and_then(|p| p.line.as_ref()) {
                line = crate::line::merge(&line, own);
            }
            if let Some(reference) = level.style.and_then(|s| s.line.as_ref()) {
                placeholder = placeholder.or_else(|| reference_color(cx, reference));
                match theme_line(cx, reference) {
                    Some(themed) => line = crate::line::merge(&line, themed),
                    // Index 0 is "no line", not "ask the next level".
                    None if reference.index == 0 && line.fill.is_none() => {
                        line.fill = Some(Fill::None);
                    }
                    None => {}
                }
            }
        }
        ResolvedLine { line, placeholder }
    }

    /// The effects: an own list, even an empty one, ends the search.
    pub(crate) fn effects(&self, cx: &SlideContext<'a>) -> Option<ResolvedEffects<'a>> {
        self.chain.iter().find_map(|level| {
            let reference = level.style.and_then(|s| s.effect.as_ref());
            if let Some(effects) = level.properties.and_then(|p| p.effects.as_ref()) {
                return Some(ResolvedEffects {
                    effects,
                    placeholder: reference.and_then(|r| reference_color(cx, r)),
                });
            }
            let reference = reference?;
            let index = (reference.index as usize).checked_sub(1)?;
            let style = cx.theme.formats.effects.get(index)?;
            Some(ResolvedEffects {
                effects: &style.effects,
                placeholder: reference_color(cx, reference),
            })
        })
    }

    /// 3-D settings that a front view cannot show: of the nearest level that has any.
    pub(crate) fn three_d(&self, cx: &SlideContext<'a>) -> Option<&'a str> {
        let nearest = self.chain.iter().find_map(|level| {
            if let Some(own) = level.properties.and_then(|p| p.three_d.as_deref()) {
                return Some(own);
            }
            let index = (level.style?.effect.as_ref()?.index as usize).checked_sub(1)?;
            cx.theme.formats.effects.get(index)?.three_d.as_deref()
        });
        nearest.filter(|what| !what.is_empty())
    }

    /// What the shape's text inherits, nearest first.
    pub(crate) fn text_cascade(&self, cx: &SlideContext<'a>) -> TextCascade<'a> {
        let body: Vec<&BodyProperties> = self
            .chain
            .iter()
            .filter_map(|level| level.text.map(|t| &t.properties))
            .collect();
        let mut list_styles: Vec<&ListStyle> = self
            .chain
            .iter()
            .filter_map(|level| level.text.map(|t| &t.list_style))
            .collect();
        let master = &cx.slide.layout.master;
        list_styles.push(match self.kind {
            Some(PlaceholderKind::Title) => &master.title_style,
            Some(PlaceholderKind::Body) => &master.body_style,
            _ => &master.other_style,
        });
        list_styles.push(&cx.presentation.default_text_style);
        let has_own = self.chain.first().is_some_and(|level| level.text.is_some());
        TextCascade {
            body,
            list_styles,
            own_styles: usize::from(has_own),
            style_run: self
                .chain
                .iter()
                .find_map(|level| style_run(level.style?.font.as_ref()?)),
            is_title: self.kind == Some(PlaceholderKind::Title),
            placeholder: self.placeholder,
        }
    }
}

/// What a `fontRef` says about runs; none when it says nothing.
pub(crate) fn style_run(reference: &StyleRef) -> Option<RunProperties> {
    let face = |script: &str| {
        let collection = match reference.index {
            1 => "mj",
            2 => "mn",
            _ => return None,
        };
        Some(FontRef {
            typeface: format!("+{collection}-{script}"),
            ..FontRef::default()
        })
    };
    let run = RunProperties {
        fill: reference.color.clone().map(Fill::Solid),
        latin: face("lt"),
        east_asian: face("ea"),
        complex_script: face("cs"),
        ..RunProperties::default()
    };
    (run != RunProperties::default()).then_some(run)
}

/// The colour that a reference gives to `phClr`.
pub(crate) fn reference_color(cx: &SlideContext<'_>, reference: &StyleRef) -> Option<Rgba> {
    reference.color.as_ref().map(|color| cx.color(color, None))
}

/// The theme fill of a reference; `Fill::None` for index 0, none for an index the theme lacks.
pub(crate) fn theme_fill<'a>(cx: &SlideContext<'a>, reference: &StyleRef) -> Option<&'a Fill> {
    let formats = &cx.theme.formats;
    match reference.index {
        0 | 1000 => Some(&Fill::None),
        index @ 1..1000 => formats.fills.get(index as usize - 1),
        index => formats.background_fills.get(index as usize - 1001),
    }
}

/// The theme line of a reference; none for index 0.
pub(crate) fn theme_line<'a>(cx: &SlideContext<'a>, reference: &StyleRef) -> Option<&'a Line> {
    cx.theme
        .formats
        .lines
        .get((reference.index as usize).checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use slides_fonts::FontBook;
    use slides_ooxml::model::{Color, Layout, Master, NonVisual, SchemeColor, Slide};

    use super::*;
    use crate::testing::{TestParts, empty_slide, office_theme, presentation};

    fn placeholder(kind: &str, index: u32, x: i64) -> Shape {
        let transform = Transform {
            x,
            width: 1,
            height: 1,
            ..Transform::default()
        };
        Shape {
            nv: NonVisual {
                placeholder: Some(Placeholder {
                    kind: kind.to_owned(),
                    index,
                    has_index: index > 0,
                }),
                ..NonVisual::default()
            },
            kind: ShapeKind::Shape {
                properties: ShapeProperties {
                    transform: (x >= 0).then_some(transform),
                    ..ShapeProperties::default()
                },
                style: None,
                text: Some(TextBody::default()),
                is_text_box: false,
            },
        }
    }

    fn slide() -> Slide {
        let mut theme = office_theme();
        theme.formats.lines = vec![Line {
            width: Some(6350),
            fill: Some(Fill::Solid(Color::scheme(SchemeColor::Placeholder))),
            ..Line::default()
        }];
        let master = Master {
            shapes: vec![placeholder("title", 0, 100), placeholder("body", 1, 200)],
            theme: Arc::new(theme),
            ..Master::default()
        };
        let layout = Layout {
            shapes: vec![
                placeholder("ctrTitle", 0, 10),
                placeholder("body", 13, 20),
                placeholder("body", 14, -1),
                placeholder("sldNum", 12, 30),
            ],
            master: Arc::new(master),
            ..Layout::default()
        };
        Slide {
            layout: Arc::new(layout),
            ..empty_slide()
        }
    }

    fn with_slide<T>(test: impl FnOnce(&SlideContext<'_>) -> T) -> T {
        let (slide, presentation, fonts, parts) = (
            slide(),
            presentation(),
            FontBook::bundled(),
            TestParts::default(),
        );
        test(&SlideContext::new(
            &parts,
            &presentation,
            &slide,
            &fonts,
            100,
        ))
    }

    /// Where a placeholder of the slide that says nothing of itself ends up.
    fn inherited_x(kind: &str, index: u32) -> Option<i64> {
        let (slide, presentation, fonts, parts) = (
            slide(),
            presentation(),
            FontBook::bundled(),
            TestParts::default(),
        );
        let shape = placeholder(kind, index, -1);
        let cx = SlideContext::new(&parts, &presentation, &slide, &fonts, 100);
        Ancestry::of(&cx, &shape).transform().map(|t| t.x)
    }

    #[test]
    fn placeholders_match_by_index_then_by_type() {
        assert_eq!(inherited_x("body", 13), Some(20));
        // A layout placeholder without a place of its own hands on the master's.
        assert_eq!(inherited_x("body", 14), Some(200));
        assert_eq!(inherited_x("obj", 13), Some(20));
        assert_eq!(inherited_x("title", 0), Some(10));
        assert_eq!(inherited_x("sldNum", 99), Some(30));
        assert_eq!(inherited_x("ftr", 5), None);
    }

    #[test]
    fn own_line_attributes_lie_over_the_theme_line() {
        let mut shape = placeholder("body", 13, 0);
        let ShapeKind::Shape {
            properties, style, ..
        } = &mut shape.kind
        else {
            panic!("a shape")
        };
        properties.line = Some(Line {
            width: Some(12_700),
            ..Line::default()
        });
        *style = Some(ShapeStyle {
            line: Some(StyleRef {
                index: 1,
                color: Some(Color::rgb(1, 2, 3)),
            }),
            ..ShapeStyle::default()
        });
        let (slide, presentation, fonts, parts) = (
            slide(),
            presentation(),
            FontBook::bundled(),
            TestParts::default(),
        );
        let cx = SlideContext::new(&parts, &presentation, &slide, &fonts, 100);
        let line = Ancestry::of(&cx, &shape).line(&cx);
        assert_eq!(line.line.width, Some(12_700));
        assert!(matches!(line.line.fill, Some(Fill::Solid(_))));
        assert_eq!(line.placeholder, Some(Rgba::rgb(1, 2, 3)));
    }

    #[test]
    fn style_references_reach_faces_and_background_fills() {
        let run = style_run(&StyleRef {
            index: 1,
            color: None,
        })
        .unwrap();
        assert_eq!(run.latin.unwrap().typeface, "+mj-lt");
        with_slide(|cx| {
            let reference = |index| StyleRef { index, color: None };
            assert_eq!(theme_fill(cx, &reference(0)), Some(&Fill::None));
            assert_eq!(theme_fill(cx, &reference(1001)), None);
            assert_eq!(theme_line(cx, &reference(1)).unwrap().width, Some(6350));
            assert_eq!(theme_line(cx, &reference(0)), None);
        });
    }
}
