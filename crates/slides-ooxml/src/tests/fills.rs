use super::{Builder, properties, shape_xml};
use crate::model::{
    BlipEffect, BlipMode, Color, ColorMod, Dash, Fill, FillOverlay, GradientKind, Join, LineCap,
    LineEndKind, LineEndSize, OverlayBlend, RectAlign, ShapeKind, TileFlip,
};

#[test]
fn gradients_keep_stops_in_order_and_their_shape() {
    let fill = properties(
        "<a:gradFill rotWithShape='0'><a:gsLst><a:gs pos='100000'><a:srgbClr val='000000'/></a:gs><a:gs pos='0'><a:srgbClr val='FFFFFF'/></a:gs><a:gs pos='5'/></a:gsLst><a:lin ang='2700000' scaled='1'/></a:gradFill>",
    )
    .fill;
    let Some(Fill::Gradient(gradient)) = fill else {
        panic!()
    };
    assert_eq!(
        gradient
            .stops
            .iter()
            .map(|stop| stop.position)
            .collect::<Vec<_>>(),
        [0.0, 1.0]
    );
    assert_eq!(
        gradient.kind,
        GradientKind::Linear {
            angle: 45.0,
            scaled: true
        }
    );
    assert!(!gradient.rotate_with_shape);
    let path = properties(
        "<a:gradFill><a:path path='circle'><a:fillToRect l='50%' t='50000' r='50000' b='50000'/></a:path></a:gradFill>",
    );
    let Some(Fill::Gradient(gradient)) = path.fill else {
        panic!()
    };
    assert!(
        matches!(gradient.kind, GradientKind::Circle(focus) if focus.left == 0.5 && focus.bottom == 0.5)
    );
}

#[test]
fn other_fills() {
    assert_eq!(properties("<a:noFill/>").fill, Some(Fill::None));
    assert_eq!(properties("<a:grpFill/>").fill, Some(Fill::Group));
    assert_eq!(
        properties("<a:solidFill><a:prstClr val='red'/></a:solidFill>").fill,
        Some(Fill::Solid(Color::rgb(255, 0, 0)))
    );
    assert_eq!(properties("<a:solidFill><a:odd/></a:solidFill>").fill, None);
    assert_eq!(properties("").fill, None);
    let Some(Fill::Pattern(pattern)) = properties(
        "<a:pattFill prst='pct5'><a:fgClr><a:srgbClr val='010101'/></a:fgClr></a:pattFill>",
    )
    .fill
    else {
        panic!()
    };
    assert_eq!(
        (
            pattern.preset.as_str(),
            pattern.foreground,
            pattern.background
        ),
        ("pct5", Some(Color::rgb(1, 1, 1)), None)
    );
}

#[test]
fn picture_fills_tile_and_change_pixels() {
    let xml = shape_xml(
        "<a:blipFill><a:blip r:embed='pic'><a:grayscl/><a:lum bright='10000'/><a:duotone><a:prstClr val='black'/><a:prstClr val='white'/></a:duotone><a:alphaModFix amt='50000'/><a:fancy/></a:blip><a:tile tx='5' sx='50%' flip='xy' algn='ctr'/></a:blipFill>",
        "",
    );
    let mut builder = Builder::new(&xml);
    builder
        .slide_relationships(&[("pic", "image", "../media/i.png")])
        .set("ppt/media/i.png", "x");
    let slide = builder.slide();
    let ShapeKind::Shape { properties, .. } = &slide.shapes[0].kind else {
        panic!()
    };
    let Some(Fill::Blip(fill)) = &properties.fill else {
        panic!()
    };
    assert_eq!(fill.effects.len(), 5);
    assert_eq!(fill.effects[1], BlipEffect::Luminance(0.1, 0.0));
    assert_eq!(fill.effects[4], BlipEffect::Other("fancy".into()));
    let BlipMode::Tile(tile) = fill.mode else {
        panic!()
    };
    assert_eq!(
        (tile.tx, tile.sx, tile.sy, tile.flip, tile.align),
        (5, 0.5, 1.0, TileFlip::Xy, RectAlign::Center)
    );
}

