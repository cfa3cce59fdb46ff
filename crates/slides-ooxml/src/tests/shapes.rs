use super::{Builder, one, properties, shape_xml, shapes};
use crate::model::{
    Geometry, GraphicKind, LinkAction, PathCommand, PathFill, RunKind, ShapeKind, ShapeProperties,
    Transform,
};

const PNG: &str = "../media/image1.png";

fn with_picture(xml: &str) -> Builder {
    let mut builder = Builder::new(xml);
    builder
        .slide_relationships(&[("pic", "image", PNG)])
        .set("ppt/media/image1.png", "png");
    builder
}

#[test]
fn transforms_and_geometry() {
    let properties = properties(
        "<a:xfrm rot='5400000' flipH='1'><a:off x='1' y='-2'/><a:ext cx='3' cy='4'/></a:xfrm><a:prstGeom prst='roundRect'><a:avLst><a:gd name='adj' fmla='val 5'/></a:avLst></a:prstGeom>",
    );
    let expected = Transform {
        x: 1,
        y: -2,
        width: 3,
        height: 4,
        rotation: 90.0,
        flip_h: true,
        flip_v: false,
    };
    assert_eq!(properties.transform, Some(expected));
    let Some(Geometry::Preset { name, adjust }) = properties.geometry else {
        panic!()
    };
    assert_eq!(
        (name.as_str(), adjust[0].formula.as_str()),
        ("roundRect", "val 5")
    );
}

#[test]
fn custom_geometry_keeps_guides_and_commands() {
    let properties = properties(
        "<a:custGeom><a:gdLst><a:gd name='g' fmla='*/ w 1 2'/></a:gdLst><a:rect l='0' t='g' r='r' b='b'/><a:pathLst><a:path w='10' fill='darken' stroke='0'><a:moveTo><a:pt x='g' y='1'/></a:moveTo><a:arcTo wR='1' hR='2' stAng='3' swAng='4'/><a:cubicBezTo><a:pt x='1' y='2'/><a:pt x='3' y='4'/><a:pt x='5' y='6'/></a:cubicBezTo><a:cubicBezTo><a:pt x='1' y='2'/></a:cubicBezTo><a:close/></a:path></a:pathLst></a:custGeom>",
    );
    let Some(Geometry::Custom(custom)) = properties.geometry else {
        panic!()
    };
    assert_eq!(
        (custom.guides.len(), custom.text_rect.unwrap().top.as_str()),
        (1, "g")
    );
    let path = &custom.paths[0];
    assert_eq!(
        (path.width, path.height, path.fill, path.stroke),
        (Some(10.0), None, PathFill::Darken, false)
    );
    assert_eq!(
        path.commands.len(),
        4,
        "a curve without its points is left out"
    );
    assert_eq!(
        path.commands[0],
        PathCommand::MoveTo("g".into(), "1".into())
    );
}

#[test]
fn names_placeholders_and_links() {
    let mut builder = Builder::new(
        "<p:sp><p:nvSpPr><p:cNvPr id='9' name='N' descr='alt' hidden='1'><a:hlinkClick r:id='web' tooltip='t'/></p:cNvPr><p:cNvSpPr txBox='1'/><p:nvPr><p:ph idx='11'/></p:nvPr></p:nvSpPr></p:sp>",
    );
    let slide = builder
        .slide_relationships(&[("web", "hyperlink", "!https://example.org/")])
        .slide();
    let nv = &slide.shapes[0].nv;
    assert_eq!(
        (nv.id, nv.name.as_str(), nv.alt.as_deref(), nv.hidden),
        (9, "N", Some("alt"), true)
    );
    let placeholder = nv.placeholder.as_ref().unwrap();
    assert_eq!(
        (
            placeholder.kind.as_str(),
            placeholder.index,
            placeholder.has_index
        ),
        ("obj", 11, true)
    );
    assert_eq!(
        nv.link.as_ref().unwrap().action,
        LinkAction::Uri("https://example.org/".into())
    );
    assert!(matches!(
        slide.shapes[0].kind,
        ShapeKind::Shape {
            is_text_box: true,
            ..
        }
    ));
}

