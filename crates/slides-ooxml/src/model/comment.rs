/// A comment on a slide, of either kind: `p:cm` (ECMA-376 part 1, 19.4.1) or the threaded `p188:cm`
/// (MS-PPTX, 2.14).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comment {
    /// Name of who wrote it; none when the deck does not say.
    pub author: Option<String>,
    /// When it was written, as the deck writes it (W3C date and time).
    pub written: Option<String>,
    /// Its text, paragraphs apart by line feeds.
    pub text: String,
    /// Answers, oldest first.
    pub replies: Vec<Comment>,
}
