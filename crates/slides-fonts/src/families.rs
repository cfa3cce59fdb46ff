//! Which face stands in for which family of Office, and the metrics of the family itself.

/// How a family is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StandIn {
    /// Family to draw with.
    pub(crate) family: &'static str,
    /// Horizontal scale of its outlines.
    pub(crate) scale_x: f64,
    /// The stand-in has the same advance widths.
    pub(crate) twin: bool,
}

const fn twin(family: &'static str) -> StandIn {
    StandIn {
        family,
        scale_x: 1.0,
        twin: true,
    }
}

const fn near(family: &'static str, scale_x: f64) -> StandIn {
    StandIn {
        family,
        scale_x,
        twin: false,
    }
}

const SANS: &str = "Liberation Sans";
const SERIF: &str = "Liberation Serif";
const MONO: &str = "Liberation Mono";
const HUMANIST: &str = "Carlito";
const JP: &str = "Noto Sans CJK JP";
const KR: &str = "Noto Sans CJK KR";
const SC: &str = "Noto Sans CJK SC";
const TC: &str = "Noto Sans CJK TC";
const GEOMETRIC: &str = "Jost";
const WIDE: &str = "DejaVu Sans";
const SYMBOLS: &str = "Noto Sans Symbols2";

/// The stand-in for a family in lower case.
pub(crate) fn stand_in(family: &str, bold: bool) -> Option<StandIn> {
    Some(match family {
        // The bold of a light face is that of its family.
        "calibri light" if !bold => near("Humanist Light", 1.0),
        "segoe ui light" | "segoe ui semilight" if !bold => near("Humanist UI Light", 1.0),
        "calibri" => twin(HUMANIST),
        "cambria" => twin("Caladea"),
        "arial" | "helvetica" | "helvetica neue" | "arial mt" | "arialmt" | "arimo"
        | "nimbus sans" => twin(SANS),
        "times new roman" | "times" | "times new roman ps" | "timesnewromanpsmt" | "tinos"
        | "nimbus roman" => twin(SERIF),
        "courier new" | "courier" | "couriernewpsmt" | "cousine" | "nimbus mono" => twin(MONO),
        "georgia" => twin("Gelasio"),
        "segoe ui" | "segoe" => twin("Selawik"),
        // The faces that Monotype drew to the widths of these four, and the Palatino that Windows brings.
        "century gothic" | "itc avant garde gothic" | "avant garde" | "urw gothic" => {
            twin("TeX Gyre Adventor")
        }
        "bookman old style" | "bookman" | "itc bookman" | "urw bookman" => twin("TeX Gyre Bonum"),
        "palatino linotype" | "palatino" | "book antiqua" => twin("TeX Gyre Pagella"),
        "century schoolbook" | "new century schoolbook" => twin("TeX Gyre Schola"),
        "monotype corsiva" | "itc zapf chancery" | "zapf chancery" | "apple chancery" => {
            twin("TeX Gyre Chorus")
        }

        "arial narrow" | "helvetica narrow" | "liberation sans narrow" => StandIn {
            family: SANS,
            scale_x: 0.82,
            twin: true,
        },

        "calibri light" => near(HUMANIST, 1.0),
        "microsoft sans serif"
        | "arial unicode ms"
        | "ms sans serif"
        | "ms shell dlg"
        | "neue haas grotesk text pro"
        | "neue haas grotesk"
        | "univers" => near(SANS, 1.0),
        "candara" | "corbel" | "gill sans" | "gill sans mt" | "gill sans nova" | "optima"
        | "myriad pro" | "myriad" => near(HUMANIST, 1.04),
        "aptos" | "aptos display" | "aptos narrow" | "bierstadt" | "bahnschrift" | "seaford"
        | "skeena" | "speak pro" | "quire sans" => near(HUMANIST, 1.06),
        "avenir" | "avenir next" | "avenir next lt pro" | "avenir lt std" | "source sans pro"
        | "source sans 3" | "frutiger" => near(HUMANIST, 1.1),
        "tenorite" | "tenorite display" | "gadugi" | "ebrima" | "segoe ui historic"
        | "segoe ui variable" => near("Selawik", 1.0),
        "tw cen mt" | "twentieth century" => near(GEOMETRIC, 0.97),
        "futura" | "posterama" | "brandon grotesque" => near(GEOMETRIC, 1.03),
        "gotham" => near("Montserrat", 0.99),
        "proxima nova" | "circular" | "gilroy" | "raleway" => near("Montserrat", 0.92),
        "noto sans" | "droid sans" => near("Open Sans", 1.0),
        "comic sans ms" | "comic sans" => near("Comic Neue", 1.1),
        "segoe print"
        | "segoe script"
        | "ink free"
        | "bradley hand itc"
        | "kristen itc"
        | "chalkboard"
        | "marker felt"
        | "the hand"
        | "dreaming outloud pro" => near("Comic Neue", 1.05),
        "trebuchet ms" | "trebuchet" => near("Fira Sans", 0.97),
        "tahoma" | "geneva" | "ms shell dlg 2" => near(WIDE, 0.9),
        "lucida sans" | "lucida grande" | "lucida sans unicode" => near(WIDE, 0.94),
        "verdana" | "verdana pro" | "bitstream vera sans" => near(WIDE, 1.0),
        "franklin gothic book"
        | "franklin gothic medium"
        | "franklin gothic"
        | "trade gothic next"
        | "trade gothic" => near("Libre Franklin", 0.9),
        "inter" | "work sans" | "sf pro" | "san francisco" | "ibm plex sans" => near(SANS, 0.98),
        "impact" | "haettenschweiler" => near("Anton", 1.0),
        "arial black" => near("Archivo Black", 1.01),
        "arial rounded mt" => near(SANS, 1.04),

        "century" => near("TeX Gyre Schola", 1.0),
        "constantia" | "charter" => near(SERIF, 1.1),
        "baskerville old face" | "sitka text" | "sitka" => near(SERIF, 1.08),
        "garamond" | "adobe garamond pro" | "sabon next lt" | "dante" | "bembo" => {
            near("EB Garamond", 0.97)
        }
        "perpetua" | "centaur" | "goudy old style" => near("EB Garamond", 0.95),
        "georgia pro" => near("Gelasio", 1.0),
        "rockwell" | "rockwell nova" => near("Roboto Slab", 0.96),
        "lucida bright" | "lucida fax" => near(SERIF, 1.16),
        "footlight mt light"
        | "elephant"
        | "modern no. 20"
        | "old english text mt"
        | "cooper black"
        | "bodoni mt"
        | "didot"
        | "calisto mt"
        | "californian fb"
        | "high tower text"
        | "bell mt"
        | "merriweather"
        | "playfair display"
        | "times ten"
        | "sylfaen" => near(SERIF, 1.0),

        "cambria math" | "stix math" | "stix two math" | "xits math" | "latin modern math" => {
            near("STIX Two Math", 1.0)
        }

        "consolas" | "inconsolata" => near(MONO, 0.916),
        "lucida console"
        | "menlo"
        | "monaco"
        | "andale mono"
        | "dejavu sans mono"
        | "source code pro"
        | "fira code"
        | "cascadia code"
        | "cascadia mono"
        | "simplified arabic fixed" => near(MONO, 1.0),

        "symbol" | "symbolmt" | "symbol mt" | "symbolps" => near("Noto Sans Math", 1.0),
        "wingdings" | "wingdings 2" | "wingdings 3" | "wingdings2" | "wingdings3" | "webdings"
        | "zapfdingbats" | "zapf dingbats" | "itc zapf dingbats" | "monotype sorts"
        | "segoe ui symbol" => near(SYMBOLS, 1.0),
        "segoe ui emoji" | "apple color emoji" | "noto color emoji" => twin("Twemoji"),

        "meiryo"
        | "meiryo ui"
        | "ms pgothic"
        | "ms gothic"
        | "ms ui gothic"
        | "yu gothic"
        | "yu gothic ui"
        | "yu gothic medium"
        | "ms mincho"
        | "ms pmincho"
        | "yu mincho"
        | "hiragino sans"
        | "hiragino kaku gothic pro"
        | "hiragino kaku gothic pron"
        | "hiragino mincho pron"
        | "osaka"
        | "ipagothic"
        | "ipaexgothic"
        | "takaogothic"
        | "noto sans jp"
        | "noto sans cjk jp"
        | "source han sans"
        | "hg創英角ｺﾞｼｯｸub"
        | "hgp創英角ｺﾞｼｯｸub"
        | "biz udpgothic"
        | "biz udgothic"
        | "ud デジタル 教科書体"
        | "游ゴシック"
        | "游ゴシック light"
        | "游明朝"
        | "ｍｓ ｐゴシック"
        | "ｍｓ ゴシック"
        | "ｍｓ 明朝"
        | "ｍｓ ｐ明朝"
        | "メイリオ"
        | "ヒラギノ角ゴ pro w3" => near(JP, 1.0),
        "malgun gothic"
        | "gulim"
        | "gulimche"
        | "dotum"
        | "dotumche"
        | "batang"
        | "batangche"
        | "gungsuh"
        | "apple sd gothic neo"
        | "applegothic"
        | "nanumgothic"
        | "nanum gothic"
        | "noto sans kr"
        | "noto sans cjk kr"
        | "맑은 고딕"
        | "굴림"
        | "굴림체"
        | "돋움"
        | "돋움체"
        | "바탕"
        | "바탕체"
        | "궁서"
        | "나눔고딕"
        | "hy견고딕"
        | "hy중고딕"
        | "hy헤드라인m"
        | "휴먼명조" => near(KR, 1.0),
        "simsun"
        | "nsimsun"
        | "simhei"
        | "microsoft yahei"
        | "microsoft yahei ui"
        | "microsoft yahei light"
        | "dengxian"
        | "kaiti"
        | "fangsong"
        | "stsong"
        | "stheiti"
        | "stkaiti"
        | "stxihei"
        | "pingfang sc"
        | "heiti sc"
        | "songti sc"
        | "hiragino sans gb"
        | "noto sans sc"
        | "noto sans cjk sc"
        | "source han sans cn"
        | "source han sans sc"
        | "wenquanyi micro hei"
        | "droid sans fallback"
        | "宋体"
        | "新宋体"
        | "黑体"
        | "微软雅黑"
        | "等线"
        | "楷体"
        | "仿宋"
        | "华文细黑"
        | "华文楷体" => near(SC, 1.0),
        "mingliu"
        | "pmingliu"
        | "microsoft jhenghei"
        | "microsoft jhenghei ui"
        | "dfkai-sb"
        | "pingfang tc"
        | "heiti tc"
        | "noto sans tc"
        | "noto sans cjk tc"
        | "新細明體"
        | "細明體"
        | "微軟正黑體"
        | "標楷體" => near(TC, 1.0),

        "david" | "miriam" | "gisha" | "rod" | "narkisim" | "frankruehl" | "aharoni"
        | "levenim mt" => near("Noto Sans Hebrew", 1.0),
        "simplified arabic" | "traditional arabic" | "sakkal majalla" | "arabic typesetting"
        | "b nazanin" | "b mitra" | "b lotus" | "b zar" | "scheherazade" => {
            near("Noto Naskh Arabic", 0.86)
        }
        "andalus" | "b titr" | "b yekan" | "dubai" | "aldhabi" => near("Noto Sans Arabic", 1.0),
        "mangal" | "kokila" | "aparajita" | "utsaah" | "nirmala ui" => {
            near("Noto Sans Devanagari", 1.0)
        }
        "cordia new" | "angsana new" | "browallia new" | "leelawadee" | "leelawadee ui"
        | "tahoma thai" | "th sarabun new" => near("Noto Sans Thai", 1.0),
        "latha" | "vijaya" => near("Noto Sans Tamil", 1.0),
        "vrinda" | "shonar bangla" => near("Noto Sans Bengali", 1.0),
        _ => return None,
    })
}

