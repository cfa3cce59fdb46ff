/// Why a page or document could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The asked-for raster is larger than allowed.
    #[error(
        "page {page} cannot be drawn at {width} x {height} pixels: at most {limit} pixels and 65535 a side are allowed (`max_page_pixels`)"
    )]
    TooManyPixels {
        /// Number of the slide.
        page: u32,
        /// Width asked for.
        width: u32,
        /// Height asked for.
        height: u32,
        /// The limit in force.
        limit: u64,
    },
    /// A link leads to a page that was announced and not written.
    #[error("a link leads to slide {slide}, which was announced in `slides` but not written")]
    MissingPage {
        /// Number of the slide.
        slide: u32,
    },
    /// The PDF could not be assembled.
    #[error("the PDF could not be assembled: {message}")]
    Pdf {
        /// What the PDF library says.
        message: String,
    },
    /// A package could not be put together.
    #[error("the {format} could not be put together")]
    Package {
        /// The format.
        format: &'static str,
        /// Cause.
        #[source]
        source: std::io::Error,
    },
    /// A picture file could not be written.
    #[error("the {format} of {width} x {height} pixels could not be written")]
    File {
        /// The format.
        format: &'static str,
        /// Width.
        width: u32,
        /// Height.
        height: u32,
        /// Cause.
        #[source]
        source: std::io::Error,
    },
    /// What came of a page or document is larger than allowed.
    #[error(
        "page {page} has more than {limit} bytes, which passes the limit (`max_document_bytes`)"
    )]
    TooManyBytes {
        /// Number of the slide.
        page: u32,
        /// The limit in force.
        limit: u64,
    },
}

/// Something that was drawn differently from what the page asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Warning {
    /// Number of the slide, 1-based.
    pub page: u32,
    /// What is concerned, such as `picture`.
    pub feature: &'static str,
    /// What was done instead.
    pub message: String,
}

/// Warnings kept; a hostile page would give one for each of its operations.
const MAX_WARNINGS: usize = 1000;

/// Collects warnings, each once.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    page: u32,
    list: Vec<Warning>,
    added: u64,
}

impl Warnings {
    pub(crate) fn set_page(&mut self, page: u32) {
        self.page = page;
    }

    pub(crate) fn add(&mut self, feature: &'static str, message: impl Into<String>) {
        self.added += 1;
        let warning = Warning {
            page: self.page,
            feature,
            message: message.into(),
        };
        if self.list.len() < MAX_WARNINGS && !self.list.contains(&warning) {
            self.list.push(warning);
        }
    }

    /// How often one was added, known ones too.
    pub(crate) fn added(&self) -> u64 {
        self.added
    }

    pub(crate) fn list(&self) -> &[Warning] {
        &self.list
    }
}
