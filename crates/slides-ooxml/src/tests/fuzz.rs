//! Damaged decks: whatever happens, no panic, and time and memory stay bounded by the limits.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::Builder;
use crate::{Deck, PackageLimits, sniff};

/// A slide with something of each area.
const RICH: &str = "<p:sp><p:nvSpPr><p:cNvPr id='2' name='s'><a:hlinkClick r:id='pic'/></p:cNvPr><p:nvPr><p:ph type='body' idx='1'/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm rot='60000'><a:off x='1' y='2'/><a:ext cx='3' cy='4'/></a:xfrm><a:custGeom><a:gdLst><a:gd name='g' fmla='val 1'/></a:gdLst><a:pathLst><a:path><a:moveTo><a:pt x='g' y='1'/></a:moveTo></a:path></a:pathLst></a:custGeom><a:gradFill><a:gsLst><a:gs pos='0'><a:schemeClr val='accent1'><a:lumMod val='50000'/></a:schemeClr></a:gs></a:gsLst></a:gradFill><a:ln w='5'><a:custDash><a:ds d='1' sp='2'/></a:custDash></a:ln></p:spPr><p:txBody><a:bodyPr><a:normAutofit fontScale='90000'/></a:bodyPr><a:p><a:pPr lvl='1'><a:buChar char='x'/></a:pPr><a:r><a:rPr sz='1200'/><a:t>t_x0041_</a:t></a:r></a:p></p:txBody></p:sp><p:grpSp><p:grpSpPr/><p:pic><p:blipFill><a:blip r:embed='pic'/></p:blipFill></p:pic></p:grpSp><p:graphicFrame><a:graphic><a:graphicData uri='x/table'><a:tbl><a:tblGrid><a:gridCol w='1'/></a:tblGrid><a:tr h='2'><a:tc gridSpan='3'/></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>";

static DECK: LazyLock<Builder> = LazyLock::new(|| {
    let mut builder = Builder::new(RICH);
    builder
        .slide_relationships(&[("pic", "image", "../media/i.png")])
        .set("ppt/media/i.png", "x");
    builder
});

fn read_all(bytes: Vec<u8>) {
    let limits = PackageLimits {
        max_spin_count: 1000,
        max_total_bytes: 1 << 22,
        ..PackageLimits::default()
    };
    let _ = sniff(&bytes);
    if let Ok(deck) = Deck::open(bytes, Some("secret"), &limits) {
        for index in 0..deck.presentation().slides.len().min(3) {
            let _ = (deck.slide(index), deck.is_hidden(index), deck.notes(index));
        }
    }
}

fn change(mut bytes: Vec<u8>, edits: &[(usize, u8)], cut: usize) -> Vec<u8> {
    for (at, value) in edits {
        let at = at % bytes.len();
        bytes[at] = *value;
    }
    bytes.truncate(bytes.len() - cut % bytes.len());
    bytes
}

fn edits(most: usize) -> impl Strategy<Value = Vec<(usize, u8)>> {
    prop::collection::vec((any::<usize>(), any::<u8>()), 0..most)
}

/// Usually nothing is cut.
fn cut() -> impl Strategy<Value = usize> {
    prop_oneof![3 => Just(0), 1 => any::<usize>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_containers(edits in edits(20), cut in cut()) {
        read_all(change(DECK.bytes(), &edits, cut));
    }

    #[test]
    fn damaged_encrypted_containers(edits in edits(6), cut in cut()) {
        read_all(change(include_bytes!("../../testdata/agile.pptx").to_vec(), &edits, cut));
    }

    #[test]
    fn damaged_parts(part in any::<prop::sample::Index>(), edits in edits(8), cut in cut()) {
        let mut builder = Builder(DECK.0.clone());
        let name = part.get(&builder.0.keys().cloned().collect::<Vec<_>>()).clone();
        let data = builder.0.remove(&name).unwrap();
        builder.0.insert(name, change(data, &edits, cut));
        read_all(builder.bytes());
    }

    /// Well-formed XML with odd values gets further into the readers than random bytes do.
    #[test]
    fn odd_attribute_values(which in any::<prop::sample::Index>(), value in "[-+]?[0-9]{0,22}[%.eEpt]{0,2}|[a-zA-Z_x]{0,6}|\\PC{0,4}") {
        let value = value.replace(['&', '<', '\''], "");
        let xml = String::from_utf8(DECK.0["ppt/slides/slide1.xml"].clone()).unwrap();
        let starts: Vec<usize> = xml.match_indices("='").map(|(at, _)| at + 2).collect();
        let start = *which.get(&starts);
        let end = start + xml[start..].find('\'').unwrap();
        let mut builder = Builder(DECK.0.clone());
        builder.set("ppt/slides/slide1.xml", &format!("{}{value}{}", &xml[..start], &xml[end..]));
        read_all(builder.bytes());
    }
}
