//! Objects.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    document::{Document, Field, Group, Kind, Struct},
    names,
};

pub(crate) fn item(document: &Document, item: &Struct) -> TokenStream {
    let name = names::ident(&item.name);
    let doc = names::doc(&item.doc);
    let fields = item.fields.iter().map(|field| {
        let (doc, ident, kind) = (names::doc(&told(field)), field.ident(), field_type(field));
        quote! { #doc pub #ident: #kind }
    });
    let secret = item.fields.iter().any(|field| field.secret);
    let derive_debug = (!secret).then(|| quote! { Debug, });
    let debug = secret.then(|| debug(item));
    let constructor = constructor(item);
    let setters = (item.group == Group::Options).then(|| setters(document, item));
    let ranges = ranges(item);
    let read = read(item);
    let write = write(item);
    let known = item
        .fields
        .iter()
        .map(|field| field.wire.as_str())
        .chain(item.constants.iter().map(|(wire, _)| wire.as_str()))
        .map(str::to_ascii_lowercase);
    quote! {
        #doc
        #[derive(#derive_debug Clone, PartialEq, Default)]
        #[non_exhaustive]
        pub struct #name {
            #(#fields,)*
            /// Fields this version does not know, as they were sent.
            pub extra: BTreeMap<String, Value>,
        }
        impl #name {
            /// Known keys in lower case.
            pub(crate) const KEYS: &'static [&'static str] = &[#(#known),*];
        }
        #constructor
        #setters
        #ranges
        #debug
        #read
        #write
    }
}

