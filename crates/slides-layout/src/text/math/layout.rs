//! Structures to boxes by the rules of the OpenType MATH table.

use std::rc::Rc;

use slides_ooxml::model::{FractionKind, MathAlign, MathAnchor, MathNode, MathRun};

use super::super::fonts::Font;
use super::alphabet::{Class, class, gap, styled};
use super::boxes::{Draw, Item, MathBox};
use super::face::{Extent, MathFace, Metrics};

/// How large a part is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Display,
    Text,
    Script,
    ScriptScript,
}

/// Size and height rules in force.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub level: Level,
    /// Superscripts stay low.
    pub cramped: bool,
    /// Points of a full-size letter.
    pub size: f64,
    /// What bars and signs take their paint from.
    pub look: usize,
}

impl Style {
    fn at(self, level: Level) -> Self {
        Self { level, ..self }
    }

    fn cramped(self) -> Self {
        Self {
            cramped: true,
            ..self
        }
    }

    fn script(self) -> Self {
        self.at(match self.level {
            Level::Display | Level::Text => Level::Script,
            _ => Level::ScriptScript,
        })
    }

    fn is_script(self) -> bool {
        self.level >= Level::Script
    }
}

/// What a run looks like.
pub(in crate::text) struct Look {
    pub index: usize,
    pub size: f64,
    /// The run's own face, for ordinary text.
    pub font: Rc<Font>,
}

/// Looks up what the equation needs from the text around it.
pub(in crate::text) trait Looks<'a> {
    fn look(&mut self, run: &'a MathRun) -> Look;
    /// A face that has a character which the mathematical one lacks.
    fn fallback(&mut self, ch: char, look: usize) -> Option<Rc<Font>>;
}

/// A member of a row.
pub(super) struct Atom {
    pub class: Class,
    pub inner: MathBox,
    pub break_before: bool,
}

pub(super) struct Layout<'f, 'l, 'a> {
    pub face: MathFace<'f>,
    pub metrics: Metrics,
    pub looks: &'l mut dyn Looks<'a>,
}

impl<'a> Layout<'_, '_, 'a> {
    fn em(&self, style: Style) -> f64 {
        style.size
            * match style.level {
                Level::Display | Level::Text => 1.0,
                Level::Script => self.metrics.script,
                Level::ScriptScript => self.metrics.script_script,
            }
    }

    /// A row as one box.
    pub(super) fn row(&mut self, nodes: &'a [MathNode], style: Style) -> MathBox {
        let atoms = self.atoms(nodes, style);
        let em = self.em(style);
        join(atoms, em, style.is_script())
    }

    /// The members of a row, with binary signs that have nothing before them made ordinary.
    pub(super) fn atoms(&mut self, nodes: &'a [MathNode], style: Style) -> Vec<Atom> {
        let mut atoms = Vec::new();
        for node in nodes {
            self.node(node, style, &mut atoms);
        }
        let mut before = None;
        for index in 0..atoms.len() {
            let next = atoms.get(index + 1).map(|atom: &Atom| atom.class);
            let Some(atom) = atoms.get_mut(index) else {
                break;
            };
            let alone = matches!(
                before,
                None | Some(
                    Class::Binary
                        | Class::Operator
                        | Class::Relation
                        | Class::Open
                        | Class::Punctuation
                )
            ) || matches!(
                next,
                None | Some(Class::Relation | Class::Close | Class::Punctuation)
            );
            if atom.class == Class::Binary && alone {
                atom.class = Class::Ordinary;
            }
            if !matches!(atom.class, Class::Space | Class::Mark) {
                before = Some(atom.class);
            }
        }
        atoms
    }