#[test]
fn groups_nest_to_a_bound() {
    let group = "<p:grpSp><p:grpSpPr><a:xfrm><a:off x='1' y='2'/><a:ext cx='3' cy='4'/><a:chOff x='5' y='6'/><a:chExt cx='7' cy='8'/></a:xfrm><a:noFill/></p:grpSpPr>";
    let ShapeKind::Group(found) = one(&format!("{group}<p:sp/></p:grpSp>")).kind else {
        panic!()
    };
    assert_eq!(found.child_box, Some((5, 6, 7, 8)));
    assert_eq!(
        (found.children.len(), found.fill),
        (1, Some(crate::model::Fill::None))
    );

    let slide = Builder::new(&(group.repeat(100) + &"</p:grpSp>".repeat(100))).slide();
    assert_eq!(slide.warnings[0].0, "group");
    let (mut depth, mut level) = (0, &slide.shapes);
    while let Some(ShapeKind::Group(group)) = level.first().map(|shape| &shape.kind) {
        depth += 1;
        level = &group.children;
    }
    assert_eq!(depth, 65);
}

#[test]
fn pictures_keep_crop_svg_and_what_is_missing() {
    let picture = |blip: &str| {
        format!(
            "<p:pic><p:nvPicPr><p:cNvPr id='2' name=''/><p:nvPr><a:videoFile/></p:nvPr></p:nvPicPr><p:blipFill>{blip}<a:srcRect l='10000' b='-5%'/></p:blipFill></p:pic>"
        )
    };
    let slide = with_picture(&picture("<a:blip r:embed='pic'><a:extLst><a:ext><v:svgBlip xmlns:v='v' r:embed='pic'/></a:ext></a:extLst></a:blip>")).slide();
    let ShapeKind::Picture(found) = &slide.shapes[0].kind else {
        panic!()
    };
    assert_eq!(
        found.fill.picture.as_ref().unwrap().part,
        "/ppt/media/image1.png"
    );
    assert_eq!(found.fill.svg, found.fill.picture);
    assert_eq!(
        (found.fill.crop.left, found.fill.crop.bottom, found.media),
        (0.1, -0.05, true)
    );

    for blip in [
        "<a:blip r:link='pic'/>",
        "<a:blip r:embed='gone'/>",
        "<a:blip/>",
        "",
    ] {
        let slide = with_picture(&picture(blip)).slide();
        let ShapeKind::Picture(found) = &slide.shapes[0].kind else {
            panic!()
        };
        assert_eq!(found.fill.picture, None);
    }
    let mut builder = with_picture(&picture("<a:blip r:embed='pic'/>"));
    let slide = builder.remove("ppt/media/image1.png").slide();
    assert!(slide.warnings[0].1.contains("/ppt/media/image1.png"));
}

#[test]
fn three_d_is_told_when_it_changes_the_front_view() {
    let what = |xml: &str| -> Option<String> {
        let properties: ShapeProperties = properties(xml);
        properties.three_d
    };
    assert_eq!(
        what("<a:scene3d><a:camera prst='orthographicFront'/></a:scene3d><a:sp3d/>").as_deref(),
        Some("")
    );
    assert_eq!(
        what("<a:sp3d><a:bevelT w='0' h='0'/></a:sp3d>").as_deref(),
        Some("")
    );
    assert_eq!(
        what("<a:scene3d><a:camera prst='orthographicFront'/></a:scene3d>"),
        None
    );
    assert_eq!(
        what("<a:sp3d><a:bevelT/></a:sp3d>").as_deref(),
        Some("bevel")
    );
    let turned = "<a:scene3d><a:camera prst='orthographicFront'><a:rot lat='0' lon='60000' rev='0'/></a:camera></a:scene3d>";
    assert_eq!(what(turned).as_deref(), Some("rotated camera"));
}

