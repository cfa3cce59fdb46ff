//! Equations: `a14:m` with `m:oMath` or `m:oMathPara` (ECMA-376 part 1, 22.1.2).

use crate::model::{
    Equation, FractionKind, MathAlign, MathAnchor, MathNode, MathRun, MathScript, Run, RunKind,
};
use crate::read::Context;
use crate::read::text::run_properties;
use crate::xml::{Node, child, elements, is_named, text_of};

/// Structures inside structures that are followed.
const MAX_DEPTH: usize = 32;
/// Elements of one equation that are kept.
const MAX_NODES: usize = 20_000;

type Row = Vec<MathNode>;

/// `a14:m`: the typed equation and its characters in order.
pub(super) fn math(cx: &Context<'_>, node: Node<'_>) -> Run {
    let root = if is_named(node, "m") {
        elements(node).next().unwrap_or(node)
    } else {
        node
    };
    let text = root
        .descendants()
        .filter(|n| is_named(*n, "t"))
        .map(text_of)
        .collect();
    let properties = root
        .descendants()
        .find(|n| is_named(*n, "rPr") && is_drawing(*n))
        .map(|n| run_properties(cx, n))
        .unwrap_or_default();
    let mut reader = Reader {
        cx,
        left: MAX_NODES,
    };
    let display = is_named(root, "oMathPara");
    let equation = if display {
        Equation {
            display,
            align: child(root, "oMathParaPr")
                .and_then(|pr| value(pr, "jc"))
                .map_or(MathAlign::default(), align),
            lines: elements(root)
                .filter(|n| is_named(*n, "oMath"))
                .map(|n| reader.row(n, 0))
                .collect(),
        }
    } else {
        Equation {
            lines: vec![reader.row(root, 0)],
            ..Equation::default()
        }
    };
    Run {
        kind: RunKind::Math {
            text,
            equation: Box::new(equation),
        },
        properties,
    }
}

fn is_drawing(node: Node<'_>) -> bool {
    node.tag_name()
        .namespace()
        .is_some_and(|ns| ns.contains("drawingml"))
}

fn math_attr(node: Node<'_>) -> Option<&str> {
    node.attributes()
        .find(|attribute| attribute.name() == "val")
        .map(|attribute| attribute.value())
}

/// `m:val` of a property.
fn value<'a>(properties: Node<'a>, name: &str) -> Option<&'a str> {
    child(properties, name).map(|node| math_attr(node).unwrap_or_default())
}

/// An on/off property; without a value it is on.
fn on(properties: Option<Node<'_>>, name: &str) -> Option<bool> {
    let node = child(properties?, name)?;
    Some(!matches!(math_attr(node), Some("0" | "off" | "false")))
}

/// A character property: absent is the default, an empty value is none.
fn sign(properties: Option<Node<'_>>, name: &str, default: char) -> Option<char> {
    match properties.and_then(|pr| value(pr, name)) {
        None => Some(default),
        Some(text) => text.chars().next(),
    }
}

fn align(name: &str) -> MathAlign {
    match name {
        "left" => MathAlign::Left,
        "right" => MathAlign::Right,
        "center" => MathAlign::Center,
        _ => MathAlign::CenterGroup,
    }
}

fn anchor(properties: Option<Node<'_>>) -> MathAnchor {
    match properties.and_then(|pr| value(pr, "baseJc")) {
        Some("top") => MathAnchor::Top,
        Some("bot" | "bottom") => MathAnchor::Bottom,
        _ => MathAnchor::Center,
    }
}

struct Reader<'c, 'p> {
    cx: &'c Context<'p>,
    left: usize,
}

impl Reader<'_, '_> {
    /// The children of `m:oMath`, `m:e`, `m:num` and the like.
    fn row(&mut self, parent: Node<'_>, depth: usize) -> Row {
        if depth > MAX_DEPTH {
            self.cx.warn(
                "equation",
                format!("an equation nested deeper than {MAX_DEPTH} is cut"),
            );
            return Row::new();
        }
        let mut row = Row::new();
        for node in elements(parent) {
            if self.left == 0 {
                self.cx.warn(
                    "equation",
                    format!("an equation of more than {MAX_NODES} elements is cut"),
                );
                break;
            }
            if let Some(item) = self.node(node, depth + 1) {
                self.left -= 1;
                row.push(item);
            }
        }
        row
    }