#[test]
fn every_change_of_a_pictures_pixels_is_read() {
    let xml = shape_xml(
        "<a:blipFill><a:blip r:embed='pic'><a:hsl hue='5400000' sat='-20000' lum='10%'/><a:tint hue='1800000' amt='50000'/><a:clrRepl><a:srgbClr val='010203'/></a:clrRepl><a:alphaBiLevel thresh='30000'/><a:alphaCeiling/><a:alphaFloor/><a:alphaInv/><a:alphaRepl a='25000'/><a:alphaMod><a:cont><a:fill><a:solidFill><a:srgbClr val='0A0B0C'/></a:solidFill></a:fill></a:cont></a:alphaMod><a:alphaMod><a:cont><a:effect ref='fillLine'/></a:cont></a:alphaMod><a:clrChange useA='0'><a:clrFrom><a:srgbClr val='FFFFFF'/></a:clrFrom><a:clrTo><a:srgbClr val='FFFFFF'><a:alpha val='0'/></a:srgbClr></a:clrTo></a:clrChange><a:fillOverlay blend='mult'><a:solidFill><a:srgbClr val='040506'/></a:solidFill></a:fillOverlay><a:blur rad='12700' grow='0'/></a:blip></a:blipFill>",
        "",
    );
    let slide = Builder::new(&xml).slide();
    let ShapeKind::Shape { properties, .. } = &slide.shapes[0].kind else {
        panic!()
    };
    let Some(Fill::Blip(fill)) = &properties.fill else {
        panic!()
    };
    let mut opaque = Color::rgb(255, 255, 255);
    opaque.mods = vec![ColorMod::Alpha(0.0), ColorMod::Alpha(1.0)];
    assert_eq!(
        fill.effects,
        [
            BlipEffect::Hsl(90.0, -0.2, 0.1),
            BlipEffect::Tint(30.0, 0.5),
            BlipEffect::ColorReplace(Color::rgb(1, 2, 3)),
            BlipEffect::AlphaBiLevel(0.3),
            BlipEffect::AlphaCeiling,
            BlipEffect::AlphaFloor,
            BlipEffect::AlphaInverse,
            BlipEffect::AlphaReplace(0.25),
            BlipEffect::AlphaOf(Color::rgb(10, 11, 12)),
            BlipEffect::Other("alphaMod".into()),
            BlipEffect::ColorChange(Color::rgb(255, 255, 255), opaque),
            BlipEffect::Overlay(FillOverlay {
                fill: Box::new(Fill::Solid(Color::rgb(4, 5, 6))),
                blend: OverlayBlend::Multiply,
            }),
            BlipEffect::Blur(12_700, false),
        ]
    );
}

#[test]
fn lines_say_only_what_the_file_says() {
    let line = properties("<a:ln w='-5'/>").line.unwrap();
    assert_eq!(
        (line.width, line.fill, line.dash, line.cap, line.join),
        (Some(0), None, None, None, None)
    );
    let line = properties(
        "<a:ln w='12700' cap='rnd' cmpd='dbl' algn='in'><a:noFill/><a:custDash><a:ds d='100000' sp='200%'/></a:custDash><a:miter lim='800000'/><a:headEnd type='oval'/><a:tailEnd type='arrow' w='lg' len='sm'/></a:ln>",
    )
    .line
    .unwrap();
    assert_eq!(
        (line.width, line.fill, line.cap, line.inset),
        (
            Some(12_700),
            Some(Fill::None),
            Some(LineCap::Round),
            Some(true)
        )
    );
    assert_eq!(
        (line.dash, line.join),
        (Some(Dash::Custom(vec![(1.0, 2.0)])), Some(Join::Miter(8.0)))
    );
    let (head, tail) = (line.head.unwrap(), line.tail.unwrap());
    assert_eq!(
        (head.kind, head.width),
        (LineEndKind::Oval, LineEndSize::Medium)
    );
    assert_eq!(
        (tail.kind, tail.width, tail.length),
        (LineEndKind::Arrow, LineEndSize::Large, LineEndSize::Small)
    );
}

#[test]
fn overlays_are_read_and_unknown_effects_named() {
    let effects = properties(
        "<a:effectDag><a:effect ref='fill'/><a:cont><a:fillOverlay blend='screen'><a:solidFill><a:srgbClr val='010203'/></a:solidFill></a:fillOverlay><a:relOff tx='5'/></a:cont></a:effectDag>",
    )
    .effects
    .unwrap();
    assert_eq!(
        effects.overlay,
        Some(FillOverlay {
            fill: Box::new(Fill::Solid(Color::rgb(1, 2, 3))),
            blend: OverlayBlend::Screen,
        })
    );
    assert_eq!(effects.others, ["relOff"]);
}

#[test]
fn an_empty_effect_list_is_not_an_absent_one() {
    assert_eq!(properties("").effects, None);
    assert_eq!(
        properties("<a:effectLst/>").effects,
        Some(crate::model::EffectList::default())
    );
    let effects = properties(
        "<a:effectLst><a:outerShdw blurRad='5' dist='6' dir='5400000' sx='50%' algn='tl' rotWithShape='0'><a:srgbClr val='000000'><a:alpha val='40000'/></a:srgbClr></a:outerShdw><a:glow rad='7'><a:prstClr val='red'/></a:glow><a:softEdge rad='8'/><a:reflection stA='50000'/></a:effectLst>",
    )
    .effects
    .unwrap();
    let shadow = effects.outer_shadow.unwrap();
    assert_eq!(
        (
            shadow.blur,
            shadow.distance,
            shadow.direction,
            shadow.sx,
            shadow.sy
        ),
        (5, 6, 90.0, 0.5, 1.0)
    );
    assert_eq!(
        (shadow.align, shadow.rotate_with_shape),
        (RectAlign::TopLeft, false)
    );
    assert_eq!(
        (effects.glow, effects.soft_edge),
        (Some((7, Color::rgb(255, 0, 0))), Some(8))
    );
    assert_eq!(effects.reflection.unwrap().start_alpha, 0.5);
}
