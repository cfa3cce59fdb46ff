//! Decks to one deck: all or chosen slides of a first deck, followed by slides of others.
//!
//! A part that does not change keeps the bytes it is stored with. Parts of the first deck keep their names, those
//! of others are renumbered; what a part refers to by relationship id stays, only its relationships part is written
//! anew. Masters that are equal with all that hangs on them, and equal media, are taken once.

mod edits;
mod equal;
mod lists;
mod names;
mod origin;
mod outline;
mod place;
mod presentation;
mod properties;
mod shows;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Write;
use std::sync::Arc;

use crate::Deck;
use crate::error::{Error, ErrorKind, Result};
use crate::package::relationships_part;
use crate::write::{
    Body, ContentTypesWriter, OutPart, PackageFormat, RelationshipsWriter, WriteOptions,
    WrittenTarget, ZipStream,
};

use lists::Lists;
use names::{Ids, Names};
use outline::Outline;
use shows::TakenShow;

/// (feature, message) of what was done otherwise than asked.
pub type Warning = (String, String);

const CONTENT_TYPES: &str = "/[Content_Types].xml";

/// Puts a deck together from slides of others.
#[derive(Debug)]
pub struct Composer<'a> {
    sources: Vec<Source<'a>>,
    /// Whether the first deck is taken as a whole, with what no slide refers to.
    whole: bool,
    /// Whether anything differs from the first deck.
    changed: bool,
    parts: Vec<OutPart<'a>>,
    names: Names,
    /// New names by source, copy and lower-case old name.
    placed: HashMap<(usize, u32, String), String>,
    work: VecDeque<Task>,
    slides: Vec<PlacedSlide>,
    masters: Vec<PlacedMaster>,
    /// Positions in `masters` by the fingerprint of their part.
    masters_by_bytes: HashMap<(u32, u64), Vec<usize>>,
    media: HashMap<(u32, u64), Vec<Medium>>,
    master_ids: Ids,
    slide_ids: Ids,
    notes_master: Option<String>,
    /// Relationships of the presentation part.
    relationships: Vec<(String, String, WrittenTarget)>,
    lists: Lists,
    shows: Vec<TakenShow>,
    /// Which deck the ids of the slides are from, while links wait for slides of it.
    origin: Option<String>,
    warnings: Vec<Warning>,
}

#[derive(Debug)]
struct Source<'a> {
    deck: &'a Deck,
    outline: Outline,
    /// Copies of each slide part that are taken, by lower-case name.
    copies: HashMap<String, u32>,
    /// New slide ids by old ones.
    slide_ids: HashMap<u32, u32>,
    /// New author ids and the offset of comment numbers, by old author ids.
    authors: HashMap<String, (u32, u32)>,
    /// The deck that its slide ids are from.
    token: String,
    /// New ids of custom shows by old ones; none where the show goes.
    shows: HashMap<u32, Option<u32>>,
}

/// A part whose name is given but which is not written yet.
#[derive(Debug)]
struct Task {
    source: usize,
    copy: u32,
    part: String,
    name: String,
    /// Last segment of the type of the relationship that led to it.
    kind: String,
}

#[derive(Debug)]
struct PlacedSlide {
    source: usize,
    copy: u32,
    /// Position in its deck, 0-based.
    index: usize,
    name: String,
    id: u32,
}

#[derive(Debug)]
struct PlacedMaster {
    source: usize,
    part: String,
    name: String,
    id: u32,
}

#[derive(Debug)]
struct Medium {
    source: usize,
    part: String,
    name: String,
}

/// A deck that is ready to be written.
#[derive(Debug)]
pub struct Composition<'a> {
    parts: Vec<OutPart<'a>>,
    slides: usize,
    warnings: Vec<Warning>,
}