/// A guess for a family that no table knows, from the words in its name.
pub(crate) fn guess(family: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| family.contains(word));
    let foundry = family.starts_with("monotype");
    if !foundry
        && has(&[
            "mono",
            "code",
            "courier",
            "console",
            "typewriter",
            "consol",
            "fixed",
            "terminal",
        ])
    {
        MONO
    } else if has(&["sans", "gothic", "grotesk", "grotesque"]) {
        SANS
    } else if has(&[
        "serif",
        "roman",
        "times",
        "garamond",
        "book",
        "antiqua",
        "bodoni",
        "minion",
        "caslon",
        "baskerville",
        "didot",
        "palatino",
        "century",
        "georgia",
        "slab",
        "text pro",
    ]) {
        SERIF
    } else {
        SANS
    }
}

/// Ascent and descent in em that PowerPoint seats lines of a family by, and, where known, distance from the
/// baseline to the underline's top and its thickness. Bold thickness where it differs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FamilyMetrics {
    pub(crate) ascent: f64,
    pub(crate) descent: f64,
    pub(crate) underline: Option<(f64, f64, f64)>,
}

/// Line metrics of a family in lower case, measured or published; `None` where nothing is known.
pub(crate) fn metrics(family: &str) -> Option<FamilyMetrics> {
    let of = |ascent: u16, descent: u16, underline| {
        Some(FamilyMetrics {
            ascent: f64::from(ascent) / 2048.0,
            descent: f64::from(descent) / 2048.0,
            underline,
        })
    };
    // As the font descriptors of PDF files say it.
    let published = |ascent: u16, descent: u16| {
        Some(FamilyMetrics {
            ascent: f64::from(ascent) / 1000.0,
            descent: f64::from(descent) / 1000.0,
            underline: None,
        })
    };
    match family {
        "calibri" | "calibri light" => of(1950, 550, Some((0.113, 0.065, 0.065))),
        "arial" | "helvetica" | "helvetica neue" | "arial narrow" => {
            of(1854, 434, Some((0.106, 0.073, 0.105)))
        }
        "times new roman" | "times" => of(1825, 443, None),
        "courier new" | "courier" => of(1705, 615, None),
        "cambria" => of(1946, 455, None),
        "cambria math" => of(1593, 455, None),
        "aptos" | "aptos display" | "aptos narrow" => of(1923, 577, Some((0.049, 0.024, 0.024))),
        "arial unicode ms" => of(2189, 555, None),
        "b nazanin" => of(1990, 1045, None),
        "consolas" => of(1884, 514, None),
        "malgun gothic" => of(2229, 495, None),
        "mangal" => of(2542, 898, None),
        "meiryo" | "meiryo ui" => of(2171, 901, None),
        "ms pgothic" | "ms gothic" | "ms ui gothic" => Some(FamilyMetrics {
            ascent: 220.0 / 256.0,
            descent: 36.0 / 256.0,
            underline: None,
        }),
        "microsoft sans serif" => of(1888, 430, None),
        "open sans" => of(2189, 600, Some((0.075, 0.050, 0.050))),
        "simplified arabic fixed" => of(1638, 598, None),
        "wingdings" => of(1841, 432, None),
        "segoe ui" | "segoe ui light" | "segoe ui semilight" | "segoe ui symbol"
        | "segoe ui emoji" => of(2210, 514, None),
        "verdana" => of(2059, 430, None),
        "tahoma" => of(2049, 423, None),
        "trebuchet ms" => of(1923, 455, None),
        "georgia" => of(1878, 449, None),
        "lucida grande" => of(1980, 432, None),
        "candara" | "corbel" | "constantia" => of(1950, 550, None),
        "impact" => of(2066, 432, None),
        "comic sans ms" => of(2257, 597, None),
        "arial black" => of(2254, 634, None),
        "lucida sans unicode" => of(2246, 901, None),
        "lucida console" => of(1616, 432, None),
        "microsoft yahei" | "microsoft yahei ui" => of(2167, 536, None),
        "simsun" | "nsimsun" | "simhei" | "gulim" | "dotum" | "batang" | "ms mincho"
        | "ms pmincho" => published(859, 141),
        "mingliu" | "pmingliu" => published(801, 199),
        "century gothic" => published(1006, 220),
        "gill sans mt" | "gill sans" => published(918, 230),
        "garamond" => published(862, 263),
        "book antiqua" => published(923, 283),
        "bookman old style" => published(932, 238),
        "century schoolbook" | "century" => published(985, 215),
        "palatino linotype" => published(1050, 283),
        "franklin gothic book" | "franklin gothic medium" | "franklin gothic" => {
            published(917, 216)
        }
        "tw cen mt" => published(844, 246),
        "rockwell" => published(892, 282),
        "monotype corsiva" => published(842, 276),
        _ => None,
    }
}