    fn node(&mut self, node: &'a MathNode, style: Style, out: &mut Vec<Atom>) {
        let push = |out: &mut Vec<Atom>, class, inner| {
            out.push(Atom {
                class,
                inner,
                break_before: false,
            });
        };
        match node {
            MathNode::Run(run) => self.run(run, style, out),
            MathNode::Group(nodes) => {
                for node in nodes {
                    self.node(node, style, out);
                }
            }
            MathNode::Fraction {
                kind,
                numerator,
                denominator,
            } => {
                let inner = self.fraction(*kind, numerator, denominator, style);
                push(out, Class::Inner, inner);
            }
            MathNode::Scripts { base, sub, sup } => {
                let class = Self::class_of(base);
                let base = self.base(base, style);
                let sub = sub
                    .as_ref()
                    .map(|row| self.row(row, style.script().cramped()));
                let sup = sup.as_ref().map(|row| self.row(row, style.script()));
                let inner = self.scripts(base, sub, sup, style);
                push(out, class, inner);
            }
            MathNode::PreScripts { base, sub, sup } => {
                let sub = self.row(sub, style.script().cramped());
                let sup = self.row(sup, style.script());
                let width = sub.width.max(sup.width);
                let (sub_x, sup_x) = (width - sub.width, width - sup.width);
                let base = self.base(base, style);
                // Set like scripts of a base without width, ranged right.
                let stand_in = MathBox {
                    ascent: base.ascent,
                    descent: base.descent,
                    is_glyph: base.is_glyph,
                    ..MathBox::default()
                };
                let (up, down) = self.shifts(&stand_in, Some(&sub), Some(&sup), style);
                let mut inner = MathBox::space(width);
                inner.add(sup, sup_x, -up);
                inner.add(sub, sub_x, down);
                inner.append(base);
                push(out, Class::Ordinary, inner);
            }
            MathNode::Radical { degree, base } => {
                let inner = self.radical(degree.as_deref(), base, style);
                push(out, Class::Ordinary, inner);
            }
            MathNode::Nary {
                operator,
                limits_above,
                sub,
                sup,
                base,
                ..
            } => {
                let operator = self.operator(*operator, style);
                let sub = sub
                    .as_ref()
                    .map(|row| self.row(row, style.script().cramped()));
                let sup = sup.as_ref().map(|row| self.row(row, style.script()));
                let inner = if *limits_above {
                    self.limits(operator, sub, sup, style)
                } else {
                    self.scripts(operator, sub, sup, style)
                };
                push(out, Class::Operator, inner);
                let mut rest = self.atoms(base, style);
                out.append(&mut rest);
            }
            MathNode::Delimiters {
                open,
                separator,
                close,
                grows,
                elements,
            } => {
                let inner = self.delimiters([*open, *separator, *close], *grows, elements, style);
                push(out, Class::Inner, inner);
            }
            MathNode::Limit { base, limit, above } => {
                let class = Self::class_of(base);
                let base = self.row(base, style);
                let limit = Some(self.row(limit, style.script()));
                let inner = if *above {
                    self.limits(base, None, limit, style)
                } else {
                    self.limits(base, limit, None, style)
                };
                push(out, class, inner);
            }
            MathNode::Accent { mark, base } => {
                let inner = self.accent(*mark, base, style);
                push(out, Class::Ordinary, inner);
            }
            MathNode::Bar { above, base } => {
                let em = self.em(style);
                let base = self.row(base, style.cramped());
                let (gap, rule) = (self.metrics.bar_gap * em, self.metrics.rule * em);
                let mut inner = MathBox::space(base.width);
                let (ascent, descent, width) = (base.ascent, base.descent, base.width);
                inner.add(base, 0.0, 0.0);
                if *above {
                    inner.rule(0.0, -(ascent + gap + rule), width, rule, style.look);
                    inner.ascent = ascent + gap + rule + self.metrics.bar_extra * em;
                } else {
                    inner.rule(0.0, descent + gap, width, rule, style.look);
                    inner.descent = descent + gap + rule + self.metrics.bar_extra * em;
                }
                push(out, Class::Ordinary, inner);
            }
            MathNode::GroupChar {
                mark,
                above,
                sign_on_baseline,
                base,
            } => {
                let inner = self.group_char(*mark, *above, *sign_on_baseline, base, style);
                push(out, Class::Ordinary, inner);
            }
            MathNode::Function { name, base } => {
                let mut inner = self.row(name, style);
                inner.italic = 0.0;
                push(out, Class::Operator, inner);
                let mut rest = self.atoms(base, style);
                out.append(&mut rest);
            }
            MathNode::Matrix {
                rows,
                columns,
                anchor,
                column_gap,
            } => {
                let inner = self.matrix(rows, columns, *anchor, *column_gap, style);
                push(out, Class::Inner, inner);
            }
            MathNode::Array { rows, anchor } => {
                let inner = self.array(rows, *anchor, style);
                push(out, Class::Inner, inner);
            }
            MathNode::Border {
                sides,
                strikes,
                base,
            } => {
                let inner = self.border(*sides, *strikes, base, style);
                push(out, Class::Inner, inner);
            }
            MathNode::Phantom {
                visible,
                zero_width,
                zero_ascent,
                zero_descent,
                base,
            } => {
                let mut inner = self.row(base, style);
                if !visible {
                    inner.items.clear();
                }
                for (is_zero, side) in [
                    (zero_width, &mut inner.width),
                    (zero_ascent, &mut inner.ascent),
                    (zero_descent, &mut inner.descent),
                ] {
                    if *is_zero {
                        *side = 0.0;
                    }
                }
                push(out, Class::Ordinary, inner);
            }
        }
    }

