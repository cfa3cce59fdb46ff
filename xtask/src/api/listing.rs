//! The public items of one crate, read from its sources.
//!
//! That everything `pub` can be reached from outside is the lint `unreachable_pub`'s work: so a `pub` item of a private
//! module counts for the nearest public one, where it is re-exported.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use quote::ToTokens;
use syn::{
    Attribute, Fields, File, ImplItem, Item, ItemImpl, ItemMod, TraitItem, Type, Visibility,
    parse_quote,
};

/// Attributes that a user of the item sees.
const SHOWN: &[&str] = &[
    "async_trait",
    "cfg",
    "deprecated",
    "derive",
    "macro_export",
    "must_use",
    "non_exhaustive",
    "repr",
];

/// The items of a crate by public module.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    modules: BTreeMap<String, Vec<Entry>>,
    /// Names of types and traits that are public, and of those that are not.
    public: BTreeSet<String>,
    private: BTreeSet<String>,
}

#[derive(Debug)]
struct Entry {
    text: String,
    /// Of an implementation: the type's name and the trait's.
    of: Option<(Option<String>, Option<String>)>,
}

impl Listing {
    /// Reads a crate from its `lib.rs`.
    pub(crate) fn of(name: &str, root: &Path) -> Result<Self> {
        let folder = root.parent().unwrap_or(Path::new("."));
        let mut listing = Self::default();
        listing.file(&name.replace('-', "_"), root, folder)?;
        Ok(listing)
    }

    fn file(&mut self, module: &str, path: &Path, folder: &Path) -> Result<()> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("`{}` cannot be read", path.display()))?;
        let file = syn::parse_file(&text)
            .with_context(|| format!("`{}` cannot be parsed", path.display()))?;
        self.items(module, file.items, folder)
    }

    /// `folder` is where the files of the items' modules lie.
    fn items(&mut self, module: &str, items: Vec<Item>, folder: &Path) -> Result<()> {
        for item in items {
            if is_for_tests(attributes(&item)) {
                continue;
            }
            match item {
                Item::Mod(inner) => self.inner(module, inner, folder)?,
                item => {
                    if let Some((name, is_public)) = type_name(&item) {
                        let names = if is_public {
                            &mut self.public
                        } else {
                            &mut self.private
                        };
                        names.insert(name);
                    }
                    if let Some(item) = shown(item) {
                        self.add(module, item);
                    }
                }
            }
        }
        Ok(())
    }

    fn inner(&mut self, module: &str, mut inner: ItemMod, folder: &Path) -> Result<()> {
        let name = inner.ident.to_string();
        let folder = folder.join(&name);
        let content = inner.content.take();
        let module = if is_public(&inner.vis) {
            inner.attrs.retain(is_shown);
            inner.semi = Some(syn::token::Semi::default());
            self.add(module, Item::Mod(inner));
            format!("{module}::{name}")
        } else {
            module.to_owned()
        };
        match content {
            Some((_, items)) => self.items(&module, items, &folder),
            None => self.file(&module, &source(&folder)?, &folder),
        }
    }

    fn add(&mut self, module: &str, item: Item) {
        let of = match &item {
            Item::Impl(item) => Some((self_name(item), trait_name(item))),
            _ => None,
        };
        let text = prettyplease::unparse(&File {
            shebang: None,
            attrs: Vec::new(),
            items: vec![item],
        });
        let entries = self.modules.entry(module.to_owned()).or_default();
        entries.push(Entry { text, of });
    }

    /// One block for each module, its items in the order of their texts: where they stand says nothing.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (module, entries) in &self.modules {
            let offered = entries.iter().filter(|entry| self.is_offered(entry));
            let blocks: BTreeSet<&str> = offered.map(|entry| entry.text.as_str()).collect();
            text.push_str("\n// --- ");
            text.push_str(module);
            text.push_str("\n\n");
            text.extend(blocks);
        }
        text
    }

    /// Whether an implementation is of something that a user can name.
    fn is_offered(&self, entry: &Entry) -> bool {
        let Some((of_type, of_trait)) = &entry.of else {
            return true;
        };
        let is_in = |names: &BTreeSet<String>, name: &Option<String>| {
            name.as_ref().is_some_and(|name| names.contains(name))
        };
        let is_public = |name| is_in(&self.public, name);
        let is_private = |name| is_in(&self.private, name) && !is_public(name);
        !is_private(of_type) && !is_private(of_trait) && (is_public(of_type) || is_public(of_trait))
    }
}

