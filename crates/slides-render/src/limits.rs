/// What one page or picture may cost. The defaults suit untrusted decks on a server.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Pixels of one decoded picture (4 bytes each); larger ones are left out with a warning. 50 million by default.
    pub max_image_pixels: u64,
    /// Pixels of all pictures that one page makes decode; later ones are left out with a warning. 400 million by
    /// default.
    pub max_page_image_pixels: u64,
    /// Pixels that all pictures of one rasterised page may paint, each time they are shown; later ones are left out
    /// with a warning. 2,000 million by default.
    pub max_page_painted_pixels: u64,
    /// Pixels of one rasterised page. 100 million by default; each side is at most 65535.
    pub max_page_pixels: u64,
    /// Pixels of the offscreen picture of one effect; larger ones are drawn at a lower resolution. 4 million by default.
    pub max_effect_pixels: u64,
    /// Pixels of all effects of one page; later effects are left out with a warning. 64 million by default.
    pub max_page_effect_pixels: u64,
    /// Elements of one path; the rest is dropped with a warning. 200,000 by default.
    pub max_path_elements: usize,
    /// Dashes on one path; with more the line is drawn solid. 20,000 by default.
    pub max_dashes: usize,
    /// Glyphs of one run; the rest is dropped with a warning. 100,000 by default.
    pub max_glyphs: usize,
    /// Operations of one page, those inside effects included; the rest is dropped with a warning. 500,000 by default.
    pub max_operations: usize,
    /// Nesting of transforms, clips, layers and effects; deeper content is left out with a warning. 128 by default.
    pub max_depth: usize,
    /// Bytes of a page of an SVG or HTML document, pictures included; a larger one is an error. 1 GiB by default.
    pub max_document_bytes: u64,
    /// Bytes of decoded or scaled pictures kept for reuse. 64 MiB by default.
    pub image_cache_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_image_pixels: 50_000_000,
            max_page_image_pixels: 400_000_000,
            max_page_painted_pixels: 2_000_000_000,
            max_page_pixels: 100_000_000,
            max_effect_pixels: 4_000_000,
            max_page_effect_pixels: 64_000_000,
            max_path_elements: 200_000,
            max_dashes: 20_000,
            max_glyphs: 100_000,
            max_operations: 500_000,
            max_depth: 128,
            max_document_bytes: 1 << 30,
            image_cache_bytes: 64 << 20,
        }
    }
}
