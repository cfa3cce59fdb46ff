//! Subsets of Noto Sans CJK as `slides-fonts` packs its faces (a zstd frame behind a list of characters). Data alone, and a
//! crate of its own since crates.io takes no package above 10 MB.
//!
//! The faces are under the SIL Open Font License 1.1; `fonts/NOTICE.md` says whose they are and what was changed.

/// A packed face: where its plain file belongs below `fonts/`, and its bytes.
pub type Packed = (&'static str, &'static [u8]);

macro_rules! packed {
    ($(#[doc = $doc:literal] $name:ident = $path:literal;)+) => {
        $(
            #[doc = $doc]
            pub const $name: Packed = ($path, include_bytes!(concat!("../fonts/", $path, ".zst")));
        )+
    };
}

packed! {
    /// Japanese, regular: JIS X 0208.
    JP_REGULAR = "cjk/NotoSansCJKjp-Regular.otf";
    /// Japanese, bold: JIS X 0208.
    JP_BOLD = "cjk/NotoSansCJKjp-Bold.otf";
    /// Korean, regular: Hangul.
    KR_REGULAR = "cjk/NotoSansCJKkr-Regular.otf";
    /// Korean, bold: Hangul.
    KR_BOLD = "cjk/NotoSansCJKkr-Bold.otf";
    /// Simplified Chinese, regular: the block of CJK Unified Ideographs.
    SC_REGULAR = "cjk/NotoSansCJKsc-Regular.otf";
    /// Simplified Chinese, bold: GB 2312.
    SC_BOLD = "cjk/NotoSansCJKsc-Bold.otf";
    /// Traditional Chinese, regular: Big5.
    TC_REGULAR = "cjk/NotoSansCJKtc-Regular.otf";
}