/// The file of a module that belongs to this folder.
fn source(folder: &Path) -> Result<PathBuf> {
    let places = [folder.with_extension("rs"), folder.join("mod.rs")];
    match places.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => bail!("there is no file for the module `{}`", folder.display()),
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_shown(attribute: &Attribute) -> bool {
    let name = attribute.path().segments.last();
    name.is_some_and(|name| SHOWN.iter().any(|shown| name.ident == shown))
        // what mocks are made by is shown, lints and docs under a condition are not
        || attribute.to_token_stream().to_string().contains("automock")
}

/// Only `cfg(test)` itself: `any(test, …)` is there for users too.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<syn::Path>()
                    .is_ok_and(|condition| condition.is_ident("test")))
    };
    attributes.iter().any(is_test)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// The name of a type or trait, and whether it is public.
fn type_name(item: &Item) -> Option<(String, bool)> {
    let (visibility, name) = match item {
        Item::Enum(item) => (&item.vis, &item.ident),
        Item::Struct(item) => (&item.vis, &item.ident),
        Item::Trait(item) => (&item.vis, &item.ident),
        Item::Type(item) => (&item.vis, &item.ident),
        _ => return None,
    };
    Some((name.to_string(), is_public(visibility)))
}

fn self_name(item: &ItemImpl) -> Option<String> {
    let mut of = &*item.self_ty;
    while let Type::Reference(reference) = of {
        of = &reference.elem;
    }
    match of {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

fn trait_name(item: &ItemImpl) -> Option<String> {
    let (_, path, _) = item.trait_.as_ref()?;
    Some(path.segments.last()?.ident.to_string())
}

/// An item as its users see it: without bodies, private parts and values. None for what they do not see.
fn shown(mut item: Item) -> Option<Item> {
    if let Item::Impl(item) = item {
        return implementation(item).map(Item::Impl);
    }
    match &mut item {
        Item::Const(item) if is_public(&item.vis) => {
            item.attrs.retain(is_shown);
            *item.expr = parse_quote!(_);
        }
        Item::Static(item) if is_public(&item.vis) => {
            item.attrs.retain(is_shown);
            *item.expr = parse_quote!(_);
        }
        Item::Fn(item) if is_public(&item.vis) => {
            item.attrs.retain(is_shown);
            item.block = parse_quote!({});
        }
        Item::Type(item) if is_public(&item.vis) => item.attrs.retain(is_shown),
        Item::Use(item) if is_public(&item.vis) => item.attrs.retain(is_shown),
        Item::Enum(item) if is_public(&item.vis) => {
            item.attrs.retain(is_shown);
            for variant in &mut item.variants {
                variant.attrs.retain(is_shown);
                for field in &mut variant.fields {
                    field.attrs.retain(is_shown);
                }
            }
        }
        Item::Struct(item) if is_public(&item.vis) => {
            item.attrs.retain(is_shown);
            fields(&mut item.fields);
        }
        Item::Trait(item) if is_public(&item.vis) => {
            item.attrs.retain(is_shown);
            for part in &mut item.items {
                match part {
                    TraitItem::Fn(method) => {
                        method.attrs.retain(is_shown);
                        // that there is a default is seen, not what it does
                        method.default = method.default.as_ref().map(|_| parse_quote!({}));
                    }
                    TraitItem::Const(constant) => constant.attrs.retain(is_shown),
                    TraitItem::Type(of) => of.attrs.retain(is_shown),
                    _ => {}
                }
            }
        }
        // what a macro writes is not seen: its use is shown as it stands, and so is the macro
        Item::Macro(item) => item.attrs.retain(is_shown),
        _ => return None,
    }
    Some(item)
}

/// Public fields, and that there are others: then nobody outside can make one from its fields.
fn fields(fields: &mut Fields) {
    match fields {
        Fields::Named(named) => {
            let all = named.named.len();
            let fields = std::mem::take(&mut named.named).into_iter();
            named.named = fields.filter(|field| is_public(&field.vis)).collect();
            if named.named.len() < all {
                named.named.push(parse_quote!(_private: ()));
            }
        }
        Fields::Unnamed(unnamed) => {
            for field in &mut unnamed.unnamed {
                if !is_public(&field.vis) {
                    field.ty = parse_quote!(());
                }
            }
        }
        Fields::Unit => {}
    }
    for field in fields {
        field.attrs.retain(is_shown);
    }
}

fn implementation(mut item: ItemImpl) -> Option<ItemImpl> {
    item.attrs.retain(is_shown);
    if item.trait_.is_some() {
        // the trait says what there is, but for its types
        item.items.retain(|part| matches!(part, ImplItem::Type(_)));
        return Some(item);
    }
    let parts = std::mem::take(&mut item.items);
    for mut part in parts {
        match &mut part {
            ImplItem::Fn(method) if is_public(&method.vis) && !is_for_tests(&method.attrs) => {
                method.attrs.retain(is_shown);
                method.block = parse_quote!({});
            }
            ImplItem::Const(constant) if is_public(&constant.vis) => {
                constant.attrs.retain(is_shown);
                constant.expr = parse_quote!(_);
            }
            _ => continue,
        }
        item.items.push(part);
    }
    item.items
        .sort_by_key(|part| part.to_token_stream().to_string());
    (!item.items.is_empty()).then_some(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(source: &str) -> String {
        let mut listing = Listing::default();
        let items = syn::parse_file(source).unwrap().items;
        listing.items("crate", items, Path::new(".")).unwrap();
        listing.text()
    }

    #[test]
    fn shows_what_users_see_and_nothing_else() {
        let text = listed(
            "/// Docs.
             #[derive(Debug)]
             #[allow(dead_code)]
             pub struct Seen { pub a: u8, b: u8 }
             struct Hidden;
             trait Inner { fn inner(&self); }
             impl Inner for Seen { fn inner(&self) {} }
             impl std::fmt::Display for Hidden {}
             impl std::fmt::Display for Seen { fn fmt(&self) { call(); } }
             impl Seen { pub fn get(&self) -> u8 { self.b } fn own(&self) {} #[cfg(test)] pub fn fake() {} }
             impl Hidden { pub fn get(&self) {} }
             impl Offered for Hidden { fn must(&self) {} }
             impl Offered for u8 { fn must(&self) {} }
             mod private { pub fn reexported(name: &str) -> bool { true } pub(crate) fn inside() {} }
             pub mod open { pub const LIMIT: usize = 7; }
             #[cfg(test)] mod tests { pub fn helper() {} }
             pub trait Offered { fn must(&self); fn may(&self) { call(); } }",
        );
        let expected = "
// --- crate

#[derive(Debug)]
pub struct Seen {
    pub a: u8,
    _private: (),
}
impl Offered for u8 {}
impl Seen {
    pub fn get(&self) -> u8 {}
}
impl std::fmt::Display for Seen {}
pub fn reexported(name: &str) -> bool {}
pub mod open;
pub trait Offered {
    fn must(&self);
    fn may(&self) {}
}

// --- crate::open

pub const LIMIT: usize = _;
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_change_that_breaks_users_is_a_change_of_the_text() {
        for (before, after) in [
            ("pub fn f(a: u8) {}", "pub fn f(a: u16) {}"),
            ("pub enum E { A }", "pub enum E { A, B }"),
            ("pub enum E { A }", "#[non_exhaustive] pub enum E { A }"),
            (
                "pub struct S { pub a: u8 }",
                "pub struct S { pub a: u8, b: u8 }",
            ),
            ("#[derive(Clone)] pub struct S;", "pub struct S;"),
            (
                "pub trait T { fn f(&self) {} }",
                "pub trait T { fn f(&self); }",
            ),
            ("pub fn f() {}", "#[cfg(feature = \"http\")] pub fn f() {}"),
            ("mod m { pub struct S; }", "pub mod m { pub struct S; }"),
        ] {
            assert_ne!(listed(before), listed(after), "{after}");
        }
        for (before, after) in [
            ("pub fn f() { a() }", "/// Docs.\npub fn f() { b() }"),
            ("pub fn f() {} pub fn g() {}", "pub fn g() {} pub fn f() {}"),
            ("pub fn f() {}", "mod inner { pub fn f() {} }"),
            ("pub struct S { a: u8 }", "pub struct S { a: u16, b: u8 }"),
        ] {
            assert_eq!(listed(before), listed(after), "{after}");
        }
    }
}