impl<'a> Composer<'a> {
    /// Starts with a deck: whole, or with the slides of these numbers (1-based) in this order.
    ///
    /// # Errors
    /// There is no such slide, the deck is damaged, or a limit is passed.
    pub fn new(deck: &'a Deck, slides: Option<&[u32]>) -> Result<Self> {
        let mut composer = Self {
            sources: Vec::new(),
            whole: slides.is_none(),
            changed: slides.is_some(),
            parts: Vec::new(),
            names: Names::default(),
            placed: HashMap::new(),
            work: VecDeque::new(),
            slides: Vec::new(),
            masters: Vec::new(),
            masters_by_bytes: HashMap::new(),
            media: HashMap::new(),
            master_ids: Ids::masters(),
            slide_ids: Ids::slides(),
            notes_master: None,
            relationships: Vec::new(),
            lists: Lists::default(),
            shows: Vec::new(),
            origin: None,
            warnings: Vec::new(),
        };
        composer.names.take(CONTENT_TYPES);
        composer.add_source(deck)?;
        composer.lists = Lists::read(deck)?;
        match slides {
            None => composer.take_whole()?,
            Some(slides) => composer.take_chosen(slides)?,
        }
        Ok(composer)
    }

    /// Adds slides of a deck at the end: all, or those of these numbers (1-based) in this order; a number that
    /// comes twice gives two slides. Slides keep their places and sizes, also where the first deck has another
    /// slide size.
    ///
    /// # Errors
    /// There is no such slide, the deck is damaged or of the other form (strict or transitional) than the first,
    /// or a limit is passed.
    pub fn append(&mut self, deck: &'a Deck, slides: Option<&[u32]>) -> Result<()> {
        self.changed = true;
        let source = self.add_source(deck)?;
        if let Some(first) = self.sources.first() {
            if first.outline.is_strict != self.source(source)?.outline.is_strict {
                return Err(Error::new(
                    ErrorKind::BadRequest,
                    "the presentation and the first one differ in form: strict and transitional presentations cannot be merged",
                ));
            }
            let (own, other) = (
                first.deck.presentation().slide_size,
                deck.presentation().slide_size,
            );
            if own != other {
                self.warnings.push((
                    "slide size".to_owned(),
                    format!(
                        "the slides of the first presentation are {} by {} EMU, those of presentation {} are {} by {}: they keep their layout on the first one's size",
                        own.0,
                        own.1,
                        source + 1,
                        other.0,
                        other.1
                    ),
                ));
            }
        }
        let numbers = numbers(deck, slides)?;
        let is_rest = self.is_rest(source, &numbers)?;
        self.take_lists(source, is_rest)?;
        self.take_shows(source, &numbers)?;
        self.take_slides(source, &numbers)?;
        self.drain()
    }

    /// Number of slides so far.
    pub fn slide_count(&self) -> usize {
        self.slides.len()
    }

