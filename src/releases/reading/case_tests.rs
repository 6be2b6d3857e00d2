//! Pages and text files of each kind that was ever read wrong, each with what it must say.
//!
//! `NAME.html` or `NAME.text` stands beside `NAME.expected.txt`: the document's words in order, a
//! line a block. Lines that begin with `TITLE `, `DATE `, `PARAGRAPHS n` and `TABLE n` ask for those;
//! the single line `REFUSED` means that it must not become a draft. Another folder of the same
//! form is read with `READING_CASES=/path cargo test --lib case_tests`.

use std::{env, fs, path::PathBuf};

use gazette_templates::document::{Block, Missing, Passage};
use url::Url;

use super::{Reading, block_words::all_words, bytes, second_reader::second_reading};

fn folders() -> Vec<PathBuf> {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reading");
    env::var_os("READING_CASES")
        .map(PathBuf::from)
        .into_iter()
        .chain([own])
        .collect()
}

fn words(text: &str) -> Vec<String> {
    super::lines::title_key(text)
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn count(blocks: &[Block], is_counted: fn(&Block) -> Option<usize>, found: &mut Vec<usize>) {
    for block in blocks {
        found.extend(is_counted(block));
        match block {
            Block::Quote(inner) | Block::Passage(Passage { blocks: inner, .. }) => {
                count(inner, is_counted, found);
            }
            _ => {}
        }
    }
}

/// What is wrong with the reading; nothing: it is as expected.
fn complaints(reading: &Reading, expected: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let said = all_words(&reading.document.blocks);
    if expected.trim() == "REFUSED" {
        if reading.refusal.is_none() || !reading.is_empty() {
            wrong.push(format!("not refused: {:?} {said}", reading.title));
        }
        return wrong;
    }
    let mut text = String::new();
    let mut has_table = false;
    for line in expected.lines() {
        if let Some(title) = line.strip_prefix("TITLE ") {
            if reading.title.as_deref() != Some(title) {
                wrong.push(format!("title {:?}, not {title:?}", reading.title));
            }
        } else if let Some(day) = line.strip_prefix("DATE ") {
            let found = reading
                .published
                .map(|found| found.written.day().to_string());
            if found.as_deref() != Some(day) {
                wrong.push(format!("date {found:?}, not {day}"));
            }
        } else if let Some(number) = line.strip_prefix("PARAGRAPHS ") {
            let mut found = Vec::new();
            let one = |block: &Block| matches!(block, Block::Paragraph(_)).then_some(1);
            count(&reading.document.blocks, one, &mut found);
            if found.len().to_string() != number {
                wrong.push(format!("{} paragraphs, not {number}", found.len()));
            }
        } else if let Some(rows) = line.strip_prefix("TABLE ") {
            has_table = true;
            let mut found = Vec::new();
            let rows_of = |block: &Block| match block {
                Block::Table(table) => {
                    Some(table.rows.len() + usize::from(!table.header.is_empty()))
                }
                _ => None,
            };
            count(&reading.document.blocks, rows_of, &mut found);
            let wanted: usize = rows.split(' ').next().unwrap().parse().unwrap();
            if !found.contains(&wanted) {
                wrong.push(format!("tables of {found:?} rows, not {wanted}"));
            }
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    let (said_words, wanted) = (words(&said), words(&text));
    // The cells of a table stand between the lines: there each line is sought in its place.
    let is_same = if has_table {
        let mut rest = said_words.as_slice();
        text.lines().all(|line| {
            let line = words(line);
            let at = rest
                .windows(line.len().max(1))
                .position(|part| part == line);
            rest = at
                .and_then(|at| rest.get(at + line.len()..))
                .unwrap_or_default();
            at.is_some() || line.is_empty()
        })
    } else {
        said_words == wanted
    };
    if !is_same {
        wrong.push(format!("says:\n{said}and not:\n{text}"));
    }
    wrong
}

#[test]
fn every_kind_of_page_is_read_as_it_must_be() {
    let (mut wrong, mut read) = (Vec::new(), 0);
    for folder in folders() {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| !path.to_str().unwrap().ends_with(".expected.txt"))
            .collect();
        paths.sort();
        for path in paths {
            let expected = fs::read_to_string(path.with_extension("expected.txt")).unwrap();
            let source = fs::read(&path).unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let is_page = path.extension().is_some_and(|end| end == "html");
            let address = Url::parse(&format!("http://127.0.0.1:8000/{name}.html")).unwrap();
            let reading = if is_page {
                bytes(&source, "text/html", Some(&address))
            } else {
                bytes(&source, "text/plain", None)
            };
            read += 1;
            for complaint in complaints(&reading, &expected) {
                wrong.push(format!("== {name}: {complaint}"));
            }
        }
    }
    assert!(read >= 1, "no cases");
    assert!(
        wrong.is_empty(),
        "{} of {read}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The pages of our own fixtures that are releases, read.
fn good_pages() -> Vec<(String, String, Reading)> {
    let own = folders().pop().unwrap();
    let mut pages = Vec::new();
    for entry in fs::read_dir(own).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "html") {
            continue;
        }
        let source = fs::read(&path).unwrap();
        let reading = bytes(&source, "text/html", None);
        if reading.refusal.is_none() {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            pages.push((name, String::from_utf8(source).unwrap(), reading));
        }
    }
    pages.sort_by(|one, other| one.0.cmp(&other.0));
    pages
}

#[test]
fn the_second_reader_holds_fewer_than_one_good_release_in_twenty() {
    let pages = good_pages();
    let held: Vec<String> = pages
        .iter()
        .filter_map(|(name, html, reading)| {
            let title = reading.title.as_deref().unwrap_or_default();
            let second = second_reading(html, title, &reading.document)?;
            second
                .is_doubtful()
                .then(|| format!("{name} {:.2}", second.disagreeing))
        })
        .collect();
    assert!(pages.len() >= 200, "{}", pages.len());
    assert!(
        held.len() * 20 < pages.len(),
        "{} of {}: {held:?}",
        held.len(),
        pages.len()
    );
}

/// What may look like the site's in what a page declares as its text must not hold more than this.
#[test]
fn sentences_left_out_hold_fewer_than_one_good_release_in_twenty() {
    let pages = good_pages();
    let held: Vec<&String> = pages
        .iter()
        .filter(|(_, _, reading)| {
            let missing = Block::Missing(Missing::Sentences);
            reading.document.blocks.contains(&missing)
        })
        .map(|(name, _, _)| name)
        .collect();
    println!("{} of {} held: {held:?}", held.len(), pages.len());
    assert!(
        held.len() * 20 < pages.len(),
        "{} of {}: {held:?}",
        held.len(),
        pages.len()
    );
}

#[test]
fn the_second_reader_holds_what_lost_its_half_or_kept_as_much_again() {
    let (mut asked, mut halved, mut doubled) = (0, 0, 0);
    for (_, html, reading) in good_pages() {
        let title = reading.title.as_deref().unwrap_or_default();
        let is_doubtful = |blocks: Vec<Block>| {
            let document = gazette_templates::Document {
                blocks,
                ..reading.document.clone()
            };
            second_reading(&html, title, &document).map(|second| second.is_doubtful())
        };
        let blocks = &reading.document.blocks;
        if blocks.len() < 4 || second_reading(&html, title, &reading.document).is_none() {
            continue;
        }
        // Where nearly all words stand in the first half, the rest is too little to disagree on.
        let half = &blocks[..blocks.len() / 2];
        if all_words(half).len() * 3 > all_words(blocks).len() * 2 {
            continue;
        }
        asked += 1;
        halved += usize::from(is_doubtful(blocks[..blocks.len() / 2].to_vec()) == Some(true));
        doubled +=
            usize::from(is_doubtful([blocks.clone(), blocks.clone()].concat()) == Some(true));
    }
    assert!(asked >= 150, "{asked}");
    // A half may be the shorter one, and the second reader may have lost the same.
    assert!(halved * 10 >= asked * 9, "{halved} of {asked}");
    assert!(doubled * 100 >= asked * 97, "{doubled} of {asked}");
}

/// A page that stands in for another one is refused by whatever way it comes: fetched under any type,
/// given as a file, or by its address.
#[test]
fn no_way_in_makes_a_draft_of_what_is_no_release() {
    let mut kinds = 0;
    for entry in fs::read_dir(folders().pop().unwrap()).unwrap() {
        let expected = entry.unwrap().path();
        let name = expected.to_str().unwrap();
        let Some(name) = name.strip_suffix(".expected.txt") else {
            continue;
        };
        if fs::read_to_string(&expected).unwrap().trim() != "REFUSED" {
            continue;
        }
        let source = fs::read(format!("{name}.html")).unwrap();
        let address = Url::parse("https://www.office.example/news/1").unwrap();
        let ways = [
            (
                "fetched",
                bytes(&source, "text/html; charset=utf-8", Some(&address)),
            ),
            ("without a type", bytes(&source, "", Some(&address))),
            ("a file", super::saved(&source, Some(&address))),
            (
                "by its address",
                super::given(&source, "text/html", Some(&address)),
            ),
        ];
        for (way, reading) in ways {
            assert!(
                reading.refusal.is_some() && reading.is_empty(),
                "{name} {way}"
            );
        }
        kinds += 1;
    }
    assert!(kinds >= 12, "{kinds}");
    let files: [(&[u8], &str); 6] = [
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"{\\rtf1\\ansi Text}", "application/rtf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "application/msword"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"{\"title\": \"Bridge\"}", "application/json"),
        (b"PK\x03\x04....xl/workbook.xml", "application/zip"),
    ];
    for (file, content_type) in files {
        for reading in [
            bytes(file, content_type, None),
            bytes(file, "text/html", None),
            super::saved(file, None),
            super::given(file, content_type, None),
        ] {
            assert!(
                reading.refusal.is_some() && reading.is_empty(),
                "{content_type}"
            );
        }
    }
}
