//! The logical structure of a page, for tagged PDF (ISO 32000-1, 14.7 and 14.8).
//!
//! Marked-content sequences are opened when something is drawn and closed before the graphics scope that they were
//! opened in ends, so that both nest. What lies in an offscreen group belongs to the sequence around the group.
use std::num::{NonZeroU16, NonZeroU32};

use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, Node, SpanTag, TableHeaderScope,
    Tag as PdfTag, TagGroup, TagKind,
};
use kurbo::Rect;
use slides_scene::{Heads, Tag};

/// Characters of a heading's title.
const MAX_TITLE: usize = 512;
/// Deepest nesting of lists.
const MAX_LIST_DEPTH: usize = 9;

/// A clickable area that waits for the content it belongs to.
pub(super) struct PageLink {
    /// In page points.
    pub(super) rect: Rect,
    /// The annotation; taken by the first content inside the area.
    pub(super) annotation: Option<Identifier>,
}

/// What an open element is.
#[derive(Clone, Debug)]
enum Role {
    Page,
    Title,
    Paragraph,
    Item {
        level: u8,
        numbered: bool,
    },
    Label,
    Figure(Option<String>),
    Table,
    Row,
    Cell(Option<Heads>, u32, u32),
    Artifact,
    /// Its content belongs to the element around it.
    Inherit,
}

/// What an element holds.
enum Child {
    Node(Node),
    Title(Vec<Child>, String),
    Item {
        level: u8,
        numbered: bool,
        label: Vec<Node>,
        body: Vec<Child>,
    },
    Linked(usize, Vec<Node>),
}

struct Element {
    role: Role,
    children: Vec<Child>,
    label: Vec<Node>,
    /// Text of a title.
    text: String,
    /// What a figure covers, in page points.
    bounds: Option<Rect>,
}

impl Element {
    fn new(role: Role) -> Self {
        Self {
            role,
            children: Vec::new(),
            label: Vec::new(),
            text: String::new(),
            bounds: None,
        }
    }
}

/// An open marked-content sequence.
struct Sequence {
    /// Graphics scopes open when it was opened.
    depth: usize,
    link: Option<usize>,
}

/// Collects a page's structure while its content is written.
pub(super) struct Structure {
    enabled: bool,
    stack: Vec<Element>,
    open: Option<Sequence>,
    depth: usize,
    /// Open offscreen groups; the page's sequences cannot reach into them.
    groups: usize,
    links: Vec<PageLink>,
    /// What stands for a missing alternative text.
    missing_alt: Option<String>,
    pub(super) missing: bool,
}

impl Structure {
    /// `missing_alt` describes figures that say nothing of themselves, where the standard asks for a text.
    pub(super) fn new(enabled: bool, links: Vec<PageLink>, missing_alt: Option<String>) -> Self {
        Self {
            enabled,
            stack: vec![Element::new(Role::Page)],
            open: None,
            depth: 0,
            groups: 0,
            links,
            missing_alt,
            missing: false,
        }
    }

    /// A graphics scope begins.
    pub(super) fn enter(&mut self) {
        self.depth += 1;
    }

    /// A graphics scope ends; call before it does.
    pub(super) fn leave(&mut self, surface: &mut Surface<'_>) {
        self.depth = self.depth.saturating_sub(1);
        if self.groups == 0
            && self
                .open
                .as_ref()
                .is_some_and(|open| open.depth > self.depth)
        {
            self.close(surface);
        }
    }

    /// An offscreen group begins; call before it does.
    pub(super) fn enter_group(&mut self, surface: &mut Surface<'_>) {
        self.mark(surface);
        self.groups += 1;
    }

    /// An offscreen group has ended.
    pub(super) fn leave_group(&mut self) {
        self.groups = self.groups.saturating_sub(1);
    }

