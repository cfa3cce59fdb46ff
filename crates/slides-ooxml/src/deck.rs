mod notes;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::limits::PackageLimits;
use crate::model::chart::{ChartSpace, ExtendedChart, UserShape};
use crate::model::{Layout, Master, Notes, Presentation, Slide, SlideMotion, Theme};
use crate::package::{Package, Relationships, unreadable};
use crate::read::chart::{chart_space, extended_chart, user_shapes};
use crate::read::motion::motion;
use crate::read::slide::{master_styles, sheet};
use crate::read::theme::{fallback_theme, theme};
use crate::read::{Context, presentation};
use crate::sniff::kind_of_names;
use crate::xml::{self, Node, is_named};

/// (feature, message) pairs, as in [`Slide::warnings`].
type Warnings = Vec<(String, String)>;

/// A presentation whose slides are read on demand.
///
/// Masters, layouts and themes are read once and shared. A deck is `Send + Sync`: slides may be read on
/// several threads at once.
#[derive(Debug)]
pub struct Deck {
    package: Package,
    part: String,
    relationships: Relationships,
    presentation: Presentation,
    /// First position of each slide part, lower case.
    positions: HashMap<String, u32>,
    masters: Cache<Master>,
    layouts: Cache<Layout>,
    identity: OnceLock<String>,
}