    /// The class that a base with scripts has in its row.
    fn class_of(base: &[MathNode]) -> Class {
        match base {
            [MathNode::Run(run)] => {
                let mut chars = run.text.chars();
                match (chars.next(), chars.next()) {
                    (Some(ch), None) if !run.normal_text => class(styled(ch, run)),
                    _ => Class::Ordinary,
                }
            }
            _ => Class::Ordinary,
        }
    }

    /// A base with scripts: a lone glyph stays one.
    fn base(&mut self, nodes: &'a [MathNode], style: Style) -> MathBox {
        let mut atoms = self.atoms(nodes, style);
        if atoms.len() == 1
            && let Some(atom) = atoms.pop()
        {
            return atom.inner;
        }
        let em = self.em(style);
        join(atoms, em, style.is_script())
    }

    fn run(&mut self, run: &'a MathRun, style: Style, out: &mut Vec<Atom>) {
        let look = self.looks.look(run);
        let style = Style {
            size: look.size,
            look: look.index,
            ..style
        };
        let em = self.em(style);
        for (index, ch) in run.text.chars().enumerate() {
            if ch.is_control() || matches!(ch, '\u{200B}' | '\u{2061}'..='\u{2064}' | '\u{FEFF}') {
                continue;
            }
            let (inner, class) = if run.normal_text {
                let font = if look.font.covers(ch) {
                    look.font.clone()
                } else {
                    self.looks
                        .fallback(ch, look.index)
                        .unwrap_or_else(|| look.font.clone())
                };
                let class = if ch == ' ' {
                    Class::Space
                } else {
                    Class::Ordinary
                };
                (text_glyph(&font, ch, em, look.index), class)
            } else {
                let shown = styled(ch, run);
                (self.glyph(shown, em, look.index), class(shown))
            };
            out.push(Atom {
                class,
                inner,
                break_before: run.break_before && index == 0,
            });
        }
    }

    /// One character of the mathematical face, else of another.
    fn glyph(&mut self, ch: char, em: f64, look: usize) -> MathBox {
        let (id, natural) = self.face.font.data.glyph(ch);
        if id == 0 {
            return match self.looks.fallback(ch, look) {
                Some(font) => text_glyph(&font, ch, em, look),
                None => MathBox::space(0.25 * em),
            };
        }
        let ink = self.face.extent(id);
        // Widths of the asked-for face hold where they are plausible for this glyph.
        let asked = self.face.font.advance(ch, natural);
        let known = (0.7..1.4).contains(&(asked / natural.max(0.01)));
        let advance = if known { asked } else { natural };
        let shift = (advance - natural) / 2.0;
        let mut inner = self.one(id, Some(ch), ink, em, look);
        inner.width = advance * em;
        inner.italic = self.face.italic(id) * em;
        inner.accent = self.face.attachment(id).map(|at| (at + shift) * em);
        for item in &mut inner.items {
            item.x += shift * em;
            if let Draw::Glyph { advance: wide, .. } = &mut item.draw {
                *wide = advance * em;
            }
        }
        inner
    }

    /// A glyph by its number.
    fn one(&self, id: u32, ch: Option<char>, ink: Extent, em: f64, look: usize) -> MathBox {
        MathBox {
            width: ink.advance * em,
            ascent: ink.top * em,
            descent: -ink.bottom * em,
            italic: 0.0,
            accent: None,
            is_glyph: true,
            items: vec![Item {
                x: 0.0,
                y: 0.0,
                look,
                draw: Draw::Glyph {
                    font: self.face.font.clone(),
                    id,
                    size: em,
                    advance: ink.advance * em,
                    ch,
                },
            }],
        }
    }