    /// Begins an element.
    pub(super) fn begin(&mut self, surface: &mut Surface<'_>, tag: &Tag) {
        if !self.enabled {
            return;
        }
        let inside = self.role();
        let is_leaf = matches!(
            inside,
            Role::Artifact | Role::Figure(_) | Role::Label | Role::Title | Role::Paragraph
        );
        let in_table = matches!(inside, Role::Table | Role::Row);
        let role = match tag {
            _ if is_leaf || self.groups > 0 => Role::Inherit,
            Tag::Label if matches!(inside, Role::Item { .. }) => Role::Label,
            Tag::Artifact => Role::Artifact,
            Tag::TableRow if matches!(inside, Role::Table) => Role::Row,
            Tag::TableCell {
                header,
                columns,
                rows,
            } if matches!(inside, Role::Row) => Role::Cell(*header, *columns, *rows),
            // What lies outside of what it belongs to.
            Tag::Label | Tag::TableRow | Tag::TableCell { .. } => Role::Inherit,
            _ if in_table => Role::Artifact,
            Tag::Title => Role::Title,
            Tag::Paragraph => Role::Paragraph,
            Tag::ListItem { level, numbered } => Role::Item {
                level: *level,
                numbered: *numbered,
            },
            Tag::Figure(alt) => Role::Figure(alt.clone().filter(|alt| !alt.trim().is_empty())),
            Tag::Table => Role::Table,
        };
        if matches!(role, Role::Inherit) {
            self.stack.push(Element::new(role));
            return;
        }
        self.close(surface);
        let whole = matches!(role, Role::Figure(_) | Role::Artifact);
        self.stack.push(Element::new(role));
        if whole {
            // One sequence, whatever scopes its drawing opens.
            self.mark(surface);
        }
    }

    /// Ends the element begun last.
    pub(super) fn end(&mut self, surface: &mut Surface<'_>) {
        if !self.enabled || self.stack.len() < 2 {
            return;
        }
        if self
            .stack
            .last()
            .is_some_and(|e| matches!(e.role, Role::Inherit))
        {
            self.stack.pop();
            return;
        }
        self.close(surface);
        let Some(element) = self.stack.pop() else {
            return;
        };
        let Some(parent) = self.stack.last_mut() else {
            return;
        };
        let children = element.children;
        match element.role {
            Role::Page | Role::Artifact | Role::Inherit => {}
            Role::Label => parent.label.extend(nodes(children, &mut self.links)),
            Role::Title if children.is_empty() => {}
            Role::Title => {
                // Paragraphs of one title are one heading.
                if let Some(Child::Title(all, text)) = parent.children.last_mut() {
                    all.extend(children);
                    text.push(' ');
                    text.push_str(&element.text);
                } else {
                    parent.children.push(Child::Title(children, element.text));
                }
            }
            Role::Paragraph => {
                if !children.is_empty() {
                    let children = nodes(children, &mut self.links);
                    parent.children.push(group(PdfTag::P, children));
                }
            }
            Role::Item { level, numbered } => {
                if !children.is_empty() || !element.label.is_empty() {
                    parent.children.push(Child::Item {
                        level,
                        numbered,
                        label: element.label,
                        body: children,
                    });
                }
            }
            Role::Figure(alt) => {
                let children = nodes(children, &mut self.links);
                if children.is_empty() {
                    return;
                }
                let alt = alt.or_else(|| {
                    self.missing = true;
                    self.missing_alt.clone()
                });
                let figure = TagGroup::with_children(PdfTag::Figure(alt), children);
                let link = element
                    .bounds
                    .and_then(|bounds| link_at(&self.links, bounds))
                    .filter(|link| {
                        self.links
                            .get(*link)
                            .is_some_and(|l| l.annotation.is_some())
                    });
                parent.children.push(match link {
                    Some(link) => Child::Linked(link, vec![figure.into()]),
                    None => Child::Node(figure.into()),
                });
            }
            Role::Table => {
                if !children.is_empty() {
                    let children = nodes(children, &mut self.links);
                    parent.children.push(group(PdfTag::Table, children));
                }
            }
            Role::Row => {
                if !children.is_empty() {
                    let children = nodes(children, &mut self.links);
                    parent.children.push(group(PdfTag::TR, children));
                }
            }
            // Empty cells keep the grid.
            Role::Cell(header, columns, rows) => {
                let children = nodes(children, &mut self.links);
                parent.children.push(cell(header, columns, rows, children));
            }
        }
    }