/// Parts read so far with the warnings their reading gave, by lower-case part name.
#[derive(Debug)]
struct Cache<T>(Mutex<HashMap<String, (Arc<T>, Warnings)>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Cache<T> {
    fn get(
        &self,
        part: &str,
        read: impl FnOnce() -> Result<(T, Warnings)>,
    ) -> Result<(Arc<T>, Warnings)> {
        let key = part.to_ascii_lowercase();
        // The lock is held while reading, so that each part is read once; nothing below takes it again.
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = cache.get(&key) {
            return Ok(found.clone());
        }
        let (value, warnings) = read()?;
        let entry = (Arc::new(value), warnings);
        cache.insert(key, entry.clone());
        Ok(entry)
    }
}

impl Deck {
    /// Opens a deck: the package, its presentation part and the table styles; slides are read later.
    ///
    /// # Errors
    /// The bytes are no presentation, are encrypted otherwise than with this password, are damaged where no
    /// page could be drawn, or pass a limit.
    pub fn open(
        bytes: impl Into<Arc<[u8]>>,
        password: Option<&str>,
        limits: &PackageLimits,
    ) -> Result<Self> {
        Self::from_package(Package::open(bytes, password, limits)?)
    }

    /// A deck from an open package.
    ///
    /// # Errors
    /// As for [`Deck::open`].
    pub fn from_package(package: Package) -> Result<Self> {
        let part = main_part(&package)?;
        let (presentation, relationships) = presentation::presentation(&package, &part)?;
        let mut positions = HashMap::with_capacity(presentation.slides.len());
        for (index, slide) in presentation.slides.iter().enumerate() {
            positions
                .entry(slide.to_ascii_lowercase())
                .or_insert(index as u32);
        }
        Ok(Self {
            package,
            part,
            relationships,
            presentation,
            positions,
            masters: Cache::default(),
            layouts: Cache::default(),
            identity: OnceLock::new(),
        })
    }

    /// The presentation part: sizes, order of slides, defaults, document properties.
    pub fn presentation(&self) -> &Presentation {
        &self.presentation
    }

    /// A name made of the deck's parts, the same for the same deck: made once, as a split asks for each slide.
    pub(crate) fn identity(&self, make: impl FnOnce() -> String) -> &str {
        self.identity.get_or_init(make)
    }

    /// The package below.
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// Name of the presentation part.
    pub fn part_name(&self) -> &str {
        &self.part
    }

    /// Whether the presentation part is in the strict form (ECMA-376 part 1), not the transitional one.
    pub fn is_strict(&self) -> bool {
        const HEAD: u64 = 4 << 10;
        let head = self.package.part_head(&self.part, HEAD, |_| false);
        String::from_utf8_lossy(&head).contains("purl.oclc.org/ooxml/presentationml/main")
    }

    /// Bytes of a part, such as a chart.
    ///
    /// # Errors
    /// There is no such part, it is damaged, or it passes a limit.
    pub fn part(&self, part: &str) -> Result<Arc<[u8]>> {
        self.package.part(part)
    }

    /// Bytes of a media part, as a [`PictureRef`](crate::model::PictureRef) names it.
    ///
    /// # Errors
    /// There is no such part, it is damaged, or it passes a limit.
    pub fn media(&self, part: &str) -> Result<Arc<[u8]>> {
        self.package.part(part)
    }

    /// Position in the show, **0-based**, of a slide part; the first one when it is shown more than once.
    pub fn slide_index(&self, part: &str) -> Option<u32> {
        self.positions.get(&part.to_ascii_lowercase()).copied()
    }

    /// Whether the slide at a 0-based position is hidden. Looks at the start of its part only.
    pub fn is_hidden(&self, index: usize) -> bool {
        const HEAD: u64 = 16 << 10;
        let Some(part) = self.presentation.slides.get(index) else {
            return false;
        };
        let start = |head: &[u8]| {
            let find = |name: &[u8]| head.windows(name.len()).position(|text| text == name);
            find(b":sld").or_else(|| find(b"<sld"))
        };
        let head = self.package.part_head(part, HEAD, |head| {
            start(head).is_some_and(|start| head.iter().skip(start).any(|byte| *byte == b'>'))
        });
        let Some(start) = start(&head) else {
            return false;
        };
        let text = String::from_utf8_lossy(head.get(start..).unwrap_or_default());
        let tag = text.split('>').next().unwrap_or_default();
        let Some((_, value)) = tag.split_once(" show=") else {
            return false;
        };
        ["0", "false", "off"]
            .iter()
            .any(|no| value.get(1..).is_some_and(|value| value.starts_with(no)))
    }

    /// Reads the slide at a 0-based position with its layout, master and theme.
    ///
    /// What can be left out is left out with a warning in [`Slide::warnings`]: a slide, layout, master or theme
    /// part that is missing, and layouts, masters and themes that are damaged.
    ///
    /// # Errors
    /// There is no such position, the slide's part is damaged, or a limit is passed.
    pub fn slide(&self, index: usize) -> Result<Slide> {
        let slides = &self.presentation.slides;
        let part = slides.get(index).ok_or_else(|| {
            Error::damaged(format!(
                "slide {} does not exist: the deck has {} slides",
                index + 1,
                slides.len()
            ))
        })?;
        let number = index as u32 + 1;
        if part.is_empty() || !self.package.contains(part) {
            let message = if part.is_empty() {
                "the slide has no part in the package: the page is left empty".to_owned()
            } else {
                format!("the package has no part `{part}`: the page is left empty")
            };
            let (layout, mut warnings) = self.bare_layout()?;
            warnings.insert(0, ("slide".to_owned(), message));
            return Ok(Slide {
                part: part.clone(),
                index: number,
                layout,
                warnings,
                ..Slide::default()
            });
        }
        let relationships = self.relationships_of(part)?;
        let (layout, mut warnings) = if let Some(layout) = relationships.first("slideLayout") {
            self.layout(layout)?
        } else {
            let (layout, mut warnings) = self.bare_layout()?;
            warnings.push((
                "layout".to_owned(),
                "the slide names no layout: it is drawn without one".to_owned(),
            ));
            (layout, warnings)
        };
        let bytes = self.package.part(part)?;
        let cx = Context::new(&self.package, &relationships);
        let sheet = xml::read(part, &bytes, self.package.limits(), |root| {
            Ok(sheet(&cx, root))
        })?;
        let base = layout
            .theme_override
            .as_ref()
            .unwrap_or(&layout.master.theme);
        let theme_override = self.theme_override(&relationships, base, &mut warnings)?;
        warnings.extend(cx.warnings.into_inner());
        Ok(Slide {
            part: part.clone(),
            index: number,
            hidden: !sheet.show,
            background: sheet.background,
            shapes: sheet.shapes,
            show_master_shapes: sheet.show_master_shapes,
            color_map_override: sheet.color_map_override,
            theme_override,
            layout,
            warnings,
        })
    }

    /// How the slide at a 0-based position and its shapes come onto the screen.
    ///
    /// # Errors
    /// The slide's part is damaged or passes a limit.
    pub fn motion(&self, index: usize) -> Result<SlideMotion> {
        let slides = &self.presentation.slides;
        let Some(part) = slides.get(index).filter(|part| self.package.contains(part)) else {
            return Ok(SlideMotion::default());
        };
        let bytes = self.package.part(part)?;
        xml::read(part, &bytes, self.package.limits(), |root| Ok(motion(root)))
    }

    /// Speaker notes of the slide at a 0-based position.
    ///
    /// # Errors
    /// The notes part is damaged or passes a limit.
    pub fn notes(&self, index: usize) -> Result<Option<Notes>> {
        let Some(slide) = self.presentation.slides.get(index) else {
            return Ok(None);
        };
        let slide_relationships = self.relationships_of(slide)?;
        let Some(part) = slide_relationships
            .first("notesSlide")
            .filter(|part| self.package.contains(part))
        else {
            return Ok(None);
        };
        let relationships = self.relationships_of(part)?;
        let cx = Context::new(&self.package, &relationships);
        let bytes = self.package.part(part)?;
        let sheet = xml::read(part, &bytes, self.package.limits(), |root| {
            Ok(sheet(&cx, root))
        })?;
        Ok(Some(Notes {
            shapes: sheet.shapes,
        }))
    }

    /// Reads a chart part, as a [`ChartRef`](crate::model::ChartRef) names it. `base` is the theme in force on
    /// the slide, over which the chart's own override lies.
    ///
    /// # Errors
    /// There is no such part, it is no chart, it is damaged, or it passes a limit.
    pub fn chart(&self, part: &str, base: &Theme) -> Result<ChartSpace> {
        let relationships = self.relationships_of(part)?;
        let bytes = self.package.part(part)?;
        let mut cx = Context::new(&self.package, &relationships);
        let version = self.presentation.app_version.as_deref();
        cx.left_out = version.is_none_or(|version| !version.starts_with("12."));
        let mut space = xml::read(part, &bytes, self.package.limits(), |root| {
            expect_root(part, root, "chartSpace")?;
            Ok(chart_space(&cx, part, root))
        })?;
        let mut warnings = cx.warnings.into_inner();
        space.theme_override = self.theme_override(&relationships, base, &mut warnings)?;
        space.warnings = warnings;
        Ok(space)
    }

    /// Reads a chart part of 2016 (`cx:chartSpace`), as [`Deck::chart`] does the others.
    ///
    /// # Errors
    /// As for [`Deck::chart`].
    pub fn extended_chart(&self, part: &str, base: &Theme) -> Result<ExtendedChart> {
        let relationships = self.relationships_of(part)?;
        let bytes = self.package.part(part)?;
        let cx = Context::new(&self.package, &relationships);
        let mut space = xml::read(part, &bytes, self.package.limits(), |root| {
            expect_root(part, root, "chartSpace")?;
            Ok(extended_chart(&cx, part, root))
        })?;
        let mut warnings = cx.warnings.into_inner();
        space.theme_override = self.theme_override(&relationships, base, &mut warnings)?;
        space.warnings = warnings;
        Ok(space)
    }

    /// Reads the shapes drawn over a chart (`c:userShapes`), as
    /// [`ChartSpace::user_shapes`] names their part.
    ///
    /// # Errors
    /// There is no such part, it is damaged, or it passes a limit.
    pub fn chart_shapes(&self, part: &str) -> Result<Vec<UserShape>> {
        let relationships = self.relationships_of(part)?;
        let bytes = self.package.part(part)?;
        let cx = Context::new(&self.package, &relationships);
        xml::read(part, &bytes, self.package.limits(), |root| {
            Ok(user_shapes(&cx, root))
        })
    }

    fn layout(&self, part: &str) -> Result<(Arc<Layout>, Warnings)> {
        self.layouts.get(part, || {
            let Some((layout, warnings)) = tolerate(|| self.read_layout(part))? else {
                return self.read_bare_layout(Some((
                    "layout".to_owned(),
                    unusable(part, "the slide is drawn without it"),
                )));
            };
            Ok((layout, warnings))
        })
    }

    fn read_layout(&self, part: &str) -> Result<(Layout, Warnings)> {
        let relationships = self.relationships_of(part)?;
        let bytes = self.package.part(part)?;
        let cx = Context::new(&self.package, &relationships);
        let sheet = xml::read(part, &bytes, self.package.limits(), |root| {
            expect_root(part, root, "sldLayout")?;
            Ok(sheet(&cx, root))
        })?;
        let (master, mut warnings) = match relationships.first("slideMaster") {
            Some(master) => self.master(master)?,
            None => self.default_master()?,
        };
        let theme_override = self.theme_override(&relationships, &master.theme, &mut warnings)?;
        warnings.extend(cx.warnings.into_inner());
        let layout = Layout {
            part: part.to_owned(),
            background: sheet.background,
            shapes: sheet.shapes,
            show_master_shapes: sheet.show_master_shapes,
            color_map_override: sheet.color_map_override,
            theme_override,
            master,
        };
        Ok((layout, warnings))
    }

    /// A layout without shapes, for slides whose own is missing: colours and fonts still come from the master.
    fn bare_layout(&self) -> Result<(Arc<Layout>, Warnings)> {
        self.layouts.get("", || self.read_bare_layout(None))
    }

    fn read_bare_layout(&self, warning: Option<(String, String)>) -> Result<(Layout, Warnings)> {
        let (master, mut warnings) = self.default_master()?;
        warnings.extend(warning);
        Ok((
            Layout {
                show_master_shapes: false,
                master,
                ..Layout::default()
            },
            warnings,
        ))
    }

    /// The deck's first master, or an empty one.
    fn default_master(&self) -> Result<(Arc<Master>, Warnings)> {
        if let Some(part) = self.relationships.first("slideMaster") {
            return self.master(part);
        }
        let master = Master {
            theme: Arc::new(fallback_theme()),
            ..Master::default()
        };
        let warning = (
            "master".to_owned(),
            "the deck has no slide master".to_owned(),
        );
        Ok((Arc::new(master), vec![warning]))
    }

    fn master(&self, part: &str) -> Result<(Arc<Master>, Warnings)> {
        self.masters.get(part, || {
            Ok(tolerate(|| self.read_master(part))?.unwrap_or_else(|| {
                let master = Master {
                    theme: Arc::new(fallback_theme()),
                    ..Master::default()
                };
                (
                    master,
                    vec![(
                        "master".to_owned(),
                        unusable(part, "the slide is drawn without it"),
                    )],
                )
            }))
        })
    }

    fn read_master(&self, part: &str) -> Result<(Master, Warnings)> {
        let relationships = self.relationships_of(part)?;
        let bytes = self.package.part(part)?;
        let cx = Context::new(&self.package, &relationships);
        let mut master = xml::read(part, &bytes, self.package.limits(), |root| {
            expect_root(part, root, "sldMaster")?;
            let sheet = sheet(&cx, root);
            let (color_map, [title_style, body_style, other_style]) = master_styles(&cx, root);
            Ok(Master {
                part: part.to_owned(),
                background: sheet.background,
                shapes: sheet.shapes,
                color_map,
                title_style,
                body_style,
                other_style,
                theme: Arc::default(),
            })
        })?;
        let mut warnings = cx.warnings.into_inner();
        let (theme, theme_warnings) = match relationships.first("theme") {
            Some(part) => tolerate(|| self.read_theme(part, "theme", None))?.unwrap_or_else(|| {
                let warning = unusable(part, "Office's default colours and fonts are used");
                (fallback_theme(), vec![("theme".to_owned(), warning)])
            }),
            None => (
                fallback_theme(),
                vec![("theme".to_owned(), format!("part `{part}` names no theme"))],
            ),
        };
        master.theme = Arc::new(theme);
        warnings.extend(theme_warnings);
        Ok((master, warnings))
    }

    fn read_theme(
        &self,
        part: &str,
        root_name: &str,
        base: Option<&Theme>,
    ) -> Result<(Theme, Warnings)> {
        let relationships = self.relationships_of(part)?;
        let bytes = self.package.part(part)?;
        let cx = Context::new(&self.package, &relationships);
        let theme = xml::read(part, &bytes, self.package.limits(), |root| {
            expect_root(part, root, root_name)?;
            Ok(theme(&cx, root, base))
        })?;
        Ok((theme, cx.warnings.into_inner()))
    }

    fn theme_override(
        &self,
        relationships: &Relationships,
        base: &Theme,
        warnings: &mut Warnings,
    ) -> Result<Option<Arc<Theme>>> {
        let Some(part) = relationships.first("themeOverride") else {
            return Ok(None);
        };
        let Some((theme, more)) = tolerate(|| self.read_theme(part, "themeOverride", Some(base)))?
        else {
            warnings.push((
                "theme".to_owned(),
                unusable(part, "the master's theme is used"),
            ));
            return Ok(None);
        };
        warnings.extend(more);
        Ok(Some(Arc::new(theme)))
    }

    /// Relationships of a part; damaged ones count as none.
    fn relationships_of(&self, part: &str) -> Result<Relationships> {
        tolerate(|| self.package.relationships(part)).map(Option::unwrap_or_default)
    }
}

/// `None` where a part other than the slide itself is damaged or missing; limits stay errors.
fn tolerate<T>(read: impl FnOnce() -> Result<T>) -> Result<Option<T>> {
    match read() {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == ErrorKind::Limit => Err(error),
        Err(_) => Ok(None),
    }
}

fn unusable(part: &str, instead: &str) -> String {
    format!("part `{part}` is missing or damaged: {instead}")
}

fn expect_root(part: &str, root: Node<'_>, name: &str) -> Result<()> {
    if is_named(root, name) {
        return Ok(());
    }
    Err(Error::damaged(format!(
        "part `{part}` has the root element `{}`, not `{name}`",
        root.tag_name().name()
    )))
}

/// Finds the presentation part by the package's relationships, else by content type, else by its usual name.
fn main_part(package: &Package) -> Result<String> {
    const USUAL: &str = "/ppt/presentation.xml";
    let relationships = package
        .relationships("/")
        .or_else(|error| match error.kind {
            ErrorKind::Limit => Err(error),
            _ => Ok(Relationships::default()),
        })?;
    let by_relationship = relationships
        .first("officeDocument")
        .filter(|part| package.contains(part));
    let by_type = || {
        package.part_of_type(|kind| {
            let kind = kind.to_ascii_lowercase();
            kind.ends_with("main+xml")
                && ["presentation", "slideshow", "template"]
                    .iter()
                    .any(|word| kind.contains(word))
        })
    };
    let usual = || package.contains(USUAL).then_some(USUAL);
    if let Some(part) = by_relationship.or_else(by_type).or_else(usual)
        && !part.starts_with("/word/")
        && !part.starts_with("/xl/")
    {
        return Ok(part.to_owned());
    }
    let names = package
        .part_names()
        .map(|name| name.trim_start_matches('/').as_bytes());
    let is_presentation = || {
        let mimetype = package.part("/mimetype").unwrap_or_else(|_| Arc::from([]));
        mimetype.windows(12).any(|window| window == b"presentation")
    };
    Err(unreadable(kind_of_names(names, is_presentation)))
}
