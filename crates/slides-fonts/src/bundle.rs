//! The faces compiled in, by feature; `packed.rs` says how.
#![cfg_attr(
    not(all(
        feature = "core",
        feature = "scripts",
        feature = "symbols",
        feature = "cjk",
        feature = "office"
    )),
    allow(unused_macros, reason = "each feature uses some of them")
)]

/// One face compiled in.
#[derive(Debug)]
pub(crate) struct Bundled {
    pub(crate) family: &'static str,
    pub(crate) bold: bool,
    pub(crate) italic: bool,
    /// Of the plain file in `fonts/`.
    pub(crate) path: &'static str,
    pub(crate) packed: &'static [u8],
}

macro_rules! face {
    ($family:literal, $bold:literal, $italic:literal, $($path:literal),+) => {
        Bundled {
            family: $family,
            bold: $bold,
            italic: $italic,
            path: concat!($($path),+),
            packed: include_bytes!(concat!("../fonts/", $($path),+, ".zst")),
        }
    };
}

macro_rules! four {
    ($family:literal, $path:literal) => {
        &[
            face!($family, false, false, $path, "-Regular.ttf"),
            face!($family, true, false, $path, "-Bold.ttf"),
            face!($family, false, true, $path, "-Italic.ttf"),
            face!($family, true, true, $path, "-BoldItalic.ttf"),
        ]
    };
    ($family:literal, $path:literal, otf) => {
        &[
            face!($family, false, false, $path, "-Regular.otf"),
            face!($family, true, false, $path, "-Bold.otf"),
            face!($family, false, true, $path, "-Italic.otf"),
            face!($family, true, true, $path, "-BoldItalic.otf"),
        ]
    };
}

macro_rules! cjk {
    ($family:literal, $bold:literal, $face:ident) => {
        Bundled {
            family: $family,
            bold: $bold,
            italic: false,
            path: slides_fonts_cjk::$face.0,
            packed: slides_fonts_cjk::$face.1,
        }
    };
}

macro_rules! pair {
    ($family:literal, $path:literal) => {
        &[
            face!($family, false, false, $path, "-Regular.ttf"),
            face!($family, true, false, $path, "-Bold.ttf"),
        ]
    };
}

macro_rules! one {
    ($family:literal, $path:literal) => {
        &[face!($family, false, false, $path)]
    };
}

