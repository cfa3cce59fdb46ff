//! Which parts come along, under which names.

use std::borrow::Cow;

use super::edits::{self, Change};
use super::equal::{same_bytes, same_tree};
use super::{Composer, Medium, PlacedMaster, PlacedSlide, Task, last_segment};
use crate::error::{Error, Result};
use crate::package::{Relationship, Target, relationships_part};
use crate::write::{Body, OutPart, RelationshipsWriter, WrittenTarget};

/// Relationships to parts without relationships of their own, shared where their bytes are equal.
const MEDIA: [&str; 6] = ["image", "media", "audio", "video", "hdphoto", "font"];
/// Relationships to parts that all copies of a slide share.
const SHARED: [&str; 5] = [
    "theme",
    "handoutMaster",
    "presProps",
    "viewProps",
    "tableStyles",
];
/// Masters with equal bytes that are compared in full.
const MAX_CANDIDATES: usize = 16;

const PRESENTATION_ML: &str = "application/vnd.openxmlformats-officedocument.presentationml.";

impl Composer<'_> {
    /// Names the slides, so that jumps between them are known before any is written.
    pub(super) fn name_slides(
        &mut self,
        source: usize,
        numbers: &[u32],
        whole: bool,
    ) -> Result<Vec<Task>> {
        let deck = self.source(source)?.deck;
        let outline = self.source(source)?.outline.clone();
        let mut tasks = Vec::new();
        for &number in numbers {
            let index = number as usize - 1;
            let part = deck
                .presentation()
                .slides
                .get(index)
                .cloned()
                .unwrap_or_default();
            if (part.is_empty() || !deck.package().contains(&part)) && !whole {
                self.warnings.push((
                    "slide".to_owned(),
                    format!("slide {number} was left out: it has no part in its package"),
                ));
                continue;
            }
            let lower = part.to_ascii_lowercase();
            let old_id = outline.slides.get(index).and_then(|item| item.id);
            let copy = match self.sources.get_mut(source) {
                Some(source) => {
                    let copies = source.copies.entry(lower.clone()).or_insert(0);
                    *copies += 1;
                    *copies - 1
                }
                None => 0,
            };
            // Slides of one deck that was split have ids of one space.
            let is_own = self.sources.first().map(|first| &first.token)
                == self.sources.get(source).map(|own| &own.token);
            let id = match old_id.filter(|id| is_own && copy == 0 && self.slide_ids.take(*id)) {
                Some(id) => id,
                None => self.slide_ids.fresh()?,
            };
            if let (Some(old), 0, Some(source)) = (old_id, copy, self.sources.get_mut(source)) {
                source.slide_ids.insert(old, id);
            }
            let name = if whole {
                part.clone()
            } else {
                let name = self.free_name(source, copy, &part);
                self.placed.insert((source, copy, lower), name.clone());
                tasks.push(Task {
                    source,
                    copy,
                    part: part.clone(),
                    name: name.clone(),
                    kind: "slide".to_owned(),
                });
                name
            };
            self.slides.push(PlacedSlide {
                source,
                copy,
                index,
                name,
                id,
            });
        }
        Ok(tasks)
    }

    pub(super) fn take_slides(&mut self, source: usize, numbers: &[u32]) -> Result<()> {
        // Ids of the first deck's slides go before new ones.
        let tasks = self.name_slides(source, numbers, false)?;
        self.work.extend(tasks);
        Ok(())
    }

    pub(super) fn is_taken(&self, source: usize, slide: &str) -> bool {
        self.placed
            .contains_key(&(source, 0, slide.to_ascii_lowercase()))
    }

    /// Writes the parts that were named, and those that they lead to.
    pub(super) fn drain(&mut self) -> Result<()> {
        let limit = self.source(0)?.deck.package().limits().max_parts;
        while let Some(task) = self.work.pop_front() {
            if self.parts.len() > limit {
                return Err(Error::limit(format!(
                    "the result has more than {limit} parts, which passes the limit `max_parts`"
                )));
            }
            self.place(&task)?;
        }
        Ok(())
    }

    fn place(&mut self, task: &Task) -> Result<()> {
        let deck = self.source(task.source)?.deck;
        let package = deck.package();
        let relationships = package.relationships(&task.part)?;
        let mut change = Change::new(task);
        let mut writer = RelationshipsWriter::new(&task.name);
        let mut same = task.name == task.part;
        for relationship in relationships.iter() {
            let target = match &relationship.target {
                Target::External(target) => WrittenTarget::External(target.clone()),
                Target::Invalid(target) => WrittenTarget::AsWritten(target.clone()),
                Target::Part(part) if !package.contains(part) => {
                    if task.source == 0 {
                        WrittenTarget::Part(part.clone())
                    } else {
                        // Under its name another source's part may lie.
                        WrittenTarget::External("NULL".to_owned())
                    }
                }
                Target::Part(part) => {
                    if let Some(name) = self.follow(task, relationship, part)? {
                        same &= name == *part;
                        WrittenTarget::Part(name)
                    } else {
                        same = false;
                        let slide = deck.slide_index(part);
                        let items = &self.source(task.source)?.outline.slides;
                        let item = slide.and_then(|index| items.get(index as usize));
                        change
                            .dead
                            .insert(relationship.id.clone(), item.and_then(|item| item.id));
                        continue;
                    }
                }
            };
            writer.add(&relationship.id, &relationship.kind, &target);
        }
        let body = match self.changed_part(task, &change)? {
            Some(bytes) => Body::New(bytes.into()),
            None => Body::Kept(package, task.part.clone()),
        };
        let content_type = package
            .content_type(&task.part)
            .map_or_else(|| guess(&task.kind, &task.part), Cow::Borrowed);
        self.parts.push(OutPart {
            name: task.name.clone(),
            content_type: Some(content_type),
            body,
        });
        if relationships.iter().next().is_some() {
            let body = if same {
                Body::Kept(package, relationships_part(&task.part))
            } else {
                Body::New(writer.finish().into())
            };
            let name = relationships_part(&task.name);
            self.names.take(&name);
            self.parts.push(OutPart {
                name,
                content_type: None,
                body,
            });
        }
        Ok(())
    }

    /// The new name of what a relationship leads to; none when it goes.
    fn follow(
        &mut self,
        task: &Task,
        relationship: &Relationship,
        part: &str,
    ) -> Result<Option<String>> {
        let kind = last_segment(&relationship.kind);
        let is_slide =
            kind == "slide" || self.source(task.source)?.deck.slide_index(part).is_some();
        if is_slide {
            let lower = part.to_ascii_lowercase();
            let name = [task.copy, 0]
                .into_iter()
                .find_map(|copy| self.placed.get(&(task.source, copy, lower.clone())));
            return Ok(name.cloned());
        }
        if part.eq_ignore_ascii_case(self.source(task.source)?.deck.part_name()) {
            return Ok(Some(self.source(0)?.deck.part_name().to_owned()));
        }
        self.target(task.source, task.copy, part, kind).map(Some)
    }

    /// The new name of a part; it is written later.
    pub(super) fn target(
        &mut self,
        source: usize,
        copy: u32,
        part: &str,
        kind: &str,
    ) -> Result<String> {
        match kind {
            "slideMaster" => return self.master(source, part),
            "slideLayout" => return self.layout(source, part),
            "notesMaster" => return Ok(self.shared_notes_master(source, part)),
            kind if MEDIA.contains(&kind) => return self.medium(source, part, kind),
            _ => {}
        }
        let copy = if SHARED.contains(&kind) { 0 } else { copy };
        Ok(self.name(source, copy, part, kind))
    }

    fn name(&mut self, source: usize, copy: u32, part: &str, kind: &str) -> String {
        let key = (source, copy, part.to_ascii_lowercase());
        if let Some(name) = self.placed.get(&key) {
            return name.clone();
        }
        let name = self.free_name(source, copy, part);
        self.placed.insert(key, name.clone());
        self.work.push_back(Task {
            source,
            copy,
            part: part.to_owned(),
            name: name.clone(),
            kind: kind.to_owned(),
        });
        name
    }

    /// Parts of the first deck keep their names.
    fn free_name(&mut self, source: usize, copy: u32, part: &str) -> String {
        if source == 0 && copy == 0 && self.names.take(part) {
            return part.to_owned();
        }
        self.names.fresh(part)
    }

    /// A master with its layouts, or the equal one that is there already.
    pub(super) fn master(&mut self, source: usize, part: &str) -> Result<String> {
        let lower = part.to_ascii_lowercase();
        if let Some(name) = self.placed.get(&(source, 0, lower)) {
            return Ok(name.clone());
        }
        let deck = self.source(source)?.deck;
        let relationships = deck.package().relationships(part)?;
        if source != 0
            && let Some(fingerprint) = deck.package().fingerprint(part)
        {
            let candidates = self.masters_by_bytes.get(&fingerprint);
            let found = candidates
                .into_iter()
                .flatten()
                .take(MAX_CANDIDATES)
                .filter_map(|index| self.masters.get(*index))
                .find(|other| {
                    self.source(other.source)
                        .is_ok_and(|own| same_tree((own.deck, &other.part), (deck, part)))
                });
            if let Some(found) = found {
                let (own, name) = (found.source, found.name.clone());
                let other = self
                    .source(own)?
                    .deck
                    .package()
                    .relationships(&found.part)?;
                for layout in relationships.iter().filter(|r| r.is("slideLayout")) {
                    let (Some(new), Some(old)) = (layout.part(), other.part(&layout.id)) else {
                        continue;
                    };
                    if let Some(old) = self.placed.get(&(own, 0, old.to_ascii_lowercase())) {
                        let old = old.clone();
                        self.placed
                            .insert((source, 0, new.to_ascii_lowercase()), old);
                    }
                }
                self.placed
                    .insert((source, 0, part.to_ascii_lowercase()), name.clone());
                return Ok(name);
            }
        }
        let name = self.name(source, 0, part, "slideMaster");
        for layout in relationships.of_kind("slideLayout") {
            if deck.package().contains(layout) {
                self.name(source, 0, layout, "slideLayout");
            }
        }
        self.note_master(source, part, &name)?;
        Ok(name)
    }

    /// Enters a master into the lists.
    fn note_master(&mut self, source: usize, part: &str, name: &str) -> Result<()> {
        let own = self.source(source)?;
        let fingerprint = own.deck.package().fingerprint(part);
        // Ids of parts of one deck are of one space.
        let is_own = self.sources.first().map(|first| &first.token) == Some(&own.token);
        let own_id = if is_own {
            let relationships = own.deck.package().relationships(own.deck.part_name())?;
            own.outline
                .masters
                .iter()
                .find(|item| relationships.part(&item.relationship) == Some(part))
                .and_then(|item| item.id)
        } else {
            None
        };
        let layout_ids = if source == 0 {
            edits::layout_ids(own.deck, part)
        } else {
            Vec::new()
        };
        let id = match own_id {
            // Those of the first deck are kept whatever they are.
            Some(id) if self.master_ids.take(id) || source == 0 => id,
            _ => self.master_ids.fresh()?,
        };
        for id in layout_ids {
            self.master_ids.take(id);
        }
        if let Some(fingerprint) = fingerprint {
            self.masters_by_bytes
                .entry(fingerprint)
                .or_default()
                .push(self.masters.len());
        }
        self.masters.push(PlacedMaster {
            source,
            part: part.to_owned(),
            name: name.to_owned(),
            id,
        });
        Ok(())
    }

    fn layout(&mut self, source: usize, part: &str) -> Result<String> {
        let key = (source, 0, part.to_ascii_lowercase());
        if let Some(name) = self.placed.get(&key) {
            return Ok(name.clone());
        }
        let package = self.source(source)?.deck.package();
        let relationships = package.relationships(part)?;
        if let Some(master) = relationships
            .first("slideMaster")
            .filter(|master| package.contains(master))
        {
            self.master(source, master)?;
        }
        Ok(self.name(source, 0, part, "slideLayout"))
    }

    /// A deck has one master of its notes (ECMA-376 part 1, 13.3.4): the first one's.
    fn shared_notes_master(&mut self, source: usize, part: &str) -> String {
        if let Some(name) = &self.notes_master {
            return name.clone();
        }
        let name = self.name(source, 0, part, "notesMaster");
        self.notes_master = Some(name.clone());
        name
    }

    fn medium(&mut self, source: usize, part: &str, kind: &str) -> Result<String> {
        if let Some(name) = self.placed.get(&(source, 0, part.to_ascii_lowercase())) {
            return Ok(name.clone());
        }
        let package = self.source(source)?.deck.package();
        let Some(fingerprint) = package.fingerprint(part) else {
            return Ok(self.name(source, 0, part, kind));
        };
        // Within a deck its own sharing is kept.
        let equal = self.media.get(&fingerprint).and_then(|media| {
            media.iter().take(MAX_CANDIDATES).find(|medium| {
                medium.source != source
                    && self.source(medium.source).is_ok_and(|own| {
                        let own = own.deck.package();
                        own.content_type(&medium.part) == package.content_type(part)
                            && same_bytes((own, &medium.part), (package, part))
                    })
            })
        });
        let name = match equal {
            Some(medium) => {
                let name = medium.name.clone();
                self.placed
                    .insert((source, 0, part.to_ascii_lowercase()), name.clone());
                name
            }
            None => self.name(source, 0, part, kind),
        };
        self.media.entry(fingerprint).or_default().push(Medium {
            source,
            part: part.to_owned(),
            name: name.clone(),
        });
        Ok(name)
    }

    /// Remembers what later sources may share with the first deck.
    pub(super) fn note_base_part(&mut self, relationship: &Relationship, part: &str) -> Result<()> {
        if relationship.is("notesMaster") && self.whole {
            self.notes_master = Some(part.to_owned());
        }
        if relationship.is("slideMaster") && self.whole {
            self.note_master(0, part, part)?;
        }
        if self.whole && self.media.is_empty() {
            let package = self.source(0)?.deck.package();
            let is_media = |kind: &str| {
                ["image/", "audio/", "video/"]
                    .iter()
                    .any(|start| kind.starts_with(start))
            };
            let parts = package
                .part_names()
                .filter(|part| package.content_type(part).is_some_and(is_media));
            for part in parts {
                if let Some(fingerprint) = package.fingerprint(part) {
                    self.media.entry(fingerprint).or_default().push(Medium {
                        source: 0,
                        part: part.to_owned(),
                        name: part.to_owned(),
                    });
                }
            }
        }
        Ok(())
    }

    fn changed_part(&mut self, task: &Task, change: &Change<'_>) -> Result<Option<Vec<u8>>> {
        let Some(source) = self.sources.get(task.source) else {
            return Ok(None);
        };
        edits::changed(source, change, &mut self.master_ids)
    }
}

/// The content type of a part that its package gives none.
fn guess(kind: &str, part: &str) -> Cow<'static, str> {
    match kind {
        "slide" | "slideLayout" | "slideMaster" | "notesSlide" | "notesMaster" | "presProps"
        | "viewProps" | "tableStyles" | "comments" | "commentAuthors" => {
            Cow::Owned(format!("{PRESENTATION_ML}{kind}+xml"))
        }
        "theme" => Cow::Borrowed("application/vnd.openxmlformats-officedocument.theme+xml"),
        "chart" => {
            Cow::Borrowed("application/vnd.openxmlformats-officedocument.drawingml.chart+xml")
        }
        _ => {
            let extension = part.rsplit('.').next().unwrap_or_default();
            Cow::Borrowed(match extension.to_ascii_lowercase().as_str() {
                "png" => "image/png",
                "jpg" | "jpeg" => "image/jpeg",
                "gif" => "image/gif",
                "emf" => "image/x-emf",
                "wmf" => "image/x-wmf",
                "svg" => "image/svg+xml",
                "xml" => "application/xml",
                _ => "application/octet-stream",
            })
        }
    }
}
