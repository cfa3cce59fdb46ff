use super::{Builder, one, shape_xml};
use crate::model::{
    Anchor, Autofit, BulletColor, BulletFont, BulletKind, BulletSize, LinkAction, MathNode,
    RunKind, ShapeKind, Spacing, Strike, TabAlign, TextBody, Underline, VerticalText,
};

fn body(xml: &str) -> TextBody {
    match one(&shape_xml("", xml)).kind {
        ShapeKind::Shape {
            text: Some(text), ..
        } => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn body_properties_and_autofit() {
    let properties = body("<a:bodyPr lIns='0' anchor='ctr' wrap='none' vert='vert270' rot='-5400000' numCol='99'><a:normAutofit fontScale='92500' lnSpcReduction='20%'/><a:prstTxWarp prst='textArchUp'/></a:bodyPr>").properties;
    assert_eq!(
        (properties.left_inset, properties.right_inset),
        (Some(0), None)
    );
    assert_eq!(
        (properties.anchor, properties.wrap),
        (Some(Anchor::Center), Some(false))
    );
    assert_eq!(
        (properties.vertical, properties.rotation),
        (Some(VerticalText::Vertical270), Some(-90.0))
    );
    assert_eq!(properties.columns, Some(16));
    assert_eq!(
        properties.autofit,
        Some(Autofit::Normal {
            font_scale: Some(0.925),
            line_space_reduction: Some(0.2)
        })
    );
    assert_eq!(
        properties.warp.as_ref().map(|warp| warp.preset.as_str()),
        Some("textArchUp")
    );
    assert_eq!(
        body("<a:bodyPr><a:spAutoFit/><a:prstTxWarp prst='textNoShape'/></a:bodyPr>")
            .properties
            .warp,
        None
    );
}

#[test]
fn runs_breaks_and_fields_in_order() {
    let body = body(
        "<a:p><a:r><a:t>a&#9;b_x0009_c_x000D__x005F_</a:t></a:r><a:br><a:rPr sz='900'/></a:br><a:fld type='slidenum'><a:rPr b='1'/><a:t>7</a:t></a:fld><a:endParaRPr sz='1150'/></a:p><a:p/>",
    );
    assert_eq!(body.paragraphs.len(), 2);
    let paragraph = &body.paragraphs[0];
    assert_eq!(paragraph.runs[0].kind, RunKind::Text("a\tb\tc_".into()));
    assert_eq!(
        (&paragraph.runs[1].kind, paragraph.runs[1].properties.size),
        (&RunKind::Break, Some(9.0))
    );
    assert_eq!(
        paragraph.runs[2].kind,
        RunKind::Field {
            kind: "slidenum".into(),
            text: "7".into()
        }
    );
    assert_eq!(paragraph.runs[2].properties.bold, Some(true));
    assert_eq!(paragraph.end.as_ref().unwrap().size, Some(11.5));
}

#[test]
fn run_properties() {
    let body = body(
        "<a:p><a:r><a:rPr sz='1800' i='0' u='wavyDbl' strike='dblStrike' cap='small' baseline='-25000' spc='-100' kern='1200' lang='he-IL'><a:ln w='5'/><a:solidFill><a:srgbClr val='010203'/></a:solidFill><a:effectLst/><a:highlight><a:prstClr val='yellow'/></a:highlight><a:latin typeface='+mj-lt' charset='-52' panose='020B0604020202020204' pitchFamily='34'/><a:ea typeface='E'/><a:sym typeface='S'/></a:rPr><a:t/></a:r></a:p>",
    );
    let properties = &body.paragraphs[0].runs[0].properties;
    assert_eq!(
        (properties.size, properties.bold, properties.italic),
        (Some(18.0), None, Some(false))
    );
    assert_eq!(
        (properties.underline, properties.strike),
        (Some(Underline::WavyDouble), Some(Strike::Double))
    );
    assert_eq!(
        (properties.baseline, properties.spacing, properties.kerning),
        (Some(-0.25), Some(-1.0), Some(12.0))
    );
    let latin = properties.latin.as_ref().unwrap();
    assert_eq!(
        (latin.typeface.as_str(), latin.charset),
        ("+mj-lt", Some(-52))
    );
    assert_eq!(
        (latin.panose, latin.pitch_family),
        (Some([2, 11, 6, 4, 2, 2, 2, 2, 2, 4]), Some(34))
    );
    assert!(
        properties.fill.is_some() && properties.line.is_some() && properties.highlight.is_some()
    );
    assert!(properties.effects.is_some() && properties.complex_script.is_none());
}

#[test]
fn font_sizes_out_of_range() {
    for (text, size) in [
        ("2147483647", Some(4000.0)),
        ("0", None),
        ("-5000", None),
        ("x", None),
        ("1", Some(1.0)),
    ] {
        let body = body(&format!("<a:p><a:r><a:rPr sz='{text}'/><a:t/></a:r></a:p>"));
        assert_eq!(body.paragraphs[0].runs[0].properties.size, size, "{text}");
    }
}

#[test]
fn paragraph_properties_and_bullets() {
    let body = body(
        "<a:lstStyle><a:defPPr marL='1'/><a:lvl1pPr marL='2'/><a:lvl9pPr marL='9'/><a:lvl10pPr marL='10'/></a:lstStyle><a:p><a:pPr lvl='99' algn='just' marL='5' indent='-5' rtl='1' defTabSz='100'><a:lnSpc><a:spcPct val='90%'/></a:lnSpc><a:spcBef><a:spcPts val='600'/></a:spcBef><a:buClr><a:prstClr val='red'/></a:buClr><a:buSzPct val='45000'/><a:buFont typeface='Wingdings'/><a:buAutoNum type='romanUcPeriod' startAt='3'/><a:tabLst><a:tab pos='7' algn='dec'/><a:tab/></a:tabLst><a:defRPr sz='1500'/></a:pPr></a:p>",
    );
    let levels = &body.list_style.levels;
    assert_eq!(
        body.list_style.default.as_ref().unwrap().margin_left,
        Some(1)
    );
    assert_eq!(
        (
            levels[0].as_ref().unwrap().margin_left,
            levels[8].as_ref().unwrap().margin_left
        ),
        (Some(2), Some(9))
    );
    let properties = &body.paragraphs[0].properties;
    assert_eq!(
        (properties.level, properties.indent, properties.rtl),
        (Some(8), Some(-5), Some(true))
    );
    assert_eq!(
        (properties.line_spacing, properties.space_before),
        (Some(Spacing::Percent(0.9)), Some(Spacing::Points(6.0)))
    );
    assert_eq!(
        properties.bullet.kind,
        Some(BulletKind::AutoNumber {
            scheme: "romanUcPeriod".into(),
            start: 3
        })
    );
    assert!(matches!(
        properties.bullet.color,
        Some(BulletColor::Color(_))
    ));
    assert_eq!(properties.bullet.size, Some(BulletSize::Percent(0.45)));
    assert!(
        matches!(&properties.bullet.font, Some(BulletFont::Font(font)) if font.typeface == "Wingdings")
    );
    let tabs = properties.tabs.as_ref().unwrap();
    assert_eq!(
        (tabs.len(), tabs[0].position, tabs[0].align),
        (1, 7, TabAlign::Decimal)
    );
    assert_eq!(properties.default_run.as_ref().unwrap().size, Some(15.0));
}

#[test]
fn links_lead_outside_to_slides_or_by_jumps() {
    let run = |click: &str| {
        shape_xml(
            "",
            &format!("<a:p><a:r><a:rPr><a:hlinkClick {click}/></a:rPr><a:t>x</a:t></a:r></a:p>"),
        )
    };
    let action = |click: &str| {
        let mut builder = Builder::new(&run(click));
        builder.slide_relationships(&[
            ("web", "hyperlink", "!mailto:a@b"),
            ("sld", "slide", "slide1.xml"),
            ("doc", "hyperlink", "x.docx"),
        ]);
        let slide = builder.slide();
        let ShapeKind::Shape {
            text: Some(text), ..
        } = &slide.shapes[0].kind
        else {
            panic!()
        };
        text.paragraphs[0].runs[0]
            .properties
            .link
            .clone()
            .unwrap()
            .action
    };
    assert_eq!(action("r:id='web'"), LinkAction::Uri("mailto:a@b".into()));
    assert_eq!(
        action("r:id='sld' action='ppaction://hlinksldjump'"),
        LinkAction::SlidePart("/ppt/slides/slide1.xml".into())
    );
    assert_eq!(
        action("r:id='' action='ppaction://hlinkshowjump?jump=nextslide'"),
        LinkAction::Jump("nextslide".into())
    );
    assert_eq!(
        action("r:id='web' action='ppaction://program'"),
        LinkAction::None
    );
    assert_eq!(action("r:id='gone'"), LinkAction::None);
    assert_eq!(action("r:id='doc'"), LinkAction::None);
}

#[test]
fn a_link_may_keep_the_texts_colour() {
    let body = body(
        "<a:p><a:r><a:rPr><a:hlinkClick tooltip='t'><a:extLst><a:ext><h:hlinkClr xmlns:h='h' val='tx'/></a:ext></a:extLst></a:hlinkClick></a:rPr><a:t/></a:r></a:p>",
    );
    let link = body.paragraphs[0].runs[0].properties.link.as_ref().unwrap();
    assert_eq!(
        (link.keep_text_color, link.tooltip.as_deref()),
        (true, Some("t"))
    );
}

#[test]
fn equations_keep_their_characters_and_structure() {
    let math = "<a14:m xmlns:a14='http://schemas.microsoft.com/office/drawing/2010/main'><m:oMath xmlns:m='m'><m:r><m:t>x</m:t></m:r><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></a14:m>";
    let body = body(&format!("<a:p><a:r><a:t>is </a:t></a:r>{math}</a:p>"));
    let RunKind::Math { text, equation } = &body.paragraphs[0].runs[1].kind else {
        panic!()
    };
    assert_eq!(text, "x12");
    let [MathNode::Run(x), MathNode::Fraction { numerator, .. }] = equation.lines[0].as_slice()
    else {
        panic!("{equation:?}")
    };
    assert!(x.italic && !equation.display && numerator.len() == 1);
}

#[test]
fn deep_equations_are_cut() {
    let open = "<m:rad><m:e>".repeat(200);
    let close = "</m:e></m:rad>".repeat(200);
    let body = body(&format!(
        "<a:p><m:oMath xmlns:m='m'>{open}<m:r><m:t>x</m:t></m:r>{close}</m:oMath></a:p>"
    ));
    let RunKind::Math { equation, .. } = &body.paragraphs[0].runs[0].kind else {
        panic!()
    };
    let (mut depth, mut row) = (0, &equation.lines[0]);
    while let Some(MathNode::Radical { base, .. }) = row.first() {
        depth += 1;
        row = base;
    }
    assert!((30..40).contains(&depth) && row.is_empty(), "{depth}");
}