    /// A sign stretched to `height` points and centred on the axis.
    fn tall(&mut self, ch: char, height: f64, style: Style) -> MathBox {
        let em = self.em(style);
        let (glyph, _) = self.face.font.data.glyph(ch);
        if glyph == 0 || em <= 0.0 {
            return self.glyph(ch, em, style.look);
        }
        let axis = self.metrics.axis * em;
        let stretched = self.face.stretch(glyph, height / em, true);
        let mut out = MathBox::default();
        if stretched.is_single {
            let Some(&(id, _)) = stretched.pieces.first() else {
                return out;
            };
            let ink = self.face.extent(id);
            let middle = f64::midpoint(ink.top, ink.bottom) * em;
            let inner = self.one(id, Some(ch), ink, em, style.look);
            let (width, italic) = (inner.width, self.face.italic(id) * em);
            out.ascent = f64::NEG_INFINITY;
            out.descent = f64::NEG_INFINITY;
            out.add(inner, 0.0, middle - axis);
            out.width = width;
            out.italic = italic;
            return out;
        }
        let length = stretched.length * em;
        let bottom = length / 2.0 - axis;
        for (index, (id, at)) in stretched.pieces.iter().enumerate() {
            let ink = self.face.extent(*id);
            let inner = self.one(*id, (index == 0).then_some(ch), ink, em, style.look);
            out.width = out.width.max(inner.width);
            out.put(inner, 0.0, bottom - at * em + ink.bottom * em);
        }
        out.ascent = length / 2.0 + axis;
        out.descent = length / 2.0 - axis;
        out
    }

    /// A sign stretched to `width` points; its ink starts at x = 0.
    fn wide(&mut self, ch: char, width: f64, style: Style) -> MathBox {
        let em = self.em(style);
        let (glyph, _) = self.face.font.data.glyph(ch);
        if glyph == 0 || em <= 0.0 {
            return self.glyph(ch, em, style.look);
        }
        let stretched = self.face.stretch(glyph, width / em, false);
        let mut out = MathBox {
            ascent: f64::NEG_INFINITY,
            descent: f64::NEG_INFINITY,
            ..MathBox::default()
        };
        for (index, (id, at)) in stretched.pieces.iter().enumerate() {
            let ink = self.face.extent(*id);
            let x = if stretched.is_single {
                out.width = (ink.right - ink.left) * em;
                -ink.left * em
            } else {
                out.width = stretched.length * em;
                (at - ink.left) * em
            };
            let inner = self.one(*id, (index == 0).then_some(ch), ink, em, style.look);
            out.add(inner, x, 0.0);
        }
        out
    }

    /// The sign of an n-ary, larger in display style.
    fn operator(&mut self, ch: char, style: Style) -> MathBox {
        let em = self.em(style);
        let height = if style.level == Level::Display {
            self.metrics.operator_min * em
        } else {
            0.0
        };
        self.tall(ch, height, style)
    }

    /// How far scripts go up and down.
    fn shifts(
        &self,
        base: &MathBox,
        sub: Option<&MathBox>,
        sup: Option<&MathBox>,
        style: Style,
    ) -> (f64, f64) {
        let (em, m) = (self.em(style), &self.metrics);
        let small = self.em(style.script());
        let mut up = if style.cramped {
            m.sup_shift_cramped
        } else {
            m.sup_shift
        } * em;
        let mut down = m.sub_shift * em;
        if !base.is_glyph {
            up = up.max(base.ascent - m.sup_drop * small);
            down = down.max(base.descent + m.sub_drop * small);
        }
        if let Some(sup) = sup {
            up = up.max(sup.descent + m.sup_bottom_min * em);
        }
        if let Some(sub) = sub {
            down = down.max(sub.ascent - m.sub_top_max * em);
        }
        if let (Some(sub), Some(sup)) = (sub, sup) {
            let short = m.script_gap * em - ((up - sup.descent) - (sub.ascent - down));
            if short > 0.0 {
                let lift = (m.sup_bottom_max * em - (up - sup.descent)).clamp(0.0, short);
                up += lift;
                down += short - lift;
            }
        }
        (up, down)
    }

    fn scripts(
        &mut self,
        base: MathBox,
        sub: Option<MathBox>,
        sup: Option<MathBox>,
        style: Style,
    ) -> MathBox {
        let (up, down) = self.shifts(&base, sub.as_ref(), sup.as_ref(), style);
        let after = self.metrics.after_script * self.em(style);
        let (width, italic) = (base.width, base.italic);
        let mut out = base;
        out.is_glyph = false;
        out.accent = None;
        out.italic = 0.0;
        if let Some(sup) = sup {
            out.width = out.width.max(width + italic + sup.width + after);
            out.add(sup, width + italic, -up);
        }
        if let Some(sub) = sub {
            out.width = out.width.max(width + sub.width + after);
            out.add(sub, width, down);
        }
        out
    }

