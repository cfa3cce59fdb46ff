//! Parts back to a package: ZIP entries copied as they are stored, relationships and content types written anew
//! where they change.

mod content_types;
mod edit;
mod format;
mod part;
mod relationships;
mod zip;

pub(crate) use content_types::ContentTypesWriter;
pub(crate) use edit::{Edits, edit, escape, standalone, tag_name};
pub use format::PackageFormat;
pub(crate) use part::{Body, OutPart};
pub(crate) use relationships::{RelationshipsWriter, WrittenTarget};
pub(crate) use zip::ZipStream;
pub use zip::{Compression, WriteOptions, Zip64};