/// What a name asks for beside the family: `Arial Black` is a heavy Arial, `Foo Semibold Condensed` a bold, narrow Foo.
#[derive(Debug, PartialEq)]
pub(crate) struct Name {
    /// Lower case, single spaces, without theme remarks such as `(Body)`.
    pub(crate) full: String,
    /// The same without the words of weight and width at its end.
    pub(crate) base: String,
    pub(crate) bold: bool,
    pub(crate) italic: bool,
    pub(crate) scale_x: f64,
}

/// The English name of a family that also goes by a name in its own script; both in lower case.
fn english(family: &str) -> &str {
    match family {
        "ｍｓ ｐゴシック" => "ms pgothic",
        "ｍｓ ゴシック" => "ms gothic",
        "ｍｓ ｐ明朝" => "ms pmincho",
        "ｍｓ 明朝" => "ms mincho",
        "メイリオ" => "meiryo",
        "游ゴシック" => "yu gothic",
        "游ゴシック light" => "yu gothic light",
        "游明朝" => "yu mincho",
        "맑은 고딕" => "malgun gothic",
        "굴림" => "gulim",
        "돋움" => "dotum",
        "바탕" => "batang",
        "宋体" => "simsun",
        "黑体" => "simhei",
        "微软雅黑" => "microsoft yahei",
        "等线" => "dengxian",
        "新細明體" => "pmingliu",
        "微軟正黑體" => "microsoft jhenghei",
        // The names that PostScript has for them, as converters write them.
        "opensans" => "open sans",
        "robotoslab" => "roboto slab",
        "segoeui" => "segoe ui",
        "centurygothic" => "century gothic",
        "gillsansmt" | "gillsans" => "gill sans mt",
        "timesnewroman" | "timesnewromanps" => "times new roman",
        "couriernew" | "couriernewps" => "courier new",
        "helveticaneue" => "helvetica neue",
        "trebuchetms" => "trebuchet ms",
        "comicsansms" => "comic sans ms",
        "arialnarrow" => "arial narrow",
        "palatinolinotype" => "palatino linotype",
        "bookantiqua" => "book antiqua",
        "sourcesanspro" => "source sans pro",
        "playfairdisplay" => "playfair display",
        other => other,
    }
}