    fn limits(
        &mut self,
        base: MathBox,
        below: Option<MathBox>,
        above: Option<MathBox>,
        style: Style,
    ) -> MathBox {
        let (em, m) = (self.em(style), self.metrics);
        let width = [Some(&base), below.as_ref(), above.as_ref()]
            .into_iter()
            .flatten()
            .map(|part| part.width)
            .fold(0.0, f64::max);
        let lean = base.italic / 2.0;
        let (ascent, descent) = (base.ascent, base.descent);
        let mut out = MathBox::space(width);
        let x = (width - base.width) / 2.0;
        out.add(base, x, 0.0);
        if let Some(above) = above {
            let up = ascent + (m.upper_gap * em + above.descent.max(0.0)).max(m.upper_rise * em);
            let x = (width - above.width) / 2.0 + lean;
            out.add(above, x, -up);
        }
        if let Some(below) = below {
            let down = descent + (m.lower_gap * em + below.ascent).max(m.lower_drop * em);
            let x = (width - below.width) / 2.0 - lean;
            out.add(below, x, down);
        }
        out
    }

    fn fraction(
        &mut self,
        kind: FractionKind,
        numerator: &'a [MathNode],
        denominator: &'a [MathNode],
        style: Style,
    ) -> MathBox {
        let (em, m) = (self.em(style), self.metrics);
        match kind {
            FractionKind::Linear => {
                let mut out = self.row(numerator, style);
                let slash = self.glyph('/', em, style.look);
                out.append(slash);
                let denominator = self.row(denominator, style);
                out.append(denominator);
                return out;
            }
            FractionKind::Skewed => {
                let small = style.script();
                let (top, bottom) = (
                    self.row(numerator, small),
                    self.row(denominator, small.cramped()),
                );
                let height = (top.ascent + top.descent + bottom.ascent + bottom.descent).max(em);
                let slash = self.tall('/', height, style);
                let axis = m.axis * em;
                let overlap = 0.1 * em;
                let mut out = MathBox::space(0.0);
                let (up, down) = (axis + top.descent, bottom.ascent - axis);
                let at = top.width - overlap;
                let end = at + slash.width - overlap;
                out.width = end + bottom.width;
                out.add(top, 0.0, -up);
                out.add(slash, at.max(0.0), 0.0);
                out.add(bottom, end, down);
                return out;
            }
            FractionKind::Bar | FractionKind::NoBar => {}
        }
        let display = style.level == Level::Display;
        let inner = if display {
            style.at(Level::Text)
        } else {
            style.script()
        };
        let top = self.row(numerator, inner);
        let bottom = self.row(denominator, inner.cramped());
        let pick = |plain: f64, large: f64| if display { large } else { plain } * em;
        let axis = m.axis * em;
        let rule = m.rule * em;
        let (mut up, mut down);
        if kind == FractionKind::Bar {
            up = pick(m.numerator, m.numerator_display);
            down = pick(m.denominator, m.denominator_display);
            let above = pick(m.numerator_gap, m.numerator_gap_display);
            let below = pick(m.denominator_gap, m.denominator_gap_display);
            up = up.max(axis + rule / 2.0 + above + top.descent);
            down = down.max(bottom.ascent + below + rule / 2.0 - axis);
        } else {
            up = pick(m.stack_top, m.stack_top_display);
            down = pick(m.stack_bottom, m.stack_bottom_display);
            let short = pick(m.stack_gap, m.stack_gap_display)
                - ((up - top.descent) - (bottom.ascent - down));
            if short > 0.0 {
                up += short / 2.0;
                down += short / 2.0;
            }
        }
        let pad = 0.1 * em;
        let width = top.width.max(bottom.width);
        let mut out = MathBox::space(width + 2.0 * pad);
        if kind == FractionKind::Bar {
            out.rule(pad, -axis - rule / 2.0, width, rule, style.look);
        }
        let (top_x, bottom_x) = (
            pad + (width - top.width) / 2.0,
            pad + (width - bottom.width) / 2.0,
        );
        out.add(top, top_x, -up);
        out.add(bottom, bottom_x, down);
        out
    }