    /// Ends the deck in a format of the family. Macros go where the format has none.
    ///
    /// # Errors
    /// A part that changes is damaged, or ids run out.
    pub fn finish(mut self, format: PackageFormat) -> Result<Composition<'a>> {
        let base = self.source(0)?.deck;
        let package = base.package();
        if package.content_type(base.part_name()) != Some(format.content_type()) {
            self.changed = true;
        }
        self.drop_macros(format);
        if self.changed {
            self.drop_signatures()?;
        }
        if self.slides.is_empty() && !self.whole {
            return Err(Error::new(
                ErrorKind::BadRequest,
                "no slide is left: name at least one",
            ));
        }
        if self.changed {
            self.write_lists()?;
            self.origin = self.origin()?;
            self.write_presentation()?;
            self.write_properties()?;
            let mut types = ContentTypesWriter::new(package.default_types());
            for part in &self.parts {
                if part.name.eq_ignore_ascii_case(base.part_name()) {
                    types.add(&part.name, format.content_type());
                } else if let Some(kind) = &part.content_type {
                    types.add(&part.name, kind);
                }
            }
            self.parts.insert(
                0,
                OutPart {
                    name: CONTENT_TYPES.to_owned(),
                    content_type: None,
                    body: Body::New(types.finish().into()),
                },
            );
        } else {
            self.parts.insert(
                0,
                OutPart {
                    name: CONTENT_TYPES.to_owned(),
                    content_type: None,
                    body: Body::Kept(package, CONTENT_TYPES.to_owned()),
                },
            );
        }
        let limit = package.limits().max_parts;
        if self.parts.len() > limit {
            return Err(Error::limit(format!(
                "the result has {} parts, which passes the limit `max_parts` of {limit}",
                self.parts.len()
            )));
        }
        let limit = package.limits().max_slides;
        if self.slides.len() > limit {
            return Err(Error::limit(format!(
                "the result has {} slides, which passes the limit `max_slides` of {limit}",
                self.slides.len()
            )));
        }
        Ok(Composition {
            parts: self.parts,
            slides: self.slides.len(),
            warnings: self.warnings,
        })
    }

    /// Whether all that is there is of the same deck, and these are other slides of it.
    fn is_rest(&self, source: usize, numbers: &[u32]) -> Result<bool> {
        let own = self.source(source)?;
        let old_id = |source: &Source<'_>, index: usize| {
            let item = source.outline.slides.get(index);
            item.and_then(|item| item.id)
        };
        let ids: HashSet<Option<u32>> = numbers
            .iter()
            .map(|number| old_id(own, (*number as usize).saturating_sub(1)))
            .collect();
        for slide in &self.slides {
            let other = self.source(slide.source)?;
            if other.token != own.token || ids.contains(&old_id(other, slide.index)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Which deck the ids of the slides are from; none where that is of no use.
    fn origin(&mut self) -> Result<Option<String>> {
        let base = self.source(0)?;
        let token = base.token.clone();
        let is_open = if self.sources.len() < 2 {
            let is_part = !self.whole && self.slides.len() < base.outline.slides.len();
            is_part || base.outline.origin.is_some()
        } else {
            self.rejoin()?
        };
        let is_one = self.sources.iter().all(|source| source.token == token)
            && self.slides.iter().all(|slide| {
                let source = self.sources.get(slide.source);
                let item = source.and_then(|source| source.outline.slides.get(slide.index));
                item.is_some_and(|item| item.id == Some(slide.id))
            });
        Ok((is_open && is_one).then_some(token))
    }

    fn add_source(&mut self, deck: &'a Deck) -> Result<usize> {
        let outline = Outline::read(deck)?;
        self.sources.push(Source {
            deck,
            token: outline
                .origin
                .clone()
                .unwrap_or_else(|| origin::token(deck)),
            outline,
            shows: HashMap::new(),
            copies: HashMap::new(),
            slide_ids: HashMap::new(),
            authors: HashMap::new(),
        });
        Ok(self.sources.len() - 1)
    }

    fn source(&self, index: usize) -> Result<&Source<'a>> {
        // Indices come from `add_source`.
        self.sources
            .get(index)
            .ok_or_else(|| Error::damaged("a source of the merge was lost"))
    }

    /// The first deck with every part it has.
    fn take_whole(&mut self) -> Result<()> {
        let base = self.source(0)?.deck;
        let package = base.package();
        for part in package.part_names().filter(|part| *part != CONTENT_TYPES) {
            self.names.take(part);
            let content_type = if is_relationships(part) {
                None
            } else {
                package.content_type(part).map(Cow::Borrowed)
            };
            self.parts.push(OutPart {
                name: part.to_owned(),
                content_type,
                body: Body::Kept(package, part.to_owned()),
            });
            self.placed
                .insert((0, 0, part.to_ascii_lowercase()), part.to_owned());
        }
        let count = base.presentation().slides.len();
        let numbers: Vec<u32> = (1..=count as u32).collect();
        self.take_shows(0, &numbers)?;
        self.name_slides(0, &numbers, true)?;
        let relationships = package.relationships(base.part_name())?;
        for relationship in relationships.iter() {
            let target = match &relationship.target {
                crate::Target::Part(part) => {
                    if package.contains(part) {
                        self.note_base_part(relationship, part)?;
                    }
                    WrittenTarget::Part(part.clone())
                }
                crate::Target::External(target) => WrittenTarget::External(target.clone()),
                crate::Target::Invalid(target) => WrittenTarget::AsWritten(target.clone()),
            };
            self.relationships
                .push((relationship.id.clone(), relationship.kind.clone(), target));
        }
        Ok(())
    }

    /// The parts of the first deck that the chosen slides need.
    fn take_chosen(&mut self, slides: &[u32]) -> Result<()> {
        let base = self.source(0)?.deck;
        let package = base.package();
        let numbers = numbers(base, Some(slides))?;
        self.names.take(base.part_name());
        self.placed.insert(
            (0, 0, base.part_name().to_ascii_lowercase()),
            base.part_name().to_owned(),
        );
        self.parts.push(OutPart {
            name: base.part_name().to_owned(),
            content_type: package.content_type(base.part_name()).map(Cow::Borrowed),
            body: Body::Kept(package, base.part_name().to_owned()),
        });
        let relationships = package.relationships(base.part_name())?;
        self.take_shows(0, &numbers)?;
        // First the slides, so that the others know which of them there are.
        self.take_slides(0, &numbers)?;
        self.drain()?;
        for relationship in relationships.iter() {
            let target = match &relationship.target {
                crate::Target::Part(part) if !package.contains(part) => {
                    WrittenTarget::Part(part.clone())
                }
                crate::Target::Part(part) if relationship.is("slide") => {
                    if !self.is_taken(0, part) {
                        continue;
                    }
                    WrittenTarget::Part(part.clone())
                }
                crate::Target::Part(part) if relationship.is("slideMaster") => {
                    let is_used = self.masters.iter().any(|master| master.part == *part);
                    // As PowerPoint does: a master without slides goes, unless it is to be preserved.
                    if !is_used && !self.masters.is_empty() && !edits::is_preserved(package, part) {
                        continue;
                    }
                    WrittenTarget::Part(self.master(0, part)?)
                }
                crate::Target::Part(part) => {
                    self.note_base_part(relationship, part)?;
                    let kind = last_segment(&relationship.kind);
                    WrittenTarget::Part(self.target(0, 0, part, kind)?)
                }
                crate::Target::External(target) => WrittenTarget::External(target.clone()),
                crate::Target::Invalid(target) => WrittenTarget::AsWritten(target.clone()),
            };
            self.relationships
                .push((relationship.id.clone(), relationship.kind.clone(), target));
        }
        self.drain()?;
        self.take_root()?;
        self.drain()
    }

    /// The relationships of the package itself.
    fn take_root(&mut self) -> Result<()> {
        let base = self.source(0)?.deck;
        let mut writer = RelationshipsWriter::new("/");
        for relationship in base.package().relationships("/")?.iter() {
            let target = match &relationship.target {
                crate::Target::Part(part) => {
                    if relationship.is("origin") || !base.package().contains(part) {
                        continue;
                    }
                    // The picture shows the first slide.
                    if relationship.is("thumbnail")
                        && self.slides.first().is_some_and(|slide| slide.index != 0)
                    {
                        continue;
                    }
                    let kind = last_segment(&relationship.kind);
                    WrittenTarget::Part(self.target(0, 0, part, kind)?)
                }
                crate::Target::External(target) => WrittenTarget::External(target.clone()),
                crate::Target::Invalid(_) => continue,
            };
            writer.add(&relationship.id, &relationship.kind, &target);
        }
        self.put("/_rels/.rels", None, writer.finish());
        Ok(())
    }

    /// Replaces or adds a part.
    fn put(&mut self, name: &str, content_type: Option<&str>, bytes: Vec<u8>) {
        let body = Body::New(Arc::from(bytes));
        let found = self
            .parts
            .iter_mut()
            .find(|part| part.name.eq_ignore_ascii_case(name));
        if let Some(part) = found {
            part.body = body;
            return;
        }
        self.names.take(name);
        self.parts.push(OutPart {
            name: name.to_owned(),
            content_type: content_type.map(|kind| Cow::Owned(kind.to_owned())),
            body,
        });
    }

    /// Removes parts, with their relationships.
    fn remove(&mut self, gone: &HashSet<String>) {
        let gone: HashSet<String> = gone
            .iter()
            .flat_map(|part| {
                [
                    part.to_ascii_lowercase(),
                    relationships_part(part).to_ascii_lowercase(),
                ]
            })
            .collect();
        self.parts
            .retain(|part| !gone.contains(&part.name.to_ascii_lowercase()));
    }

    /// The VBA project and what belongs to it, for formats without macros.
    fn drop_macros(&mut self, format: PackageFormat) {
        if format.has_macros() {
            return;
        }
        let Ok(base) = self.source(0).map(|source| source.deck) else {
            return;
        };
        let mut gone = HashSet::new();
        self.relationships.retain(|(_, kind, target)| {
            if last_segment(kind) != "vbaProject" {
                return true;
            }
            if let WrittenTarget::Part(part) = target {
                gone.insert(part.clone());
                if let Ok(relationships) = base.package().relationships(part) {
                    gone.extend(
                        relationships
                            .iter()
                            .filter_map(|r| r.part().map(str::to_owned)),
                    );
                }
            }
            false
        });
        if !gone.is_empty() {
            self.changed = true;
            self.remove(&gone);
            self.warnings.push((
                "macros".to_owned(),
                "the presentation's macros were left out: the format has none".to_owned(),
            ));
        }
    }

    /// A signature does not hold for a deck that was changed.
    fn drop_signatures(&mut self) -> Result<()> {
        let package = self.source(0)?.deck.package();
        let root = package.relationships("/")?;
        let Some(origin) = root
            .iter()
            .find(|relationship| relationship.is("origin"))
            .and_then(|relationship| relationship.part())
        else {
            return Ok(());
        };
        let mut gone = HashSet::from([origin.to_owned()]);
        gone.extend(
            package
                .relationships(origin)?
                .iter()
                .filter_map(|relationship| relationship.part().map(str::to_owned)),
        );
        self.remove(&gone);
        if self.whole {
            let mut writer = RelationshipsWriter::new("/");
            for relationship in root
                .iter()
                .filter(|relationship| !relationship.is("origin"))
            {
                let target = match &relationship.target {
                    crate::Target::Part(part) => WrittenTarget::Part(part.clone()),
                    crate::Target::External(target) => WrittenTarget::External(target.clone()),
                    crate::Target::Invalid(target) => WrittenTarget::AsWritten(target.clone()),
                };
                writer.add(&relationship.id, &relationship.kind, &target);
            }
            self.put("/_rels/.rels", None, writer.finish());
        }
        self.warnings.push((
            "signature".to_owned(),
            "the presentation's digital signature was left out: the presentation was changed"
                .to_owned(),
        ));
        Ok(())
    }
}