/// The words of a style that PostScript names end with behind a hyphen; `None` where it is no style.
fn postscript_style(tail: &str) -> Option<&'static str> {
    Some(match tail {
        "regular" | "roman" | "normal" | "book" | "mt" | "psmt" => "",
        "bold" | "boldmt" | "heavy" | "demi" => " bold",
        "italic" | "italicmt" | "oblique" | "it" => " italic",
        "bolditalic" | "bolditalicmt" | "boldoblique" | "boldit" => " bold italic",
        "semibold" | "demibold" => " semibold",
        "extrabold" => " extrabold",
        "black" => " black",
        "medium" => " medium",
        "light" => " light",
        "lightitalic" => " light italic",
        "extralight" | "thin" => " thin",
        _ => return None,
    })
}

/// Takes a family name apart.
pub(crate) fn parse_name(family: &str) -> Name {
    let mut lower: String = family
        .chars()
        .take(256)
        .flat_map(char::to_lowercase)
        .collect();
    if let Some(at) = lower.find(" (")
        && lower.ends_with(')')
    {
        lower.truncate(at);
    }
    let full = lower
        .trim_start_matches('@')
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let full = match full.rsplit_once('-') {
        Some((family, tail)) => match postscript_style(tail) {
            Some(style) => format!("{}{style}", english(family)),
            None => full,
        },
        None => english(&full).to_owned(),
    };
    let mut words: Vec<&str> = full.split(' ').collect();
    let (mut bold, mut italic, mut scale_x) = (false, false, 1.0);
    while words.len() > 1 {
        match words.last().copied().unwrap_or_default() {
            // Its last word is no style.
            "roman" if words == ["times", "new", "roman"] => break,
            "semibold" | "demibold" | "demi" | "bold" | "extrabold" | "ultrabold" | "black"
            | "heavy" => bold = true,
            "italic" | "oblique" => italic = true,
            "light" | "thin" | "semilight" | "extralight" | "ultralight" | "medium" | "regular"
            | "roman" | "normal" | "book" | "pro" | "std" | "mt" | "lt" => {}
            "condensed" | "narrow" | "cond" | "cn" => scale_x = 0.82,
            _ => break,
        }
        words.pop();
    }
    Name {
        base: words.join(" "),
        full,
        bold,
        italic,
        scale_x,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let name = parse_name("Calibri  (Body)");
        assert_eq!(
            (name.full.as_str(), name.base.as_str(), name.bold),
            ("calibri", "calibri", false)
        );
        let name = parse_name("Segoe UI Semibold");
        assert_eq!((name.base.as_str(), name.bold), ("segoe ui", true));
        let name = parse_name("@Roboto Condensed Light Italic");
        assert_eq!(
            (name.base.as_str(), name.bold, name.italic, name.scale_x),
            ("roboto", false, true, 0.82)
        );
        let name = parse_name("OpenSans-BoldItalic");
        assert_eq!(
            (name.base.as_str(), name.bold, name.italic),
            ("open sans", true, true)
        );
        let name = parse_name("TimesNewRomanPS-BoldMT");
        assert_eq!((name.base.as_str(), name.bold), ("times new roman", true));
        assert_eq!(parse_name("Lato-Regular").full, "lato");
        assert_eq!(parse_name("DFKai-SB").full, "dfkai-sb");
        assert_eq!(parse_name("").full, "");
        assert_eq!(parse_name("ＭＳ Ｐゴシック").full, "ms pgothic");
    }

    #[test]
    fn every_stand_in_is_a_bundled_family() {
        let bundled = |family: &str| {
            crate::bundle::FAMILIES
                .iter()
                .any(|faces| faces.iter().any(|face| face.family == family))
        };
        for family in [
            "calibri",
            "arial narrow",
            "georgia",
            "consolas",
            "wingdings",
            "symbol",
            "david",
            "b nazanin",
            "mangal",
            "angsana new",
            "latha",
            "vrinda",
            "segoe ui",
            "segoe ui light",
            "calibri light",
            "segoe ui emoji",
            "century gothic",
            "bookman old style",
            "palatino linotype",
            "century schoolbook",
            "monotype corsiva",
            "garamond",
            "franklin gothic book",
            "tw cen mt",
            "rockwell",
            "trebuchet ms",
            "verdana",
            "comic sans ms",
            "impact",
            "arial black",
        ] {
            let stand_in = stand_in(family, false).unwrap();
            assert!(
                bundled(stand_in.family),
                "{family} is drawn with {}, which is not bundled",
                stand_in.family
            );
        }
    }
}
