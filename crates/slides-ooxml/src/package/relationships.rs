use crate::error::Result;
use crate::limits::PackageLimits;
use crate::package::resolve;
use crate::xml;

/// Relationships of one part, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Relationships {
    items: Vec<Relationship>,
}

/// One relationship (ECMA-376 part 2, 9.3).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Relationship {
    /// `@Id`.
    pub id: String,
    /// `@Type` as written.
    pub kind: String,
    /// Where it leads.
    pub target: Target,
}

/// Where a relationship leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A part of this package, whether it exists or not.
    Part(String),
    /// Something outside, as written. Never fetched.
    External(String),
    /// A target that climbs out of the package or is empty.
    Invalid(String),
}

impl Relationships {
    pub(crate) fn read(
        source: &str,
        name: &str,
        bytes: &[u8],
        limits: &PackageLimits,
    ) -> Result<Self> {
        xml::read(name, bytes, limits, |root| {
            let items = root
                .children()
                .filter(|node| node.is_element() && node.tag_name().name() == "Relationship")
                .filter_map(|node| {
                    let target = node.attribute("Target")?;
                    let external = node
                        .attribute("TargetMode")
                        .is_some_and(|m| m.eq_ignore_ascii_case("external"));
                    let target = if external {
                        Target::External(target.to_owned())
                    } else {
                        resolve(source, target)
                            .map_or_else(|| Target::Invalid(target.to_owned()), Target::Part)
                    };
                    Some(Relationship {
                        id: node.attribute("Id")?.to_owned(),
                        kind: node.attribute("Type").unwrap_or_default().to_owned(),
                        target,
                    })
                })
                .collect();
            Ok(Self { items })
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Relationship> {
        self.items.iter()
    }

    /// By id.
    pub fn get(&self, id: &str) -> Option<&Relationship> {
        self.items.iter().find(|item| item.id == id)
    }

    /// Part that the id leads to.
    pub fn part(&self, id: &str) -> Option<&str> {
        self.get(id)?.part()
    }

    /// First part of a type, by the last segment of the type's URI (the same in the strict and the
    /// transitional namespace).
    pub fn first(&self, kind: &str) -> Option<&str> {
        self.items
            .iter()
            .filter(|item| item.is(kind))
            .find_map(Relationship::part)
    }

    /// All parts of a type.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        self.items
            .iter()
            .filter(move |item| item.is(kind))
            .filter_map(Relationship::part)
    }
}

impl Relationship {
    /// Whether the last segment of the type's URI is `kind`.
    pub fn is(&self, kind: &str) -> bool {
        self.kind.rsplit('/').next() == Some(kind)
    }

    /// The part it leads to.
    pub fn part(&self) -> Option<&str> {
        match &self.target {
            Target::Part(part) => Some(part),
            _ => None,
        }
    }
}
