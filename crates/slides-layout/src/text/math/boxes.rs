//! Boxes that equations are put together from. Points; y runs down from the baseline.

use std::rc::Rc;

use super::super::fonts::Font;

/// A laid-out part of an equation.
#[derive(Default, Clone)]
pub(in crate::text) struct MathBox {
    pub width: f64,
    /// Above the baseline.
    pub ascent: f64,
    /// Below it.
    pub descent: f64,
    /// How far its top leans over its width.
    pub italic: f64,
    /// Where an accent sits, when it is one glyph.
    pub accent: Option<f64>,
    /// One glyph: scripts keep to the font's own heights.
    pub is_glyph: bool,
    pub items: Vec<Item>,
}

/// Something drawn, from the box's origin.
#[derive(Clone)]
pub(in crate::text) struct Item {
    pub x: f64,
    pub y: f64,
    /// The run style that it takes its paint from.
    pub look: usize,
    pub draw: Draw,
}

#[derive(Clone)]
pub(in crate::text) enum Draw {
    Glyph {
        font: Rc<Font>,
        id: u32,
        size: f64,
        advance: f64,
        /// What it stands for; none for the further pieces of a sign.
        ch: Option<char>,
    },
    /// A filled bar, its top left corner at the item's place.
    Rule { width: f64, height: f64 },
    /// A straight stroke to a point relative to the item's place.
    Line { dx: f64, dy: f64, width: f64 },
}

impl MathBox {
    /// Empty room.
    pub(super) fn space(width: f64) -> Self {
        Self {
            width,
            ..Self::default()
        }
    }

    /// Adds another box's content at a place, without growing.
    pub(super) fn put(&mut self, other: Self, x: f64, y: f64) {
        self.items.extend(other.items.into_iter().map(|item| Item {
            x: item.x + x,
            y: item.y + y,
            ..item
        }));
    }

    /// Adds another box at a place and grows to hold its height.
    pub(super) fn add(&mut self, other: Self, x: f64, y: f64) {
        self.ascent = self.ascent.max(other.ascent - y);
        self.descent = self.descent.max(other.descent + y);
        self.put(other, x, y);
    }

    /// Adds another box after this one.
    pub(super) fn append(&mut self, other: Self) {
        let (x, width, italic) = (self.width, other.width, other.italic);
        self.add(other, x, 0.0);
        self.width = x + width;
        self.italic = italic;
        self.is_glyph = false;
        self.accent = None;
    }

    pub(super) fn rule(&mut self, x: f64, y: f64, width: f64, height: f64, look: usize) {
        self.items.push(Item {
            x,
            y,
            look,
            draw: Draw::Rule { width, height },
        });
    }

    /// The characters drawn, in order.
    pub(in crate::text) fn text(&self) -> String {
        self.items
            .iter()
            .filter_map(|item| match &item.draw {
                Draw::Glyph { ch, .. } => *ch,
                _ => None,
            })
            .collect()
    }
}
