/// Bounds on what one package may cost. Passing one is an [`ErrorKind::Limit`](crate::ErrorKind::Limit)
/// error that names the field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PackageLimits {
    /// Inflated bytes of one XML part.
    pub max_xml_part_bytes: u64,
    /// Inflated bytes of one media part.
    pub max_media_part_bytes: u64,
    /// Inflated bytes of all parts that are read, each counted once.
    pub max_total_bytes: u64,
    /// Inflated-to-deflated ratio of a part above 1 MiB.
    pub max_ratio: u64,
    /// Entries of the ZIP directory.
    pub max_parts: usize,
    /// Slides of the deck.
    pub max_slides: usize,
    /// Nesting of elements in one XML part.
    pub max_depth: usize,
    /// Nodes (elements, texts, comments) of one XML part.
    pub max_nodes: u32,
    /// Bytes of one start tag with its attributes.
    pub max_tag_bytes: usize,
    /// Hash rounds that an encrypted package may ask for.
    pub max_spin_count: u32,
}

impl Default for PackageLimits {
    fn default() -> Self {
        Self {
            max_xml_part_bytes: 64 << 20,
            max_media_part_bytes: 128 << 20,
            max_total_bytes: 1 << 30,
            max_ratio: 200,
            max_parts: 20_000,
            max_slides: 25_000,
            max_depth: 512,
            max_nodes: 2_000_000,
            max_tag_bytes: 256 << 10,
            max_spin_count: 10_000_000,
        }
    }
}
