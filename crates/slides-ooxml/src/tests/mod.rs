//! Decks made by hand, one reader area a file.

mod charts;
mod deck;
mod extended_charts;
mod fills;
mod fuzz;
mod merge;
mod motion;
mod package;
mod shapes;
mod tables;
mod text;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;

use crate::model::{Shape, ShapeKind, Slide};
use crate::{Deck, PackageLimits};

const A: &str = "http://schemas.openxmlformats.org/drawingml/2006/main";
const R: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const P: &str = "http://schemas.openxmlformats.org/presentationml/2006/main";
const MC: &str = "http://schemas.openxmlformats.org/markup-compatibility/2006";

/// A deck of one slide on a layout, a master and a theme; parts may be replaced, added or removed.
struct Builder(BTreeMap<String, Vec<u8>>);

fn sheet(element: &str, shapes: &str, rest: &str) -> String {
    format!(
        "<p:{element} xmlns:a='{A}' xmlns:r='{R}' xmlns:p='{P}' xmlns:mc='{MC}'><p:cSld><p:spTree><p:nvGrpSpPr/><p:grpSpPr/>{shapes}</p:spTree></p:cSld>{rest}</p:{element}>"
    )
}

fn relationships(items: &[(&str, &str, &str)]) -> String {
    let mut xml =
        "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
            .to_owned();
    for (id, kind, target) in items {
        let (target, mode) = target
            .strip_prefix('!')
            .map_or((*target, ""), |outside| (outside, "TargetMode='External'"));
        write!(
            xml,
            "<Relationship Id='{id}' Type='{R}/{kind}' Target='{target}' {mode}/>"
        )
        .unwrap();
    }
    xml + "</Relationships>"
}

impl Builder {
    fn new(shapes: &str) -> Self {
        let mut builder = Self(BTreeMap::new());
        builder
            .set("_rels/.rels", &relationships(&[("rId1", "officeDocument", "ppt/presentation.xml"), ("rId2", "metadata/core-properties", "docProps/core.xml")]))
            .set("docProps/core.xml", "<c xmlns:dc='d'><dc:title> Deck </dc:title><dc:creator>Someone</dc:creator></c>")
            .set(
                "ppt/presentation.xml",
                &format!("<p:presentation xmlns:r='{R}' xmlns:p='{P}' xmlns:a='{A}' firstSlideNum='3'><p:sldIdLst><p:sldId id='256' r:id='rId1'/></p:sldIdLst><p:sldSz cx='9144000' cy='5143500'/><p:defaultTextStyle><a:lvl2pPr marL='7'/></p:defaultTextStyle></p:presentation>"),
            )
            .set("ppt/_rels/presentation.xml.rels", &relationships(&[("rId1", "slide", "slides/slide1.xml"), ("rId2", "slideMaster", "slideMasters/slideMaster1.xml")]))
            .set("ppt/slides/slide1.xml", &sheet("sld", shapes, ""))
            .set("ppt/slideLayouts/slideLayout1.xml", &sheet("sldLayout", "<p:sp/>", "<p:clrMapOvr><a:overrideClrMapping bg1='dk1' tx1='lt1'/></p:clrMapOvr>"))
            .set("ppt/slideLayouts/_rels/slideLayout1.xml.rels", &relationships(&[("rId1", "slideMaster", "../slideMasters/slideMaster1.xml")]))
            .set("ppt/slideMasters/slideMaster1.xml", &sheet("sldMaster", "<p:sp/><p:sp/>", "<p:clrMap bg1='lt1' tx1='dk2'/><p:txStyles><p:titleStyle><a:lvl1pPr algn='ctr'/></p:titleStyle></p:txStyles>"))
            .set("ppt/slideMasters/_rels/slideMaster1.xml.rels", &relationships(&[("rId1", "theme", "../theme/theme1.xml")]))
            .set(
                "ppt/theme/theme1.xml",
                &format!("<a:theme xmlns:a='{A}' name='T'><a:themeElements><a:clrScheme><a:dk1><a:sysClr val='windowText' lastClr='010203'/></a:dk1><a:accent1><a:srgbClr val='112233'/></a:accent1></a:clrScheme><a:fontScheme><a:majorFont><a:latin typeface='Head'/><a:font script='Jpan' typeface='J'/></a:majorFont><a:minorFont><a:latin typeface='Body'/></a:minorFont></a:fontScheme><a:fmtScheme><a:fillStyleLst><a:solidFill><a:schemeClr val='phClr'/></a:solidFill><a:noFill/></a:fillStyleLst><a:lnStyleLst><a:ln w='6350'/></a:lnStyleLst><a:effectStyleLst><a:effectStyle><a:effectLst/></a:effectStyle></a:effectStyleLst></a:fmtScheme></a:themeElements></a:theme>"),
            );
        builder.slide_relationships(&[]);
        builder
    }

    fn set(&mut self, name: &str, text: &str) -> &mut Self {
        self.0.insert(name.to_owned(), text.as_bytes().to_vec());
        self
    }

    fn remove(&mut self, name: &str) -> &mut Self {
        assert!(self.0.remove(name).is_some(), "{name}");
        self
    }

    /// The slide's relationships beside the one to its layout.
    fn slide_relationships(&mut self, items: &[(&str, &str, &str)]) -> &mut Self {
        let layout = ("layout", "slideLayout", "../slideLayouts/slideLayout1.xml");
        let all: Vec<_> = std::iter::once(layout)
            .chain(items.iter().copied())
            .collect();
        self.set("ppt/slides/_rels/slide1.xml.rels", &relationships(&all))
    }

    fn bytes(&self) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, data) in &self.0 {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(data).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn open(&self) -> crate::Result<Deck> {
        Deck::open(self.bytes(), None, &PackageLimits::default())
    }

    fn slide(&self) -> Slide {
        self.open().unwrap().slide(0).unwrap()
    }
}

/// The shapes of a slide whose shape tree holds this XML.
fn shapes(xml: &str) -> Vec<Shape> {
    Builder::new(xml).slide().shapes
}

fn one(xml: &str) -> Shape {
    let mut shapes = shapes(xml);
    assert_eq!(shapes.len(), 1);
    shapes.remove(0)
}

/// `p:sp` with this in its `p:spPr` and `p:txBody`.
fn shape_xml(properties: &str, text: &str) -> String {
    format!(
        "<p:sp><p:nvSpPr><p:cNvPr id='2' name='s'/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr>{properties}</p:spPr><p:txBody>{text}</p:txBody></p:sp>"
    )
}

fn properties(xml: &str) -> crate::model::ShapeProperties {
    match one(&shape_xml(xml, "")).kind {
        ShapeKind::Shape { properties, .. } => properties,
        other => panic!("{other:?}"),
    }
}
