//! How long it takes to make a newsletter's text of a page: `cargo bench --bench reading`.
//!
//! The page is the sample release, chrome and all, its text repeated until the page has 78 KB: as
//! long as the longest releases get. Target: below 20 ms on one core, from the page's bytes to both
//! parts.

use divan::{Bencher, black_box};
use gazette::releases::{reading, sample};
use gazette_templates::{
    Document,
    document::{html, text},
};

const LENGTH: usize = 78 * 1024;

fn main() {
    divan::main();
}

/// The sample page with its paragraphs said over and over.
fn long_page() -> String {
    let page = sample::RELEASES[1].page;
    let from = page.find("<p><strong>Washington").unwrap_or(0);
    let (before, rest) = page.split_at(from);
    let to = rest.find("</ol>\n</div>").map_or(rest.len(), |at| at + 5);
    let (release, after) = rest.split_at(to);
    let times = (LENGTH - before.len() - after.len()) / release.len() + 1;
    [before, &release.repeat(times), after].concat()
}

fn long_document() -> Document {
    reading::page(&long_page(), None).document
}

#[divan::bench]
fn a_78_kb_page_to_both_parts(bencher: Bencher) {
    let page = long_page();
    assert!(page.len() >= LENGTH, "{} bytes", page.len());
    bencher.bench_local(|| {
        let document = reading::page(black_box(&page), None).document;
        (
            html::mail_blocks(&document, "#1d4f91"),
            text::render(&document),
        )
    });
}

#[divan::bench]
fn reading_alone(bencher: Bencher) {
    let page = long_page();
    bencher.bench_local(|| reading::page(black_box(&page), None));
}

#[divan::bench]
fn both_renderings_alone(bencher: Bencher) {
    let document = long_document();
    bencher.bench_local(|| {
        (
            html::mail_blocks(black_box(&document), "#1d4f91"),
            text::render(black_box(&document)),
        )
    });
}