    /// Sees to it that what is drawn next is part of the structure.
    pub(super) fn mark(&mut self, surface: &mut Surface<'_>) {
        let link = self.open.as_ref().and_then(|open| open.link);
        self.mark_for(surface, link);
    }

    /// The same for text that covers `bounds` on the page.
    pub(super) fn mark_text(&mut self, surface: &mut Surface<'_>, bounds: Rect, text: &str) {
        let link = match self.role() {
            Role::Title | Role::Paragraph | Role::Item { .. } => link_at(&self.links, bounds),
            _ => None,
        };
        if let Some(element) = self.element()
            && matches!(element.role, Role::Title)
            && element.text.len() < MAX_TITLE
        {
            element.text.push_str(text);
        }
        self.mark_for(surface, link);
    }

    /// Notes what a figure covers.
    pub(super) fn cover(&mut self, bounds: Rect) {
        if let Some(element) = self.element()
            && matches!(element.role, Role::Figure(_))
        {
            element.bounds = Some(element.bounds.map_or(bounds, |all| all.union(bounds)));
        }
    }

    fn mark_for(&mut self, surface: &mut Surface<'_>, link: Option<usize>) {
        if !self.enabled || self.groups > 0 {
            return;
        }
        if self.open.as_ref().is_some_and(|open| open.link == link) {
            return;
        }
        self.close(surface);
        self.open = Some(Sequence {
            depth: self.depth,
            link,
        });
        let Some(element) = self.element() else {
            return;
        };
        match element.role {
            Role::Page | Role::Table | Role::Row | Role::Artifact => {
                let kind = Artifact::with_kind(ArtifactType::Other);
                surface.start_tagged(ContentTag::Artifact(kind));
            }
            _ => {
                let content = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
                let content = Node::from(content);
                match (link, element.children.last_mut()) {
                    (Some(link), Some(Child::Linked(last, all))) if *last == link => {
                        all.push(content);
                    }
                    (Some(link), _) => element.children.push(Child::Linked(link, vec![content])),
                    (None, _) => element.children.push(Child::Node(content)),
                }
            }
        }
    }

    fn close(&mut self, surface: &mut Surface<'_>) {
        if self.groups == 0 && self.open.take().is_some() {
            surface.end_tagged();
        }
    }

    /// The innermost element that holds content of its own.
    fn element(&mut self) -> Option<&mut Element> {
        self.stack
            .iter_mut()
            .rev()
            .find(|element| !matches!(element.role, Role::Inherit))
    }

    fn role(&mut self) -> Role {
        self.element()
            .map_or(Role::Page, |element| element.role.clone())
    }

    /// The page's structure in reading order: the title first, then the order of drawing.
    pub(super) fn finish(
        mut self,
        surface: &mut Surface<'_>,
        language: Option<&str>,
    ) -> Option<TagGroup> {
        while self.stack.len() > 1 {
            self.end(surface);
        }
        self.close(surface);
        if !self.enabled {
            return None;
        }
        let page = self.stack.pop()?;
        let (titles, others): (Vec<_>, Vec<_>) = page
            .children
            .into_iter()
            .partition(|child| matches!(child, Child::Title(..)));
        let mut all = nodes(titles, &mut self.links);
        all.extend(nodes(others, &mut self.links));
        // Areas over nothing that is read.
        for link in &mut self.links {
            if let Some(annotation) = link.annotation.take() {
                all.push(TagGroup::with_children(PdfTag::Link, vec![annotation.into()]).into());
            }
        }
        if all.is_empty() {
            return None;
        }
        let section = TagKind::from(PdfTag::Section).with_lang(language.map(str::to_owned));
        Some(TagGroup::with_children(section, all))
    }
}

