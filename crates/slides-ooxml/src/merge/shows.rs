//! Custom shows: which come along, and their new numbers.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::Composer;
use super::presentation::{Spelling, list};
use crate::error::Result;
use crate::write::{Edits, escape};
use crate::xml::{Node, child, elements, rel_attr, unsigned};

/// A custom show of the result.
#[derive(Debug)]
pub(super) struct TakenShow {
    id: u32,
    name: String,
    /// The deck that it is from.
    token: String,
    /// Ids that its slides have there.
    slide_ids: HashSet<u32>,
    /// Whether the first deck has it.
    is_own: bool,
    /// What it has more than the first deck says: sources and positions in them.
    slides: Vec<(usize, usize)>,
}

impl Composer<'_> {
    /// Takes the shows of a source that has these slides (1-based). One that a split has parted is one again.
    pub(super) fn take_shows(&mut self, source: usize, numbers: &[u32]) -> Result<()> {
        let own = self.source(source)?;
        if own.outline.shows.is_empty() {
            return Ok(());
        }
        let token = own.token.clone();
        let items: HashMap<&str, (usize, u32)> = own
            .outline
            .slides
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let id = item.id.unwrap_or_default();
                (item.relationship.as_str(), (index, id))
            })
            .collect();
        let chosen: HashSet<usize> = numbers
            .iter()
            .map(|number| (*number as usize).saturating_sub(1))
            .collect();
        // Numbers, names, and positions and ids of slides.
        let shows: Vec<_> = own
            .outline
            .shows
            .iter()
            .map(|show| {
                let slides = show.slides.iter().filter_map(|id| items.get(id.as_str()));
                let slides = slides.filter(|(index, _)| chosen.contains(index));
                let slides: Vec<(usize, u32)> = slides.copied().collect();
                (show.id, show.name.clone(), slides)
            })
            .collect();
        for (old, name, slides) in shows {
            let new = if slides.is_empty() {
                None
            } else if source == 0 {
                self.shows.push(TakenShow {
                    id: old,
                    name,
                    token: token.clone(),
                    slide_ids: slides.iter().map(|(_, id)| *id).collect(),
                    is_own: true,
                    slides: Vec::new(),
                });
                Some(old)
            } else {
                Some(self.take_show(source, &token, name, &slides))
            };
            if let Some(source) = self.sources.get_mut(source) {
                source.shows.insert(old, new);
            }
        }
        Ok(())
    }

    fn take_show(
        &mut self,
        source: usize,
        token: &str,
        name: String,
        slides: &[(usize, u32)],
    ) -> u32 {
        let indices = slides.iter().map(|(index, _)| (source, *index));
        let ids = slides.iter().map(|(_, id)| *id);
        let rest = self.shows.iter_mut().find(|show| {
            show.token == token
                && show.name == name
                && ids.clone().all(|id| !show.slide_ids.contains(&id))
        });
        if let Some(show) = rest {
            show.slides.extend(indices);
            show.slide_ids.extend(ids);
            return show.id;
        }
        let id = self.shows.iter().map(|show| show.id).max();
        let id = id.map_or(0, |id| id.saturating_add(1));
        let is_free = |name: &str| {
            self.shows
                .iter()
                .all(|show| !show.name.eq_ignore_ascii_case(name))
        };
        // One of them is free: there are fewer shows than numbers.
        let unique = (2..self.shows.len() + 3)
            .map(|number| format!("{name} ({number})"))
            .find(|name| is_free(name))
            .filter(|_| !is_free(&name))
            .unwrap_or(name);
        self.shows.push(TakenShow {
            id,
            name: unique,
            token: token.to_owned(),
            slide_ids: ids.collect(),
            is_own: false,
            slides: indices.collect(),
        });
        id
    }

    /// Takes slides that are gone out of the first deck's shows, and adds what further decks bring. A show without
    /// slides goes.
    pub(super) fn edit_shows(
        &self,
        root: Node<'_>,
        spelling: &Spelling,
        (kept, slide_ids): (&HashSet<&str>, &[String]),
        edits: &mut Edits,
    ) {
        let Spelling { p, rid } = spelling;
        let items = |show: &TakenShow| {
            let mut text = String::new();
            for (source, index) in &show.slides {
                let at = self.slides.iter().position(|slide| {
                    (slide.source, slide.copy, slide.index) == (*source, 0, *index)
                });
                if let Some(id) = at.and_then(|at| slide_ids.get(at)) {
                    let _ = write!(text, "<{p}sld {rid}=\"{}\"/>", escape(id));
                }
            }
            text
        };
        let mut new = String::new();
        for show in self.shows.iter().filter(|show| !show.is_own) {
            let _ = write!(
                new,
                "<{p}custShow name=\"{}\" id=\"{}\"><{p}sldLst>{}</{p}sldLst></{p}custShow>",
                escape(&show.name),
                show.id,
                items(show)
            );
        }
        let mut left = 0;
        let shows = child(root, "custShowLst");
        let is_gone = |slide: &Node<'_>| rel_attr(*slide, "id").is_none_or(|id| !kept.contains(id));
        for node in shows.into_iter().flat_map(elements) {
            let slides: Vec<Node<'_>> = child(node, "sldLst")
                .into_iter()
                .flat_map(elements)
                .collect();
            if slides.iter().all(is_gone) {
                edits.remove(node);
                continue;
            }
            left += 1;
            for slide in slides.into_iter().filter(is_gone) {
                edits.remove(slide);
            }
            let own = self
                .shows
                .iter()
                .find(|show| show.is_own && unsigned(node, "id") == Some(show.id));
            let more = own.map(&items).unwrap_or_default();
            if let Some(list) = child(node, "sldLst").filter(|_| !more.is_empty()) {
                edits.append(list, &more);
            }
        }
        match shows {
            // Sorts before the shows inside and so replaces them.
            Some(shows) if left == 0 && new.is_empty() => edits.remove(shows),
            Some(shows) if left == 0 => {
                edits.replace(
                    shows.range(),
                    format!("<{p}custShowLst>{new}</{p}custShowLst>"),
                );
            }
            _ if new.is_empty() => {}
            _ => list(root, spelling, "custShowLst", &new, edits),
        }
    }
}