fn base_type(kind: &Kind) -> TokenStream {
    match kind {
        Kind::Bool => quote! { bool },
        Kind::I32 => quote! { i32 },
        Kind::I64 => quote! { i64 },
        Kind::F64 => quote! { f64 },
        Kind::Text => quote! { String },
        Kind::Time => quote! { Timestamp },
        Kind::Named(name) => {
            let name = names::ident(name);
            quote! { #name }
        }
        Kind::List(inner) => {
            let inner = base_type(inner);
            quote! { Vec<#inner> }
        }
    }
}

/// Whether the field has a value even when it was not sent.
fn always_there(field: &Field) -> bool {
    field.required || field.omit_empty
}

fn field_type(field: &Field) -> TokenStream {
    let base = base_type(&field.kind);
    if always_there(field) {
        base
    } else {
        quote! { Option<#base> }
    }
}

fn constructor(item: &Struct) -> TokenStream {
    let required: Vec<_> = item.fields.iter().filter(|field| field.required).collect();
    if required.is_empty() {
        return TokenStream::new();
    }
    let name = names::ident(&item.name);
    let arguments = required.iter().map(|field| {
        let (ident, base) = (field.ident(), base_type(&field.kind));
        if field.kind == Kind::Text {
            quote! { #ident: impl Into<String> }
        } else {
            quote! { #ident: #base }
        }
    });
    let values = required.iter().map(|field| {
        let ident = field.ident();
        if field.kind == Kind::Text {
            quote! { #ident: #ident.into() }
        } else {
            quote! { #ident }
        }
    });
    let rest = quote! { ..Self::default() };
    quote! {
        impl #name {
            /// A value with its required fields; the others are absent.
            pub fn new(#(#arguments),*) -> Self {
                Self { #(#values,)* #rest }
            }
        }
    }
}

/// What is said about a field.
fn told(field: &Field) -> String {
    match field.range {
        Some((low, high)) => format!("{} From {low} to {high}.", field.doc),
        None => field.doc.clone(),
    }
}

/// Methods named after the wire fields, so that options are made in one expression.
fn setters(document: &Document, item: &Struct) -> TokenStream {
    let name = names::ident(&item.name);
    let methods = item.fields.iter().map(|field| {
        let ident = field.ident();
        let doc = names::doc(&format!("Sets `{}`. {}", field.wire, told(field)));
        let base = base_type(&field.kind);
        let (argument, value) = match &field.kind {
            Kind::Text => (quote! { impl Into<String> }, quote! { #ident.into() }),
            Kind::List(inner) if **inner == Kind::Text => (
                quote! { impl IntoIterator<Item = impl Into<String>> },
                quote! { #ident.into_iter().map(Into::into).collect() },
            ),
            Kind::List(inner) => {
                let inner = base_type(inner);
                (
                    quote! { impl IntoIterator<Item = #inner> },
                    quote! { #ident.into_iter().collect() },
                )
            }
            Kind::Named(kind) if document.unions.iter().any(|union| union.name == *kind) => {
                (quote! { impl Into<#base> }, quote! { #ident.into() })
            }
            _ => (base, quote! { #ident }),
        };
        let value = if always_there(field) {
            value
        } else {
            quote! { Some(#value) }
        };
        quote! {
            #doc
            #[must_use]
            pub fn #ident(mut self, #ident: #argument) -> Self {
                self.#ident = #value;
                self
            }
        }
    });
    quote! { impl #name { #(#methods)* } }
}

/// The check of the bounds that the API description gives; none where it gives none.
fn ranges(item: &Struct) -> Option<TokenStream> {
    let name = names::ident(&item.name);
    let checks: Vec<_> = item
        .fields
        .iter()
        .filter_map(|field| {
            let (low, high) = field.range?;
            let (ident, wire, low, high) = (field.ident(), &field.wire, low as i32, high as i32);
            Some(quote! { wire::within(self.#ident, #wire, #low, #high)?; })
        })
        .collect();
    (!checks.is_empty()).then(|| {
        quote! {
            impl #name {
                /// Checks the bounds of the API description.
                pub(crate) fn check_ranges(&self) -> Result<(), OptionsError> {
                    #(#checks)*
                    Ok(())
                }
            }
        }
    })
}

/// `Debug` that shows whether a secret is there, never what it is.
fn debug(item: &Struct) -> TokenStream {
    let name = names::ident(&item.name);
    let text = &item.name;
    let fields = item.fields.iter().map(|field| {
        let ident = field.ident();
        let label = ident.to_string();
        let value = match (field.secret, always_there(field)) {
            (false, _) => quote! { &self.#ident },
            (true, true) => quote! { &wire::REDACTED },
            (true, false) => quote! { &self.#ident.as_ref().map(|_| wire::REDACTED) },
        };
        quote! { .field(#label, #value) }
    });
    quote! {
        impl fmt::Debug for #name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(#text) #(#fields)* .field("extra", &self.extra).finish()
            }
        }
    }
}

fn read(item: &Struct) -> TokenStream {
    let name = names::ident(&item.name);
    let text_field = item.text_field.as_ref().map(|wire| {
        let ident = names::ident(&names::snake(wire));
        quote! {
            if let Value::String(text) = value {
                return Ok(Self { #ident: Some(text), ..Self::default() });
            }
        }
    });
    let arms = item.fields.iter().map(|field| {
        let (wire, ident) = (&field.wire, field.ident());
        let key = wire.to_ascii_lowercase();
        let set = if field.secret {
            quote! { wire::set_secret(&mut out.#ident, #wire, value)?; }
        } else {
            quote! { wire::set(&mut out.#ident, #wire, value)?; }
        };
        quote! { #key => { #set } }
    });
    let ranges = item
        .fields
        .iter()
        .any(|field| field.range.is_some())
        .then(|| quote! { out.check_ranges()?; });
    let constants = item.constants.iter().map(|(wire, _)| {
        let key = wire.to_ascii_lowercase();
        quote! { #key => {} }
    });
    quote! {
        impl FromWire for #name {
            fn from_wire(value: Value) -> Result<Self, OptionsError> {
                #text_field
                let mut out = Self::default();
                for (key, value) in wire::object(value)? {
                    match key.to_ascii_lowercase().as_str() {
                        #(#arms)*
                        #(#constants)*
                        _ => { out.extra.insert(key, value); }
                    }
                }
                #ranges
                Ok(out)
            }
        }
        deserialize_from_wire!(#name);
    }
}

fn write(item: &Struct) -> TokenStream {
    let name = names::ident(&item.name);
    let constants = item
        .constants
        .iter()
        .map(|(wire, value)| quote! { map.serialize_entry(#wire, #value)?; });
    let entries = item.fields.iter().map(|field| {
        let (wire, ident) = (&field.wire, field.ident());
        if field.omit_empty {
            quote! { if !self.#ident.is_empty() { map.serialize_entry(#wire, &self.#ident)?; } }
        } else if field.required {
            quote! { map.serialize_entry(#wire, &self.#ident)?; }
        } else {
            quote! { if let Some(value) = &self.#ident { map.serialize_entry(#wire, value)?; } }
        }
    });
    quote! {
        impl Serialize for #name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                #(#constants)*
                #(#entries)*
                wire::write_extra(&mut map, &self.extra, Self::KEYS)?;
                map.end()
            }
        }
    }
}
