//! Equations in text (ECMA-376 part 1, 22.1), laid out by the OpenType MATH table of the mathematical face.
//!
//! The top row is cut where a line may break: before relations and binary signs. A space breaks none.

mod alphabet;
mod boxes;
mod face;
mod layout;

use std::rc::Rc;

use slides_ooxml::model::Equation;

use self::alphabet::{Class, gap};
pub(super) use self::boxes::{Draw, MathBox};
use self::face::{MathFace, Metrics};
use self::layout::{Atom, Layout, Level, Style, join};
pub(super) use self::layout::{Look, Looks};
use super::fonts::Font;

/// A part of an equation that no line break tears apart.
pub(super) struct Segment {
    pub inner: MathBox,
    /// A line may begin here.
    pub break_before: bool,
    /// A line has to begin here.
    pub new_line: bool,
}

/// Lays an equation out; `base` is the size and look of its signs and bars.
pub(super) fn layout<'a>(
    equation: &'a Equation,
    font: &Rc<Font>,
    base: (f64, usize),
    looks: &mut dyn Looks<'a>,
) -> Vec<Segment> {
    let Some(face) = MathFace::new(font) else {
        return Vec::new();
    };
    let metrics = Metrics::of(&face);
    let mut layout = Layout {
        face,
        metrics,
        looks,
    };
    let style = Style {
        level: if equation.display {
            Level::Display
        } else {
            Level::Text
        },
        cramped: false,
        size: base.0,
        look: base.1,
    };
    let mut segments = Vec::new();
    for (index, line) in equation.lines.iter().enumerate() {
        let atoms = layout.atoms(line, style);
        cut(atoms, base.0, index > 0, &mut segments);
    }
    segments
}

/// Cuts a row where lines may break.
fn cut(atoms: Vec<Atom>, em: f64, mut new_line: bool, out: &mut Vec<Segment>) {
    let mut open: Vec<Atom> = Vec::new();
    let mut break_before = false;
    let mut close = |open: &mut Vec<Atom>, after: f64, break_before: bool| {
        if open.is_empty() {
            return;
        }
        let mut inner = join(std::mem::take(open), em, false);
        inner.width += after;
        out.push(Segment {
            inner,
            break_before,
            new_line: std::mem::take(&mut new_line),
        });
    };
    let mut previous: Option<(Class, f64)> = None;
    for atom in atoms.into_iter().filter(|atom| atom.class != Class::Mark) {
        if let Some((class, italic)) = previous {
            let here = matches!(atom.class, Class::Relation | Class::Binary);
            if here || atom.break_before {
                let lean = if matches!(atom.class, Class::Ordinary | Class::Space) {
                    0.0
                } else {
                    italic
                };
                close(&mut open, gap(class, atom.class) * em + lean, break_before);
                break_before = true;
            }
        }
        previous = Some((atom.class, atom.inner.italic));
        open.push(atom);
    }
    close(&mut open, 0.0, break_before);
}