/// Families compiled in, in order of preference for characters that no asked-for face has.
pub(crate) static FAMILIES: &[&[Bundled]] = &[
    #[cfg(feature = "core")]
    four!("Liberation Sans", "core/LiberationSans"),
    #[cfg(feature = "core")]
    four!("Carlito", "core/Carlito"),
    #[cfg(feature = "core")]
    four!("Liberation Serif", "core/LiberationSerif"),
    #[cfg(feature = "core")]
    four!("Caladea", "core/Caladea"),
    #[cfg(feature = "core")]
    four!("Liberation Mono", "core/LiberationMono"),
    #[cfg(feature = "scripts")]
    pair!("Noto Sans Hebrew", "scripts/NotoSansHebrew"),
    #[cfg(feature = "scripts")]
    pair!("Noto Sans Arabic", "scripts/NotoSansArabic"),
    #[cfg(feature = "scripts")]
    pair!("Noto Naskh Arabic", "scripts/NotoNaskhArabic"),
    #[cfg(feature = "scripts")]
    pair!("Noto Sans Thai", "scripts/NotoSansThai"),
    #[cfg(feature = "scripts")]
    pair!("Noto Sans Devanagari", "scripts/NotoSansDevanagari"),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Bengali", "scripts/NotoSansBengali-Regular.ttf"),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Tamil", "scripts/NotoSansTamil-Regular.ttf"),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Telugu", "scripts/NotoSansTelugu-Regular.ttf"),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Kannada", "scripts/NotoSansKannada-Regular.ttf"),
    #[cfg(feature = "scripts")]
    one!(
        "Noto Sans Malayalam",
        "scripts/NotoSansMalayalam-Regular.ttf"
    ),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Gujarati", "scripts/NotoSansGujarati-Regular.ttf"),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Gurmukhi", "scripts/NotoSansGurmukhi-Regular.ttf"),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Sinhala", "scripts/NotoSansSinhala-Regular.ttf"),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Khmer", "scripts/NotoSansKhmer-Regular.ttf"),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Lao", "scripts/NotoSansLao-Regular.ttf"),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Myanmar", "scripts/NotoSansMyanmar-Regular.ttf"),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Georgian", "scripts/NotoSansGeorgian-Regular.ttf"),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Armenian", "scripts/NotoSansArmenian-Regular.ttf"),
    #[cfg(feature = "scripts")]
    one!("Noto Sans Ethiopic", "scripts/NotoSansEthiopic-Regular.ttf"),
    #[cfg(feature = "symbols")]
    one!("Noto Sans Symbols2", "symbols/NotoSansSymbols2-Regular.ttf"),
    #[cfg(feature = "symbols")]
    one!("Noto Sans Math", "symbols/NotoSansMath-Regular.ttf"),
    #[cfg(feature = "symbols")]
    one!("STIX Two Math", "symbols/STIXTwoMath-Regular.ttf"),
    #[cfg(feature = "symbols")]
    one!("Noto Sans Symbols", "symbols/NotoSansSymbols-Regular.ttf"),
    #[cfg(feature = "cjk")]
    &[
        cjk!("Noto Sans CJK JP", false, JP_REGULAR),
        cjk!("Noto Sans CJK JP", true, JP_BOLD),
    ],
    #[cfg(feature = "cjk")]
    &[
        cjk!("Noto Sans CJK KR", false, KR_REGULAR),
        cjk!("Noto Sans CJK KR", true, KR_BOLD),
    ],
    #[cfg(feature = "cjk")]
    &[
        cjk!("Noto Sans CJK SC", false, SC_REGULAR),
        cjk!("Noto Sans CJK SC", true, SC_BOLD),
    ],
    #[cfg(feature = "cjk")]
    &[cjk!("Noto Sans CJK TC", false, TC_REGULAR)],
    #[cfg(feature = "office")]
    four!("Open Sans", "office/OpenSans"),
    #[cfg(feature = "office")]
    four!("Roboto", "office/Roboto"),
    #[cfg(feature = "office")]
    pair!("Roboto Slab", "office/RobotoSlab"),
    #[cfg(feature = "office")]
    four!("Lato", "office/Lato"),
    #[cfg(feature = "office")]
    four!("Montserrat", "office/Montserrat"),
    #[cfg(feature = "office")]
    four!("Poppins", "office/Poppins"),
    #[cfg(feature = "office")]
    pair!("Oswald", "office/Oswald"),
    #[cfg(feature = "office")]
    pair!("Selawik", "office/Selawik"),
    #[cfg(feature = "office")]
    four!("Gelasio", "office/Gelasio"),
    #[cfg(feature = "office")]
    four!("TeX Gyre Adventor", "office/TeXGyreAdventor", otf),
    #[cfg(feature = "office")]
    four!("TeX Gyre Bonum", "office/TeXGyreBonum", otf),
    #[cfg(feature = "office")]
    four!("TeX Gyre Pagella", "office/TeXGyrePagella", otf),
    #[cfg(feature = "office")]
    four!("TeX Gyre Schola", "office/TeXGyreSchola", otf),
    #[cfg(feature = "office")]
    four!("EB Garamond", "office/EBGaramond"),
    #[cfg(feature = "office")]
    four!("Libre Franklin", "office/LibreFranklin"),
    #[cfg(feature = "office")]
    four!("Jost", "office/Jost"),
    #[cfg(feature = "office")]
    four!("Fira Sans", "office/FiraSans"),
    #[cfg(feature = "office")]
    pair!("DejaVu Sans", "office/DejaVuSans"),
    #[cfg(feature = "office")]
    four!("Comic Neue", "office/ComicNeue"),
    #[cfg(feature = "office")]
    &[face!(
        "TeX Gyre Chorus",
        false,
        true,
        "office/TeXGyreChorus-MediumItalic.otf"
    )],
    #[cfg(feature = "office")]
    one!("Twemoji", "office/Twemoji.ttf"),
    #[cfg(feature = "office")]
    one!("Open Sans Light", "office/OpenSans-Light.ttf"),
    #[cfg(feature = "office")]
    one!("Open Sans Semibold", "office/OpenSans-Semibold.ttf"),
    #[cfg(feature = "office")]
    one!("Roboto Light", "office/Roboto-Light.ttf"),
    #[cfg(feature = "office")]
    one!("Roboto Medium", "office/Roboto-Medium.ttf"),
    #[cfg(feature = "office")]
    one!("Lato Light", "office/Lato-Light.ttf"),
    #[cfg(feature = "office")]
    one!("Lato Black", "office/Lato-Black.ttf"),
    #[cfg(feature = "office")]
    one!("Montserrat Light", "office/Montserrat-Light.ttf"),
    #[cfg(feature = "office")]
    one!("Montserrat Medium", "office/Montserrat-Medium.ttf"),
    #[cfg(feature = "office")]
    one!("Montserrat SemiBold", "office/Montserrat-SemiBold.ttf"),
    #[cfg(feature = "office")]
    one!("Poppins Light", "office/Poppins-Light.ttf"),
    #[cfg(feature = "office")]
    one!("Poppins Medium", "office/Poppins-Medium.ttf"),
    #[cfg(feature = "office")]
    one!("Poppins SemiBold", "office/Poppins-SemiBold.ttf"),
    #[cfg(feature = "office")]
    one!("Humanist UI Light", "office/HumanistUILight-Regular.ttf"),
    #[cfg(feature = "office")]
    &[
        face!(
            "Humanist Light",
            false,
            false,
            "office/HumanistLight-Regular.ttf"
        ),
        face!(
            "Humanist Light",
            false,
            true,
            "office/HumanistLight-Italic.ttf"
        ),
    ],
    #[cfg(feature = "office")]
    one!("Anton", "office/Anton-Regular.ttf"),
    #[cfg(feature = "office")]
    one!("Archivo Black", "office/ArchivoBlack-Regular.ttf"),
];
