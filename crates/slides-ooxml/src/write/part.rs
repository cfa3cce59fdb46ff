use std::borrow::Cow;
use std::sync::Arc;

use super::{Compression, WriteOptions, ZipStream};
use crate::error::Result;
use crate::package::Package;

/// Where the bytes of a written part come from.
#[derive(Debug, Clone)]
pub(crate) enum Body<'a> {
    /// A part of a source package, unchanged.
    Kept(&'a Package, String),
    /// New bytes.
    New(Arc<[u8]>),
}

/// A part of the package to write; its name has a leading slash.
#[derive(Debug, Clone)]
pub(crate) struct OutPart<'a> {
    pub(crate) name: String,
    /// None for the parts of the container: relationships.
    pub(crate) content_type: Option<Cow<'a, str>>,
    pub(crate) body: Body<'a>,
}

impl OutPart<'_> {
    pub(crate) fn write(&self, zip: &mut ZipStream<'_>, options: &WriteOptions) -> Result<()> {
        match &self.body {
            Body::New(bytes) => zip.part(&self.name, bytes),
            Body::Kept(package, part) => {
                if options.compression == Compression::Keep
                    && let Ok(entry) = package.raw_entry(part)
                {
                    return zip.raw(&self.name, &entry);
                }
                zip.part(&self.name, &package.part(part)?)
            }
        }
    }
}
