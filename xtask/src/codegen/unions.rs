//! Objects of one of several classes, told apart by a tag.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{document::Union, names};

/// `PdfExportOptions` of `ExportOptions` is `Pdf`; `HandoutLayoutOptions` of `SlidesLayoutOptions` is `Handout`.
pub(crate) fn variant(model: &str, union: &str) -> String {
    let mut suffix = union;
    loop {
        if let Some(variant) = model.strip_suffix(suffix)
            && !variant.is_empty()
        {
            return variant.to_owned();
        }
        // Drop the first word of the union's name.
        match suffix
            .char_indices()
            .skip(1)
            .find(|(_, letter)| letter.is_ascii_uppercase())
        {
            Some((at, _)) => suffix = &suffix[at..],
            None => return model.to_owned(),
        }
    }
}

pub(crate) fn item(item: &Union) -> TokenStream {
    let name = names::ident(&item.name);
    let class = format_ident!("{}Class", item.name);
    let (doc, tag) = (names::doc(&item.doc), &item.tag);
    let tag_key = tag.to_ascii_lowercase();
    let class_doc = names::doc(&format!(
        "The classes of [`{}`], told apart by `{tag}`.",
        item.name
    ));
    let models: Vec<_> = item
        .variants
        .iter()
        .map(|(_, model)| names::ident(model))
        .collect();
    let model_docs = item
        .variants
        .iter()
        .map(|(_, model)| names::doc(&format!("See [`{model}`].")));
    let tags: Vec<_> = item.variants.iter().map(|(value, _)| value).collect();
    let tag_docs = item
        .variants
        .iter()
        .map(|(value, _)| names::doc(&format!("`{value}`.")));
    let variants: Vec<_> = item
        .variants
        .iter()
        .map(|(_, model)| names::ident(&variant(model, &item.name)))
        .collect();
    quote! {
        #class_doc
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum #class {
            #(#tag_docs #variants,)*
        }
        impl #class {
            /// The known values, in the order of the API description.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];
            const TEXTS: &'static [&'static str] = &[#(#tags),*];
            const ALIASES: &'static [(&'static str, Self)] = &[];

            /// The text on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { #(Self::#variants => #tags,)* }
            }

            fn keys(self) -> &'static [&'static str] {
                match self { #(Self::#variants => #models::KEYS,)* }
            }
        }
        closed_enum!(#class);

        #doc
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum #name {
            #(#model_docs #variants(Box<#models>),)*
        }
        impl #name {
            /// The class of these options.
            pub const fn class(&self) -> #class {
                match self { #(Self::#variants(_) => #class::#variants,)* }
            }

            /// No options of a class.
            pub fn empty(class: #class) -> Self {
                match class { #(#class::#variants => Self::#variants(Box::default()),)* }
            }

            /// Reads the object as a class, whatever its tag says.
            pub(crate) fn read_as(class: #class, value: Value) -> Result<Self, OptionsError> {
                Ok(match class {
                    #(#class::#variants => Self::#variants(Box::new(#models::from_wire(value)?)),)*
                })
            }
        }
        #(
            impl From<#models> for #name {
                fn from(options: #models) -> Self {
                    Self::#variants(Box::new(options))
                }
            }
        )*
        impl FromWire for #name {
            fn from_wire(value: Value) -> Result<Self, OptionsError> {
                let class = match wire::tag(&value, #tag_key) {
                    Some(tag) => #class::from_wire(tag.clone()).map_err(|error| error.inside(#tag))?,
                    None => wire::likely_class(&value, #class::ALL, #class::keys)
                        .ok_or_else(|| OptionsError::missing(#tag, #class::TEXTS))?,
                };
                Self::read_as(class, value)
            }
        }
        deserialize_from_wire!(#name);
        impl Serialize for #name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { #(Self::#variants(options) => options.serialize(serializer),)* }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::variant;

    #[test]
    fn variants_lose_the_words_they_share_with_the_union() {
        assert_eq!(variant("PdfExportOptions", "ExportOptions"), "Pdf");
        assert_eq!(
            variant("HandoutLayoutOptions", "SlidesLayoutOptions"),
            "Handout"
        );
        assert_eq!(variant("Circle", "Shape"), "Circle");
    }
}