/// The area that holds the middle of `bounds`; of several the smallest.
fn link_at(links: &[PageLink], bounds: Rect) -> Option<usize> {
    let middle = bounds.center();
    links
        .iter()
        .enumerate()
        .filter(|(_, link)| link.rect.contains(middle))
        .min_by(|(_, a), (_, b)| a.rect.area().total_cmp(&b.rect.area()))
        .map(|(index, _)| index)
}

fn group(tag: impl Into<TagKind>, children: Vec<Node>) -> Child {
    Child::Node(TagGroup::with_children(tag, children).into())
}

fn cell(header: Option<Heads>, columns: u32, rows: u32, children: Vec<Node>) -> Child {
    let span = |count: u32| NonZeroU32::new(count).filter(|count| count.get() > 1);
    let tag = match header {
        Some(heads) => {
            let scope = match heads {
                Heads::Column => TableHeaderScope::Column,
                Heads::Row => TableHeaderScope::Row,
                Heads::Both => TableHeaderScope::Both,
            };
            TagKind::from(
                PdfTag::TH(scope)
                    .with_col_span(span(columns))
                    .with_row_span(span(rows)),
            )
        }
        None => TagKind::from(
            PdfTag::TD
                .with_col_span(span(columns))
                .with_row_span(span(rows)),
        ),
    };
    group(tag, children)
}

fn nodes(children: Vec<Child>, links: &mut [PageLink]) -> Vec<Node> {
    let mut out = Vec::with_capacity(children.len());
    let mut items = Vec::new();
    for child in children {
        if let Child::Item {
            level,
            numbered,
            label,
            body,
        } = child
        {
            let body = nodes(body, links);
            items.push(Item {
                level,
                numbered,
                label,
                body,
            });
            continue;
        }
        if !items.is_empty() {
            lists(std::mem::take(&mut items), 0, &mut out);
        }
        match child {
            Child::Node(node) => out.push(node),
            Child::Title(children, text) => {
                let text = crate::plain::plain_title(&text);
                let text: String = text.chars().take(MAX_TITLE).collect();
                let children = nodes(children, links);
                let tag = PdfTag::Hn(NonZeroU16::MIN, Some(text));
                out.push(TagGroup::with_children(tag, children).into());
            }
            Child::Linked(index, mut content) => {
                match links.get_mut(index).and_then(|link| link.annotation.take()) {
                    Some(annotation) => {
                        content.push(annotation.into());
                        out.push(TagGroup::with_children(PdfTag::Link, content).into());
                    }
                    // The area went with what was drawn before.
                    None => out.extend(content),
                }
            }
            Child::Item { .. } => {}
        }
    }
    if !items.is_empty() {
        lists(items, 0, &mut out);
    }
    out
}

struct Item {
    level: u8,
    numbered: bool,
    label: Vec<Node>,
    body: Vec<Node>,
}

/// Neighbouring items as lists; deeper items lie in the body of the item before them.
fn lists(items: Vec<Item>, depth: usize, out: &mut Vec<Node>) {
    let mut items = items.into_iter().peekable();
    while let Some(first) = items.peek() {
        let (level, numbered) = (first.level, first.numbered);
        let numbering = if numbered {
            ListNumbering::Decimal
        } else {
            ListNumbering::Disc
        };
        let mut list = TagGroup::new(PdfTag::L(numbering));
        while let Some(item) =
            items.next_if(|item| item.level <= level && item.numbered == numbered)
        {
            let mut deeper = Vec::new();
            while let Some(inner) =
                items.next_if(|inner| inner.level > item.level && depth < MAX_LIST_DEPTH)
            {
                deeper.push(inner);
            }
            let mut body = item.body;
            if !deeper.is_empty() {
                lists(deeper, depth + 1, &mut body);
            }
            let mut entry = TagGroup::new(PdfTag::LI);
            if !item.label.is_empty() {
                entry.push(TagGroup::with_children(PdfTag::Lbl, item.label));
            }
            if !body.is_empty() {
                entry.push(TagGroup::with_children(PdfTag::LBody, body));
            }
            list.push(entry);
        }
        out.push(list.into());
    }
}