    fn radical(
        &mut self,
        degree: Option<&'a [MathNode]>,
        base: &'a [MathNode],
        style: Style,
    ) -> MathBox {
        let (em, m) = (self.em(style), self.metrics);
        let base = self.row(base, style.cramped());
        let rule = m.radical_rule * em;
        let gap = if style.level == Level::Display {
            m.radical_gap_display
        } else {
            m.radical_gap
        } * em;
        let need = base.ascent + base.descent + gap + rule;
        let sign = self.tall('\u{221A}', need, style);
        let height = sign.ascent + sign.descent;
        // What the sign is too tall goes above and below what it covers.
        let gap = gap + (height - need).max(0.0) / 2.0;
        let top = base.ascent + gap + rule;
        let shift = sign.ascent - top;
        let mut out = MathBox::default();
        let mut x = 0.0;
        if let Some(degree) = degree {
            let degree = self.row(degree, style.at(Level::ScriptScript));
            let raised = 0.6 * height - (sign.descent + shift);
            x = m.degree_before * em;
            let width = degree.width;
            out.add(degree, x, -raised);
            x = (x + width + m.degree_after * em).max(0.0);
        }
        let sign_width = sign.width;
        out.add(sign, x, shift);
        x += sign_width;
        let width = base.width;
        out.rule(x, -top, width, rule, style.look);
        out.add(base, x, 0.0);
        out.ascent = out.ascent.max(top + m.radical_extra * em);
        out.width = x + width;
        out
    }

    fn delimiters(
        &mut self,
        [open, separator, close]: [Option<char>; 3],
        grows: bool,
        elements: &'a [Vec<MathNode>],
        style: Style,
    ) -> MathBox {
        let em = self.em(style);
        let axis = self.metrics.axis * em;
        let inner: Vec<MathBox> = elements.iter().map(|row| self.row(row, style)).collect();
        let reach = inner
            .iter()
            .map(|part| (part.ascent - axis).max(part.descent + axis))
            .fold(0.0, f64::max);
        // Tall enough to cover nine tenths, and to lack half an em at most.
        let need = (1.8 * reach).max(2.0 * reach - 0.4 * em);
        let mut signs = |ch: Option<char>| {
            ch.map(|ch| {
                if grows {
                    self.tall(ch, need, style)
                } else {
                    self.glyph(ch, em, style.look)
                }
            })
        };
        let (open, close) = (signs(open), signs(close));
        let between = signs(separator);
        let mut out = MathBox::default();
        if let Some(open) = open {
            out.append(open);
        }
        for (index, part) in inner.into_iter().enumerate() {
            if index > 0
                && let Some(between) = &between
            {
                out.append(between.clone());
            }
            out.append(part);
        }
        if let Some(close) = close {
            out.append(close);
        }
        out.italic = 0.0;
        out
    }

    fn accent(&mut self, mark: char, base: &'a [MathNode], style: Style) -> MathBox {
        let em = self.em(style);
        let base = self.base(base, style.cramped());
        let (mut glyph, _) = self.face.font.data.glyph(mark);
        if glyph == 0 {
            return base;
        }
        if base.width > em * 0.9 {
            glyph = self.face.widest(glyph, base.width / em);
        }
        let ink = self.face.extent(glyph);
        let attach = self
            .face
            .attachment(glyph)
            .unwrap_or_else(|| f64::midpoint(ink.left, ink.right))
            * em;
        let at = base
            .accent
            .unwrap_or(f64::midpoint(base.width, base.italic));
        let rise = (base.ascent - self.metrics.accent_base * em).max(0.0);
        let sign = self.one(glyph, Some(mark), ink, em, style.look);
        let (width, italic) = (base.width, base.italic);
        let mut out = MathBox::space(width);
        out.italic = italic;
        out.add(base, 0.0, 0.0);
        out.add(sign, at - attach, -rise);
        out
    }

    fn group_char(
        &mut self,
        mark: char,
        above: bool,
        sign_on_baseline: bool,
        base: &'a [MathNode],
        style: Style,
    ) -> MathBox {
        let em = self.em(style);
        let base = if sign_on_baseline {
            self.row(base, style.script())
        } else {
            self.row(base, style)
        };
        let sign = self.wide(mark, base.width, style);
        let gap = 0.1 * em;
        let width = base.width.max(sign.width);
        let (base_x, sign_x) = ((width - base.width) / 2.0, (width - sign.width) / 2.0);
        let shift = if above {
            -(base.ascent + gap + sign.descent)
        } else {
            base.descent + gap + sign.ascent
        };
        let mut out = MathBox::space(width);
        if sign_on_baseline {
            out.add(sign, sign_x, 0.0);
            out.add(base, base_x, -shift);
        } else {
            out.add(base, base_x, 0.0);
            out.add(sign, sign_x, shift);
        }
        out
    }

