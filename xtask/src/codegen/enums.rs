//! Enums with a fixed set of texts.

use anyhow::{Result, anyhow, bail};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    document::{Document, Enum},
    names,
};

pub(crate) fn item(document: &Document, item: &Enum) -> Result<TokenStream> {
    let name = names::ident(&item.name);
    let doc = names::doc(&item.doc);
    let idents: Vec<_> = item
        .values
        .iter()
        .map(|value| names::ident(&names::pascal(value)))
        .collect();
    let texts = &item.values;
    let value_docs = item
        .values
        .iter()
        .map(|value| names::doc(&format!("`{value}`.")));
    let all_doc = names::doc("The known values, in the order of the API description.");
    let aliases = item.aliases.iter().map(|(alias, value)| {
        let ident = names::ident(&names::pascal(value));
        quote! { (#alias, Self::#ident) }
    });
    let shape = if item.open {
        quote! {
            #doc
            ///
            /// A text this version does not know is kept in `Unknown`.
            #[derive(Debug, Clone, PartialEq, Eq, Hash)]
            #[non_exhaustive]
            pub enum #name {
                #(#value_docs #idents,)*
                /// A text this version does not know, as it was sent.
                Unknown(Box<str>),
            }
            impl #name {
                #all_doc
                pub const ALL: &'static [Self] = &[#(Self::#idents),*];
                const ALIASES: &'static [(&'static str, Self)] = &[#(#aliases),*];

                /// The text on the wire.
                pub fn as_str(&self) -> &str {
                    match self {
                        #(Self::#idents => #texts,)*
                        Self::Unknown(text) => text,
                    }
                }
            }
            open_enum!(#name);
        }
    } else {
        quote! {
            #doc
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[non_exhaustive]
            pub enum #name {
                #(#value_docs #idents,)*
            }
            impl #name {
                #all_doc
                pub const ALL: &'static [Self] = &[#(Self::#idents),*];
                const TEXTS: &'static [&'static str] = &[#(#texts),*];
                const ALIASES: &'static [(&'static str, Self)] = &[#(#aliases),*];

                /// The text on the wire.
                pub const fn as_str(self) -> &'static str {
                    match self {
                        #(Self::#idents => #texts,)*
                    }
                }
            }
            closed_enum!(#name);
        }
    };
    let facts = facts(document, item)?;
    let subset = subset(document, item)?;
    Ok(quote! { #shape #facts #subset })
}

/// What is known about the files of an export format.
fn facts(document: &Document, item: &Enum) -> Result<TokenStream> {
    if item.files.is_empty() {
        return Ok(TokenStream::new());
    }
    let name = names::ident(&item.name);
    let options = document
        .unions
        .iter()
        .find(|union| union.name == "ExportOptions")
        .ok_or_else(|| anyhow!("`x-files` needs a schema `ExportOptions`"))?;
    let class = format_ident!("{}Class", options.name);
    let mut extensions = Vec::new();
    let mut media_types = Vec::new();
    let mut classes = Vec::new();
    for file in &item.files {
        let ident = names::ident(&names::pascal(&file.value));
        let (extension, media_type) = (&file.extension, &file.media_type);
        let (_, model) = options
            .variants
            .iter()
            .find(|(value, _)| *value == file.options)
            .ok_or_else(|| {
                anyhow!(
                    "`x-files` names options `{}`, which do not exist",
                    file.options
                )
            })?;
        let variant = names::ident(&super::unions::variant(model, &options.name));
        extensions.push(quote! { Self::#ident => #extension });
        media_types.push(quote! { Self::#ident => #media_type });
        classes.push(quote! { Self::#ident => #class::#variant });
    }
    Ok(quote! {
        impl #name {
            /// Extension of the files, without a dot: lower case, `html` for HTML5, `mp4` for MPEG-4.
            #[allow(clippy::match_same_arms)]
            pub const fn extension(self) -> &'static str {
                match self { #(#extensions,)* }
            }
            /// Media type of the files.
            #[allow(clippy::match_same_arms)]
            pub const fn media_type(self) -> &'static str {
                match self { #(#media_types,)* }
            }
            /// The class of options this format takes; presentation formats without one of their own take that of PPTX.
            #[allow(clippy::match_same_arms)]
            pub const fn options_class(self) -> #class {
                match self { #(#classes,)* }
            }
        }
    })
}

/// Conversions to the enum that has all the values of this one, and back where there is such a value.
fn subset(document: &Document, item: &Enum) -> Result<TokenStream> {
    let Some(larger) = &item.subset_of else {
        return Ok(TokenStream::new());
    };
    let whole = document
        .enums
        .iter()
        .find(|other| other.name == *larger)
        .ok_or_else(|| anyhow!("`x-subset-of` names `{larger}`, which is no enum"))?;
    if let Some(value) = item
        .values
        .iter()
        .find(|value| !whole.values.contains(value))
    {
        bail!("value `{value}` is missing in `{larger}`");
    }
    let name = names::ident(&item.name);
    let larger = names::ident(larger);
    let idents: Vec<_> = item
        .values
        .iter()
        .map(|value| names::ident(&names::pascal(value)))
        .collect();
    Ok(quote! {
        impl From<#name> for #larger {
            fn from(value: #name) -> Self {
                match value { #(#name::#idents => Self::#idents,)* }
            }
        }
        impl TryFrom<#larger> for #name {
            type Error = UnknownValue;

            fn try_from(value: #larger) -> Result<Self, UnknownValue> {
                value.as_str().parse()
            }
        }
    })
}
