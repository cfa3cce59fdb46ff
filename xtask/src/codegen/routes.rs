//! The route table.

use proc_macro2::TokenStream;
use quote::quote;

use super::{document::Route, names};

pub(crate) fn module(routes: &[Route]) -> TokenStream {
    let names: Vec<_> = routes
        .iter()
        .map(|route| names::ident(&names::constant(&route.operation_id)))
        .collect();
    let variants = routes.iter().map(|route| {
        let (doc, variant) = (
            names::doc(&route.summary),
            names::ident(&route.operation_id),
        );
        quote! { #doc #variant }
    });
    let constants = routes.iter().zip(&names).map(|(route, name)| {
        let Route {
            operation_id,
            summary,
            method,
            path,
            query,
            required_query,
            headers,
            success,
            own,
            open,
            ..
        } = route;
        let doc = names::doc(&format!("`{method} {path}`: {summary}"));
        let own_doc = own.then(|| quote! { #[doc = ""] #[doc = " Not part of the vendor's API."] });
        let call = names::ident(operation_id);
        let token = !open;
        let rest = route
            .rest
            .as_ref()
            .map_or_else(|| quote! { None }, |rest| quote! { Some(#rest) });
        quote! {
            #doc
            #own_doc
            pub const #name: Self = Self {
                call: ApiCall::#call,
                operation_id: #operation_id,
                method: #method,
                path: #path,
                query: &[#(#query),*],
                required_query: &[#(#required_query),*],
                headers: &[#(#headers),*],
                rest: #rest,
                success: #success,
                token: #token,
            };
        }
    });
    quote! {
        use crate::Route;

        /// Every call of the API by name. Exhaustive on purpose: who serves the API serves all of it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ApiCall {
            #(#variants),*
        }

        impl Route {
            #(#constants)*

            /// Every call of the API, in the order of the API description.
            pub const ALL: &'static [Self] = &[#(Self::#names),*];
        }
    }
}