    /// Baselines of stacked rows, from the first, and the distance to the last one's foot.
    fn stack(&self, rows: &[(f64, f64)], style: Style) -> Vec<f64> {
        let em = self.em(style);
        let mut at = 0.0;
        let mut before: Option<f64> = None;
        rows.iter()
            .map(|&(ascent, descent)| {
                if let Some(below) = before {
                    at += (below + ascent + 0.15 * em).max(1.05 * em);
                }
                before = Some(descent);
                at
            })
            .collect()
    }

    /// How far down the first baseline goes so that the anchor stands on the axis.
    fn anchored(
        &self,
        rows: &[(f64, f64)],
        baselines: &[f64],
        anchor: MathAnchor,
        style: Style,
    ) -> f64 {
        let (Some(first), Some(last), Some(end)) = (rows.first(), rows.last(), baselines.last())
        else {
            return 0.0;
        };
        match anchor {
            MathAnchor::Top => 0.0,
            MathAnchor::Bottom => -end,
            MathAnchor::Center => {
                let middle = f64::midpoint(-first.0, end + last.1);
                -middle - self.metrics.axis * self.em(style)
            }
        }
    }

    fn matrix(
        &mut self,
        rows: &'a [Vec<Vec<MathNode>>],
        columns: &[MathAlign],
        anchor: MathAnchor,
        column_gap: Option<f64>,
        style: Style,
    ) -> MathBox {
        let em = self.em(style);
        let inner = if style.level == Level::Display {
            style.at(Level::Text)
        } else {
            style
        };
        let cells: Vec<Vec<MathBox>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| self.row(cell, inner)).collect())
            .collect();
        let count = cells.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<f64> = (0..count)
            .map(|column| {
                cells
                    .iter()
                    .filter_map(|row| row.get(column))
                    .map(|cell| cell.width)
                    .fold(0.0, f64::max)
            })
            .collect();
        let heights: Vec<_> = cells.iter().map(|row| height(row)).collect();
        let baselines = self.stack(&heights, style);
        let shift = self.anchored(&heights, &baselines, anchor, style);
        let gap = column_gap.unwrap_or(1.0) * em;
        let mut out = MathBox {
            ascent: f64::NEG_INFINITY,
            descent: f64::NEG_INFINITY,
            ..MathBox::default()
        };
        for (row, y) in cells.into_iter().zip(&baselines) {
            let mut x = 0.0;
            for (column, cell) in row.into_iter().enumerate() {
                let width = widths.get(column).copied().unwrap_or_default();
                let free = width - cell.width;
                let side = columns.get(column).or(columns.last());
                let indent = match side {
                    Some(MathAlign::Left) => 0.0,
                    Some(MathAlign::Right) => free,
                    _ => free / 2.0,
                };
                out.add(cell, x + indent, shift + y);
                x += width + gap;
            }
        }
        out.width = widths.iter().sum::<f64>() + gap * count.saturating_sub(1) as f64;
        settled(out)
    }

    /// Rows aligned at their marks: parts between the marks are ranged right and left in turn.
    fn array(&mut self, rows: &'a [Vec<MathNode>], anchor: MathAnchor, style: Style) -> MathBox {
        let em = self.em(style);
        let mut cells: Vec<Vec<MathBox>> = Vec::new();
        for row in rows {
            let mut parts = vec![Vec::new()];
            for atom in self.atoms(row, style) {
                if atom.class == Class::Mark {
                    parts.push(Vec::new());
                } else if let Some(last) = parts.last_mut() {
                    last.push(atom);
                }
            }
            // A relation that begins a part keeps the space before it.
            cells.push(
                parts
                    .into_iter()
                    .enumerate()
                    .map(|(index, atoms)| {
                        let lead = match atoms.first() {
                            Some(first) if index > 0 && !style.is_script() => {
                                gap(Class::Ordinary, first.class) * em
                            }
                            _ => 0.0,
                        };
                        let mut out = MathBox::space(lead);
                        out.append(join(atoms, em, style.is_script()));
                        out
                    })
                    .collect(),
            );
        }
        let count = cells.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<f64> = (0..count)
            .map(|column| {
                cells
                    .iter()
                    .filter_map(|row| row.get(column))
                    .map(|cell| cell.width)
                    .fold(0.0, f64::max)
            })
            .collect();
        let heights: Vec<_> = cells.iter().map(|row| height(row)).collect();
        let baselines = self.stack(&heights, style);
        let shift = self.anchored(&heights, &baselines, anchor, style);
        let mut out = MathBox {
            ascent: f64::NEG_INFINITY,
            descent: f64::NEG_INFINITY,
            ..MathBox::default()
        };
        for (row, y) in cells.into_iter().zip(&baselines) {
            let mut x = 0.0;
            for (column, cell) in row.into_iter().enumerate() {
                let width = widths.get(column).copied().unwrap_or_default();
                let indent = if count > 1 && column % 2 == 0 {
                    width - cell.width
                } else {
                    0.0
                };
                out.add(cell, x + indent, shift + y);
                x += width;
            }
        }
        out.width = widths.iter().sum();
        settled(out)
    }

    fn border(
        &mut self,
        [top, right, bottom, left]: [bool; 4],
        strikes: [bool; 4],
        base: &'a [MathNode],
        style: Style,
    ) -> MathBox {
        let em = self.em(style);
        let (pad, rule) = (0.15 * em, self.metrics.rule * em);
        let base = self.row(base, style);
        let (width, ascent, descent) = (
            base.width + 2.0 * pad,
            base.ascent + pad,
            base.descent + pad,
        );
        let mut out = MathBox::space(width);
        out.add(base, pad, 0.0);
        (out.ascent, out.descent) = (ascent, descent);
        let height = ascent + descent;
        if top {
            out.rule(0.0, -ascent, width, rule, style.look);
        }
        if bottom {
            out.rule(0.0, descent - rule, width, rule, style.look);
        }
        if left {
            out.rule(0.0, -ascent, rule, height, style.look);
        }
        if right {
            out.rule(width - rule, -ascent, rule, height, style.look);
        }
        let middle = (descent - ascent) / 2.0;
        let lines = [
            (0.0, middle, width, 0.0),
            (width / 2.0, -ascent, 0.0, height),
            (0.0, descent, width, -height),
            (0.0, -ascent, width, height),
        ];
        for (_, (x, y, dx, dy)) in strikes.into_iter().zip(lines).filter(|(on, _)| *on) {
            out.items.push(Item {
                x,
                y,
                look: style.look,
                draw: Draw::Line {
                    dx,
                    dy,
                    width: rule,
                },
            });
        }
        out
    }
}

