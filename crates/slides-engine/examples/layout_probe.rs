//! Temporary probe.
#![allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::print_stderr
)]
use std::sync::Arc;
fn main() {
    let fonts = Arc::new(slides_fonts::FontBook::bundled());
    let args: Vec<String> = std::env::args().skip(1).collect();
    for pair in args.chunks(2) {
        let bytes = std::fs::read(&pair[0]).unwrap();
        let t = std::time::Instant::now();
        let deck =
            slides_ooxml::Deck::open(bytes, None, &slides_ooxml::PackageLimits::default()).unwrap();
        let mut w = slides_render::PdfWriter::new(slides_render::PdfOptions::default());
        let options = slides_layout::LayoutOptions::new(fonts.clone());
        let (mut tl, mut tr) = (0.0, 0.0);
        let mut warns = std::collections::BTreeMap::new();
        for i in 0..deck.presentation().slides.len() {
            if deck.is_hidden(i) {
                continue;
            }
            let t0 = std::time::Instant::now();
            let slide = deck.slide(i).unwrap();
            let out = slides_layout::layout_slide(&deck, &slide, &options);
            tl += t0.elapsed().as_secs_f64();
            for x in slide.warnings.iter().chain(&out.warnings) {
                warns.entry(x.clone()).or_insert_with(Vec::new).push(i + 1);
            }
            let t0 = std::time::Instant::now();
            w.page(&out.page).unwrap();
            tr += t0.elapsed().as_secs_f64();
        }
        for x in w.warnings() {
            eprintln!("  render {x:?}");
        }
        let pdf = w.finish().unwrap();
        for (x, s) in warns {
            eprintln!("  {x:?} {s:?}");
        }
        eprintln!(
            "{} layout {:.0} ms render {:.0} ms total {:.0} ms {} KB",
            pair[0],
            tl * 1e3,
            tr * 1e3,
            t.elapsed().as_secs_f64() * 1e3,
            pdf.len() / 1024
        );
        std::fs::write(&pair[1], pdf).unwrap();
    }
}