    fn part(&mut self, node: Node<'_>, name: &str, depth: usize) -> Row {
        child(node, name).map_or_else(Row::new, |part| self.row(part, depth))
    }

    fn optional(&mut self, node: Node<'_>, name: &str, depth: usize, hidden: bool) -> Option<Row> {
        let row = self.part(node, name, depth);
        (!hidden && !row.is_empty()).then_some(row)
    }

    fn node(&mut self, node: Node<'_>, depth: usize) -> Option<MathNode> {
        let name = node.tag_name().name();
        let properties = child(node, &format!("{name}Pr"));
        let pr = |key: &str| properties.and_then(|pr| value(pr, key));
        Some(match name {
            "r" => MathNode::Run(Box::new(self.run(node))),
            "f" => MathNode::Fraction {
                kind: match pr("type") {
                    Some("skw") => FractionKind::Skewed,
                    Some("lin") => FractionKind::Linear,
                    Some("noBar") => FractionKind::NoBar,
                    _ => FractionKind::Bar,
                },
                numerator: self.part(node, "num", depth),
                denominator: self.part(node, "den", depth),
            },
            "sSub" | "sSup" | "sSubSup" => MathNode::Scripts {
                base: self.part(node, "e", depth),
                sub: (name != "sSup").then(|| self.part(node, "sub", depth)),
                sup: (name != "sSub").then(|| self.part(node, "sup", depth)),
            },
            "sPre" => MathNode::PreScripts {
                base: self.part(node, "e", depth),
                sub: self.part(node, "sub", depth),
                sup: self.part(node, "sup", depth),
            },
            "rad" => MathNode::Radical {
                degree: self.optional(
                    node,
                    "deg",
                    depth,
                    on(properties, "degHide").unwrap_or(false),
                ),
                base: self.part(node, "e", depth),
            },
            "nary" => {
                let operator = sign(properties, "chr", '\u{222B}').unwrap_or('\u{222B}');
                // Integrals carry their limits beside them unless the file says otherwise.
                let integral = matches!(operator, '\u{222B}'..='\u{2233}');
                MathNode::Nary {
                    operator,
                    limits_above: pr("limLoc").map_or(!integral, |place| place == "undOvr"),
                    grows: on(properties, "grow").unwrap_or(false),
                    sub: self.optional(
                        node,
                        "sub",
                        depth,
                        on(properties, "subHide").unwrap_or(false),
                    ),
                    sup: self.optional(
                        node,
                        "sup",
                        depth,
                        on(properties, "supHide").unwrap_or(false),
                    ),
                    base: self.part(node, "e", depth),
                }
            }
            "d" => MathNode::Delimiters {
                open: sign(properties, "begChr", '('),
                separator: sign(properties, "sepChr", '|'),
                close: sign(properties, "endChr", ')'),
                grows: on(properties, "grow").unwrap_or(true),
                elements: elements(node)
                    .filter(|n| is_named(*n, "e"))
                    .map(|n| self.row(n, depth))
                    .collect(),
            },
            "limLow" | "limUpp" => MathNode::Limit {
                base: self.part(node, "e", depth),
                limit: self.part(node, "lim", depth),
                above: name == "limUpp",
            },
            "acc" => MathNode::Accent {
                mark: sign(properties, "chr", '\u{302}').unwrap_or('\u{302}'),
                base: self.part(node, "e", depth),
            },
            "bar" => MathNode::Bar {
                above: pr("pos") == Some("top"),
                base: self.part(node, "e", depth),
            },
            "groupChr" => {
                let above = pr("pos") == Some("top");
                MathNode::GroupChar {
                    mark: sign(properties, "chr", '\u{23DF}').unwrap_or('\u{23DF}'),
                    above,
                    sign_on_baseline: pr("vertJc").unwrap_or("bot")
                        == if above { "top" } else { "bot" },
                    base: self.part(node, "e", depth),
                }
            }
            "func" => MathNode::Function {
                name: self.part(node, "fName", depth),
                base: self.part(node, "e", depth),
            },
            "m" => self.matrix(node, depth),
            "eqArr" => MathNode::Array {
                rows: elements(node)
                    .filter(|n| is_named(*n, "e"))
                    .map(|n| self.row(n, depth))
                    .collect(),
                anchor: anchor(properties),
            },
            "borderBox" => {
                let hidden = |side| on(properties, side).unwrap_or(false);
                MathNode::Border {
                    sides: [
                        !hidden("hideTop"),
                        !hidden("hideRight"),
                        !hidden("hideBot"),
                        !hidden("hideLeft"),
                    ],
                    strikes: [
                        hidden("strikeH"),
                        hidden("strikeV"),
                        hidden("strikeBLTR"),
                        hidden("strikeTLBR"),
                    ],
                    base: self.part(node, "e", depth),
                }
            }
            "phant" => MathNode::Phantom {
                visible: on(properties, "show").unwrap_or(true),
                zero_width: on(properties, "zeroWid").unwrap_or(false),
                zero_ascent: on(properties, "zeroAsc").unwrap_or(false),
                zero_descent: on(properties, "zeroDesc").unwrap_or(false),
                base: self.part(node, "e", depth),
            },
            "box" => MathNode::Group(self.part(node, "e", depth)),
            // Tracked changes and nested equations group only.
            "oMath" | "ins" | "sdt" | "sdtContent" | "smartTag" | "customXml" => {
                MathNode::Group(self.row(node, depth))
            }
            _ => return None,
        })
    }

