//! The HTML page of all pages, worst first, and the table of decks.

use std::fmt::Write as _;

use super::compare::Page;

/// One page with the reference, ours and the difference of every page, the least similar first.
pub(super) fn html(pages: &[Page]) -> String {
    let mut sorted: Vec<_> = pages.iter().collect();
    sorted.sort_by(|a, b| a.similarity.total_cmp(&b.similarity));
    let mut out = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Fidelity</title>\n<style>body{font:14px sans-serif;margin:1em}figure{margin:0 0 1.5em;display:grid;grid-template-columns:repeat(3,1fr);gap:6px}figcaption{grid-column:1/-1}img{width:100%;border:1px solid #999}</style>\n<h1>Pages, the least similar first: reference, ours, difference</h1>\n",
    );
    for page in sorted {
        let _ = write!(
            out,
            "<figure><figcaption>{} page {}: {:.3}</figcaption>",
            escaped(&page.deck),
            page.number,
            page.similarity
        );
        for (picture, what) in page
            .pictures
            .iter()
            .zip(["reference", "ours", "difference"])
        {
            match picture {
                Some(path) => {
                    let _ = write!(
                        out,
                        "<img loading=\"lazy\" src=\"{}\" alt=\"{what}\">",
                        escaped(path)
                    );
                }
                None => {
                    let _ = write!(out, "<span>no {what}</span>");
                }
            }
        }
        out.push_str("</figure>\n");
    }
    out
}

/// A Markdown table: a row for each deck, its mean similarity and its worst page.
pub(super) fn table(pages: &[Page]) -> String {
    let mut out =
        String::from("| deck | pages | similarity | worst page |\n|---|---:|---:|---:|\n");
    let mut means = Vec::new();
    for deck in pages.chunk_by(|a, b| a.deck == b.deck) {
        let mean = deck.iter().map(|page| page.similarity).sum::<f64>() / deck.len() as f64;
        means.push(mean);
        if let Some(worst) = deck
            .iter()
            .min_by(|a, b| a.similarity.total_cmp(&b.similarity))
        {
            let _ = writeln!(
                out,
                "| {} | {} | {mean:.3} | {} ({:.3}) |",
                worst.deck,
                deck.len(),
                worst.number,
                worst.similarity
            );
        }
    }
    let mean = means.iter().sum::<f64>() / means.len().max(1) as f64;
    let _ = writeln!(out, "| **mean** | {} | **{mean:.3}** | |", pages.len());
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{Page, html, table};

    #[test]
    fn the_worst_page_comes_first_and_decks_have_rows() {
        let page = |deck: &str, number, similarity| Page {
            deck: deck.to_owned(),
            number,
            similarity,
            pictures: [Some(format!("{deck}/reference-{number}.png")), None, None],
        };
        let pages = [page("a", 1, 0.9), page("a", 2, 0.5), page("b<", 1, 0.7)];
        let text = html(&pages);
        let at = |what: &str| text.find(what).unwrap();
        assert!(at("a page 2: 0.500") < at("b&lt; page 1") && at("b&lt; page 1") < at("a page 1"));
        let rows = table(&pages);
        assert!(rows.contains("| a | 2 | 0.700 | 2 (0.500) |"), "{rows}");
        assert!(rows.contains("| **mean** | 3 | **0.700** | |"), "{rows}");
    }
}