fn frame(uri: &str, data: &str) -> String {
    format!(
        "<p:graphicFrame><p:xfrm><a:off x='1' y='2'/><a:ext cx='3' cy='4'/></p:xfrm><a:graphic><a:graphicData uri='{uri}'>{data}</a:graphicData></a:graphic></p:graphicFrame>"
    )
}

fn graphic(builder: &Builder) -> GraphicKind {
    match builder.slide().shapes.remove(0).kind {
        ShapeKind::GraphicFrame(frame) => {
            assert_eq!(frame.transform.unwrap().width, 3);
            frame.kind
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn charts_of_both_kinds() {
    let chart = "<c:chart xmlns:c='c' r:id='chart'/>";
    let mut builder = with_picture(&frame("http://x/chart", chart));
    builder.slide_relationships(&[("chart", "chart", "../charts/chart1.xml")]);
    let GraphicKind::Chart(found) = graphic(&builder) else {
        panic!()
    };
    assert_eq!(
        (found.part.as_str(), found.extended),
        ("/ppt/charts/chart1.xml", false)
    );

    let extended = frame(
        "http://schemas.microsoft.com/office/drawing/2014/chartex",
        chart,
    );
    let xml = format!(
        "<mc:AlternateContent xmlns:cx='cx'><mc:Choice Requires='cx'>{extended}</mc:Choice><mc:Fallback><p:pic><p:blipFill><a:blip r:embed='pic'/></p:blipFill></p:pic></mc:Fallback></mc:AlternateContent>"
    );
    let mut builder = with_picture(&xml);
    builder.slide_relationships(&[
        ("chart", "chartEx", "../charts/chartEx1.xml"),
        ("pic", "image", PNG),
    ]);
    let GraphicKind::Chart(found) = graphic(&builder) else {
        panic!()
    };
    assert!(found.extended);
    assert_eq!(found.fallback.unwrap().part, "/ppt/media/image1.png");
}

#[test]
fn ole_objects_show_their_preview() {
    let fallback = "<mc:AlternateContent xmlns:v='urn:schemas-microsoft-com:vml'><mc:Choice Requires='v'><p:oleObj progId='X'/></mc:Choice><mc:Fallback><p:oleObj progId='Excel.Sheet.12'><p:pic><p:blipFill><a:blip r:embed='pic'/></p:blipFill></p:pic></p:oleObj></mc:Fallback></mc:AlternateContent>";
    let GraphicKind::Ole(object) = graphic(&with_picture(&frame("http://x/ole", fallback))) else {
        panic!()
    };
    assert_eq!(object.prog_id.as_deref(), Some("Excel.Sheet.12"));
    assert!(object.preview.unwrap().fill.picture.is_some());
    let GraphicKind::Ole(object) = graphic(&with_picture(&frame(
        "http://x/ole",
        "<p:oleObj progId='Old'/>",
    ))) else {
        panic!()
    };
    assert_eq!(
        (object.prog_id.as_deref(), object.preview),
        (Some("Old"), None)
    );
}

#[test]
fn old_objects_take_the_picture_of_the_legacy_drawing() {
    let mut builder = with_picture(&frame(
        "http://x/ole",
        "<p:oleObj progId='Old' spid='_x0000_s1026'/>",
    ));
    builder
        .slide_relationships(&[("vml", "vmlDrawing", "../drawings/vmlDrawing1.vml")])
        .set(
            "ppt/drawings/vmlDrawing1.vml",
            "<xml xmlns:v='v' xmlns:o='o'><v:shape id='other'><v:imagedata o:relid='x'/></v:shape>\
             <v:shape id='_x0000_s1026'><v:imagedata o:relid='rId1'/></v:shape></xml>",
        )
        .set(
            "ppt/drawings/_rels/vmlDrawing1.vml.rels",
            "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>\
             <Relationship Id='rId1' Type='http://x/image' Target='../media/image1.png'/></Relationships>",
        );
    let GraphicKind::Ole(object) = graphic(&builder) else {
        panic!()
    };
    let picture = object.preview.unwrap().fill.picture.unwrap();
    assert_eq!(picture.part, "/ppt/media/image1.png");
}

#[test]
fn diagrams_take_their_stored_drawing_or_their_texts() {
    let mut builder = with_picture(&frame(
        "http://x/diagram",
        "<d:relIds xmlns:d='d' r:dm='data'/>",
    ));
    let point = |attributes: &str, text: &str| {
        format!("<d:pt {attributes}><d:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></d:t></d:pt>")
    };
    let model = format!(
        "<d:dataModel xmlns:d='d' xmlns:a='{}'><d:ptLst>{}{}{}{}</d:ptLst><d:cxnLst><d:cxn srcId='d' destId='2' srcOrd='1'/><d:cxn srcId='d' destId='1' srcOrd='0'/>\
         <d:cxn srcId='2' destId='1' type='presOf'/><d:cxn srcId='1' destId='d'/><d:cxn srcId='1' destId='1'/></d:cxnLst><d:extLst><a:ext><dsp:dataModelExt xmlns:dsp='s' relId='drawing'/></a:ext></d:extLst></d:dataModel>",
        super::A,
        point("modelId='d' type='doc'", ""),
        point("modelId='1'", "First"),
        point("modelId='p' type='pres'", "not a node"),
        point("modelId='2' type='node'", "Second"),
    );
    builder
        .slide_relationships(&[
            ("data", "diagramData", "../diagrams/data1.xml"),
            ("drawing", "diagramDrawing", "../diagrams/drawing1.xml"),
        ])
        .set("ppt/diagrams/data1.xml", &model);
    let GraphicKind::Diagram { shapes, model } = graphic(&builder) else {
        panic!()
    };
    assert!(shapes.is_empty());
    let texts: Vec<_> = model
        .nodes
        .iter()
        .map(|node| &node.text.paragraphs[0].runs[0].kind)
        .collect();
    assert_eq!(
        texts,
        [
            &RunKind::Text("First".into()),
            &RunKind::Text("Second".into())
        ]
    );
    // A circle of connections ends.
    assert!(model.nodes[1].children.is_empty() && !model.nodes[0].children.is_empty());

    let drawing = format!(
        "<dsp:drawing xmlns:dsp='s' xmlns:a='{}'><dsp:spTree><dsp:nvGrpSpPr/><dsp:sp><dsp:spPr/><dsp:txBody><a:p/></dsp:txBody><dsp:txXfrm><a:off x='9' y='0'/></dsp:txXfrm></dsp:sp></dsp:spTree></dsp:drawing>",
        super::A
    );
    builder.set("ppt/diagrams/drawing1.xml", &drawing);
    let GraphicKind::Diagram { shapes, .. } = graphic(&builder) else {
        panic!()
    };
    let ShapeKind::Shape {
        properties, text, ..
    } = &shapes[0].kind
    else {
        panic!()
    };
    assert_eq!(properties.text_transform.unwrap().x, 9);
    assert!(text.is_some());
}

#[test]
fn what_is_unknown_is_named() {
    assert_eq!(one("<p:odd/>").kind, ShapeKind::Unknown("odd".into()));
    let GraphicKind::Unknown(uri) = graphic(&with_picture(&frame("http://x/odd", ""))) else {
        panic!()
    };
    assert_eq!(uri, "http://x/odd");
}

#[test]
fn absurd_numbers_do_no_harm() {
    let shapes = shapes(&shape_xml(
        "<a:xfrm rot='99999999999999'><a:off x='NaN' y='1e400'/><a:ext cx='99999999999999999999' cy='-5'/></a:xfrm>",
        "<a:p/>",
    ));
    let ShapeKind::Shape { properties, .. } = &shapes[0].kind else {
        panic!()
    };
    let transform = properties.transform.unwrap();
    assert_eq!((transform.x, transform.y, transform.height), (0, 0, 0));
    assert!(transform.width > 0 && transform.rotation.abs() < 360.0);
}