    fn matrix(&mut self, node: Node<'_>, depth: usize) -> MathNode {
        let properties = child(node, "mPr");
        let mut columns = Vec::new();
        for group in properties
            .and_then(|pr| child(pr, "mcs"))
            .into_iter()
            .flat_map(elements)
        {
            let Some(pr) = child(group, "mcPr") else {
                continue;
            };
            let count = value(pr, "count")
                .and_then(|count| count.parse::<usize>().ok())
                .unwrap_or(1);
            let side = align(value(pr, "mcJc").unwrap_or("center"));
            columns.extend(std::iter::repeat_n(side, count.min(64)));
            if columns.len() >= 64 {
                break;
            }
        }
        // Rules 0 to 2 are whole and half ems; 3 is points, 4 half-ems, each times `cGp`.
        let gap = properties
            .and_then(|pr| value(pr, "cGp"))
            .and_then(|gap| gap.parse::<f64>().ok());
        let column_gap = match properties.and_then(|pr| value(pr, "cGpRule")) {
            Some("1") => Some(1.5),
            Some("2") => Some(2.0),
            Some("4") => gap.map(|gap| (gap * 0.5).clamp(0.0, 20.0)),
            _ => None,
        };
        MathNode::Matrix {
            rows: elements(node)
                .filter(|n| is_named(*n, "mr"))
                .map(|row| {
                    elements(row)
                        .filter(|n| is_named(*n, "e"))
                        .map(|cell| self.row(cell, depth))
                        .collect()
                })
                .collect(),
            columns,
            anchor: anchor(properties),
            column_gap,
        }
    }

    fn run(&self, node: Node<'_>) -> MathRun {
        let mut run = MathRun {
            text: elements(node)
                .filter(|n| is_named(*n, "t"))
                .map(text_of)
                .collect(),
            italic: true,
            ..MathRun::default()
        };
        for properties in elements(node).filter(|n| is_named(*n, "rPr")) {
            if is_drawing(properties) {
                run.properties = run_properties(self.cx, properties);
                continue;
            }
            run.normal_text = on(Some(properties), "nor").unwrap_or(false);
            run.break_before = child(properties, "brk").is_some();
            run.script = match value(properties, "scr") {
                Some("script") => MathScript::Script,
                Some("fraktur") => MathScript::Fraktur,
                Some("double-struck") => MathScript::DoubleStruck,
                Some("sans-serif") => MathScript::SansSerif,
                Some("monospace") => MathScript::Monospace,
                _ => MathScript::Roman,
            };
            (run.bold, run.italic) = match value(properties, "sty") {
                Some("p") => (false, false),
                Some("b") => (true, false),
                Some("bi") => (true, true),
                _ => (false, true),
            };
        }
        run
    }
}