/// Height and depth of the tallest cells of a row.
fn height(row: &[MathBox]) -> (f64, f64) {
    row.iter().fold((0.0, 0.0), |(ascent, descent), cell| {
        (cell.ascent.max(ascent), cell.descent.max(descent))
    })
}

/// A box without rows has no height.
fn settled(mut out: MathBox) -> MathBox {
    if !(out.ascent.is_finite() && out.descent.is_finite()) {
        (out.ascent, out.descent) = (0.0, 0.0);
    }
    out
}

/// A character of an ordinary face.
fn text_glyph(font: &Rc<Font>, ch: char, em: f64, look: usize) -> MathBox {
    let (id, natural) = font.data.glyph(ch);
    let advance = font.advance(ch, natural) * em;
    MathBox {
        width: advance,
        ascent: 0.7 * em,
        descent: 0.2 * em,
        is_glyph: true,
        items: vec![Item {
            x: 0.0,
            y: 0.0,
            look,
            draw: Draw::Glyph {
                font: font.clone(),
                id,
                size: em,
                advance,
                ch: Some(ch),
            },
        }],
        ..MathBox::default()
    }
}

/// Atoms side by side with the space that their classes ask for.
pub(super) fn join(atoms: Vec<Atom>, em: f64, script: bool) -> MathBox {
    let mut out = MathBox::default();
    let mut before: Option<(Class, f64)> = None;
    for atom in atoms {
        if let Some((class, italic)) = before {
            let between = if script { 0.0 } else { gap(class, atom.class) };
            out.width += between * em;
            // A slanted letter makes room before an upright sign.
            if !matches!(atom.class, Class::Ordinary | Class::Space) {
                out.width += italic;
            }
        }
        before = Some((atom.class, atom.inner.italic));
        out.append(atom.inner);
    }
    out
}
