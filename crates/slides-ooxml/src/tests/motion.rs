use super::*;
use crate::model::{Motion, MotionKind, MotionSide, SlideMotion};

fn motion_of(rest: &str) -> SlideMotion {
    let mut builder = Builder::new("");
    builder.set("ppt/slides/slide1.xml", &sheet("sld", "", rest));
    builder.open().unwrap().motion(0).unwrap()
}

fn transition(xml: &str) -> Option<(MotionKind, u32)> {
    let motion = motion_of(xml).transition?;
    Some((motion.kind, motion.milliseconds))
}

#[test]
fn transitions_have_kind_side_and_duration() {
    let right = MotionKind::Move(MotionSide::Right);
    let cases = [
        ("<p:transition/>", None),
        ("<p:transition><p:cut/></p:transition>", None),
        (
            "<p:transition><p:fade thruBlk='1'/></p:transition>",
            Some((MotionKind::Fade, 500)),
        ),
        (
            "<p:transition spd='slow'><p:push/></p:transition>",
            Some((right, 1000)),
        ),
        (
            "<p:transition spd='med'><p:wipe dir='ru'/></p:transition>",
            Some((MotionKind::Wipe(MotionSide::Left), 750)),
        ),
        (
            "<p:transition><p:split orient='vert'/></p:transition>",
            Some((MotionKind::Split { sideways: true }, 500)),
        ),
        // What is not known fades; the sound is no effect.
        (
            "<p:transition><p:sndAc/><p:comb/></p:transition>",
            Some((MotionKind::Fade, 500)),
        ),
        (
            "<mc:AlternateContent><mc:Choice xmlns:z='z' Requires='z'><p:transition><z:vortex/></p:transition></mc:Choice><mc:Fallback><p:transition><p:zoom/></p:transition></mc:Fallback></mc:AlternateContent>",
            Some((MotionKind::Zoom, 500)),
        ),
        (
            "<p:transition xmlns:q='q' q:dur='99999999'><p:circle/></p:transition>",
            Some((MotionKind::Circle, 10_000)),
        ),
    ];
    for (xml, expected) in cases {
        assert_eq!(transition(xml), expected, "{xml}");
    }
    assert_eq!(motion_of(""), SlideMotion::default());
}

#[test]
fn shapes_come_once_in_their_order() {
    let effect = |class: &str, preset: u32, subtype: u32, shape: &str| {
        format!(
            "<p:par><p:cTn presetID='{preset}' presetClass='{class}' presetSubtype='{subtype}'><p:childTnLst><p:set><p:cBhvr><p:cTn dur='1'/><p:tgtEl><p:spTgt spid='{shape}'/></p:tgtEl></p:cBhvr></p:set><p:anim><p:cBhvr><p:cTn dur='700'/></p:cBhvr></p:anim></p:childTnLst></p:cTn></p:par>"
        )
    };
    let all = [
        effect("entr", 2, 8, "7"),
        effect("emph", 1, 0, "8"),
        effect("entr", 22, 1, "4"),
        effect("entr", 10, 0, "7"),
        effect("entr", 10, 0, "none"),
    ]
    .concat();
    let own = motion_of(&format!("<p:timing><p:tnLst>{all}</p:tnLst></p:timing>"));
    let motion = |kind| Motion {
        kind,
        milliseconds: 700,
    };
    assert_eq!(
        own.entrances,
        [
            (7, motion(MotionKind::Move(MotionSide::Left))),
            (4, motion(MotionKind::Wipe(MotionSide::Top))),
        ]
    );
}