impl Composition<'_> {
    /// Slides of the deck.
    pub fn slide_count(&self) -> usize {
        self.slides
    }

    /// What was done otherwise than asked.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Writes the package front to back; gives its size in bytes.
    ///
    /// # Errors
    /// The writer fails, a part cannot be unpacked, or a limit is passed.
    pub fn write(&self, out: &mut dyn Write, options: &WriteOptions) -> Result<u64> {
        let mut zip = ZipStream::new(out, options.clone());
        for part in &self.parts {
            part.write(&mut zip, options)?;
        }
        zip.finish()
    }
}

/// Checked slide numbers; all slides when none are chosen.
fn numbers(deck: &Deck, slides: Option<&[u32]>) -> Result<Vec<u32>> {
    let count = deck.presentation().slides.len() as u32;
    let Some(slides) = slides else {
        return Ok((1..=count).collect());
    };
    if let Some(number) = slides.iter().find(|number| !(1..=count).contains(*number)) {
        return Err(Error::new(
            ErrorKind::BadRequest,
            format!(
                "slide {number} does not exist: the deck has {count} slide{}",
                if count == 1 { "" } else { "s" }
            ),
        ));
    }
    let limit = deck.package().limits().max_slides;
    if slides.len() > limit {
        return Err(Error::limit(format!(
            "{} slides are asked for, which passes the limit `max_slides` of {limit}",
            slides.len()
        )));
    }
    Ok(slides.to_vec())
}

fn is_relationships(part: &str) -> bool {
    let lower = part.to_ascii_lowercase();
    lower.rsplit('.').next() == Some("rels") && lower.contains("/_rels/")
}

fn last_segment(kind: &str) -> &str {
    kind.rsplit('/').next().unwrap_or_default()
}
