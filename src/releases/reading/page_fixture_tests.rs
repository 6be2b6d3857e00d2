//! Releases as the content systems of public offices publish them, held against what a person
//! reads in them.
//!
//! Each `tests/fixtures/releases/NAME.html` (or `.text`) has a `NAME.txt` beside it: the title, a
//! line with languages, direction and date, and the release as the text part says it. In each
//! `<!--release-->` and `<!--/release-->` stand around what is the release's; the reader knows
//! nothing of these marks, the tests do: out of a text, where they would be words, they are taken. After a wanted change `UPDATE_FIXTURES=1 cargo test` writes
//! the texts anew; read each before it is committed.

use std::{fs, path::PathBuf};

use dom_query::{Document as Page, NodeRef};
use gazette_templates::{
    Colour, Document,
    document::{Block, html, text as text_part, words},
    email::{self, NewsletterMail},
};
use url::Url;

use super::{super::by_hand, Reading, elements::is_block, page, text};

const OPEN: &str = "<!--release-->";
const CLOSE: &str = "<!--/release-->";

/// The mail of a release, as an office sends it.
pub(super) fn mail_of<'a>(subject: &'a str, document: &'a Document) -> NewsletterMail<'a> {
    NewsletterMail {
        subject,
        document,
        preview: None,
        intro: None,
        changed: None,
        date: jiff::civil::date(2026, 3, 3),
        office: "Office of Rep. Jane Doe",
        colour: Colour::DEFAULT,
        logo: None,
        postal_address: "1 Main Street\nMilltown, XY 00001",
        topic: "Press releases",
        sign_up_url: "https://news.doe.example/",
        release_url: Some("https://doe.example/news/2026/release/"),
        web_url: "https://news.doe.example/archive/release",
        unsubscribe_url: "https://news.doe.example/unsubscribe/TOKEN",
        preferences_url: "https://news.doe.example/preferences/TOKEN",
        privacy_url: "https://news.doe.example/privacy",
        press_list: false,
        footer: None,
    }
}

struct Fixture {
    name: String,
    path: PathBuf,
    source: String,
    is_page: bool,
}

impl Fixture {
    fn all() -> Vec<Self> {
        Self::of("releases")
    }

    /// Also the pages whose text nobody wrote down: of the mail's own tests and of the reader's.
    fn every() -> Vec<Self> {
        let mut every = Self::all();
        every.extend(Self::of("mail"));
        every.extend(Self::of("reading"));
        every
    }

    fn of(folder: &str) -> Vec<Self> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures")
            .join(folder);
        let mut fixtures: Vec<Self> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                let end = path.extension().and_then(|end| end.to_str());
                matches!(end, Some("html" | "text"))
            })
            // A picture that is called a page has no text to say twice.
            .filter_map(|path| {
                Some(Self {
                    name: path.file_stem()?.to_str()?.to_owned(),
                    source: fs::read_to_string(&path).ok()?,
                    is_page: path.extension()? == "html",
                    path,
                })
            })
            .collect();
        fixtures.sort_by(|one, other| one.name.cmp(&other.name));
        fixtures
    }

    fn read(&self) -> Reading {
        self.read_as(&self.source)
    }

    fn read_as(&self, source: &str) -> Reading {
        let address = format!("https://doe.example/news/2026/{}/", self.name);
        if self.is_page {
            page(source, Url::parse(&address).ok().as_ref())
        } else {
            text(&source.replace(OPEN, "").replace(CLOSE, ""))
        }
    }
}

/// What stands in `NAME.txt`.
fn written(reading: &Reading) -> String {
    let document = &reading.document;
    let date = reading
        .published
        .map_or_else(|| "no date".to_owned(), |at| at.written.day().to_string());
    let languages: Vec<&str> = std::iter::once(document.language.as_str())
        .chain(document.blocks.iter().filter_map(|block| match block {
            Block::Passage(passage) => Some(passage.language.as_str()),
            _ => None,
        }))
        .collect();
    format!(
        "{}\n{}, {}, {date}\n\n{}",
        reading.title.as_deref().unwrap_or("no title"),
        languages.join(" + "),
        document.direction.as_str(),
        text_part::render(document)
    )
}

/// The words between the marks, told without the reader: in a page all text that shows, what images
/// say instead, what frames are called.
fn marked_words(fixture: &Fixture) -> Vec<String> {
    let mut says = String::new();
    for part in fixture.source.split(OPEN).skip(1) {
        let part = part.split(CLOSE).next().unwrap_or_default();
        if fixture.is_page {
            let page = Page::from(format!("<body>{part}</body>"));
            gather(&page.body().unwrap(), &mut says);
        } else {
            says.push_str(part);
        }
        says.push('\n');
    }
    if fixture.is_page {
        // Set-in lines are items of lists to the text part, and their first words numbers.
        let lines: Vec<&str> = says.lines().map(str::trim).collect();
        says = lines.join("\n");
    }
    sorted(words::of_text(&says, "en"))
}

fn gather(node: &NodeRef, says: &mut String) {
    for child in node.children_it(false) {
        if child.is_text() {
            let shown = child.text().replace(['\u{ad}', '\u{200b}'], "");
            says.push_str(&shown.replace(['\n', '\t'], " "));
            continue;
        }
        let Some(name) = child.node_name() else {
            continue;
        };
        match &*name {
            "script" | "style" | "noscript" | "svg" => continue,
            "br" => says.push('\n'),
            // A picture of one pixel shows nothing.
            "img" | "iframe" if child.attr("width").as_deref() == Some("1") => {}
            "img" => says.extend([" ", &child.attr("alt").unwrap_or_default(), " "]),
            "iframe" => says.extend([" ", &child.attr("title").unwrap_or_default(), " "]),
            _ => {}
        }
        if is_block(&name) {
            says.push('\n');
        }
        gather(&child, says);
        if is_block(&name) {
            says.push('\n');
        }
    }
}

fn mail(document: &Document) -> String {
    let blocks = html::mail_blocks(document, "#1d4f91");
    blocks.into_iter().map(|block| block.0).collect()
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words
}

/// The same words in the tree, in HTML for mail and web, and in text.
fn says_the_same_everywhere(document: &Document, name: &str) -> Vec<String> {
    let expected = words::of_document(document);
    let mailed = words::of_mail(document);
    assert_eq!(words::of_html(&mail(document)), mailed, "{name}: mail");
    let text = text_part::mail(document);
    let said = words::of_text(&text, &document.language);
    assert_eq!(said, mailed, "{name}: {text}");
    assert_eq!(
        words::of_html(&html::web(document).0),
        expected,
        "{name}: web"
    );
    let text = text_part::render(document);
    let said = words::of_text(&text, &document.language);
    assert_eq!(said, expected, "{name}: {text}");
    sorted(expected)
}

/// The words that stand in `these` more often than in `those`.
fn missing<'w>(expected: &'w [String], found: &[String]) -> Vec<&'w String> {
    let mut left = found.to_vec();
    let mut missing = Vec::new();
    for word in expected {
        match left.iter().position(|other| other == word) {
            Some(at) => {
                left.swap_remove(at);
            }
            None => missing.push(word),
        }
    }
    missing
}

#[test]
fn r1_r2_each_release_reads_as_a_person_wrote_it_down() {
    let mut wrong = Vec::new();
    for fixture in Fixture::all() {
        let golden = fixture.path.with_extension("txt");
        let written = written(&fixture.read());
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::write(&golden, &written).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if written != expected {
            wrong.push(format!(
                "== {}\n{written}\n-- and not\n{expected}",
                fixture.name
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn r3_html_text_and_release_have_the_same_words() {
    let mut wrong = Vec::new();
    for fixture in Fixture::all() {
        let said = says_the_same_everywhere(&fixture.read().document, &fixture.name);
        let expected = marked_words(&fixture);
        if said != expected {
            wrong.push(format!(
                "{}: lost {:?}, added {:?}",
                fixture.name,
                missing(&expected, &said),
                missing(&said, &expected)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn r3_e1_both_parts_of_the_mail_say_the_same_also_where_it_is_cut() {
    let every = Fixture::every();
    assert!(every.len() > 150, "{}", every.len());
    for fixture in every {
        let reading = fixture.read();
        let mut document = reading.document;
        if document.blocks.is_empty() {
            continue;
        }
        for times in [1, email::LONGEST / mail(&document).len().max(1) + 1] {
            document.blocks = vec![document.blocks; times].concat();
            let title = reading.title.as_deref().unwrap_or_default();
            let parts = email::newsletter(&mail_of(title, &document));
            let name = format!("{} {times} times", fixture.name);
            assert!(parts.html.len() <= email::LONGEST, "{name}");
            let said = words::of_text(&parts.text, &document.language);
            assert_eq!(said, words::of_html(&parts.html), "{name}");
        }
    }
}

/// What each stretch of the document speaks, and which way it runs.
fn languages(blocks: &[Block], found: &mut Vec<(String, &'static str, usize)>) {
    for block in blocks {
        match block {
            Block::Passage(passage) => {
                let direction = passage.direction.as_str();
                found.push((passage.language.clone(), direction, passage.blocks.len()));
                languages(&passage.blocks, found);
            }
            Block::Quote(inner) => languages(inner, found),
            Block::List(list) => list.items.iter().for_each(|item| languages(item, found)),
            _ => {}
        }
    }
}

#[test]
fn r1_languages_and_directions_survive_editing_by_hand() {
    let mut with_passages = 0;
    for fixture in Fixture::all() {
        let document = fixture.read().document;
        let again = by_hand::edited(&by_hand::to_markdown(&document), &document);
        let (mut before, mut after) = (Vec::new(), Vec::new());
        languages(&document.blocks, &mut before);
        languages(&again.blocks, &mut after);
        assert_eq!(after, before, "{}", fixture.name);
        with_passages += usize::from(!before.is_empty());
    }
    assert!(with_passages >= 3, "{with_passages}");
}

#[test]
fn a3_no_link_is_called_here() {
    let fixtures = Fixture::all();
    assert!(fixtures.len() >= 40, "{}", fixtures.len());
    for fixture in fixtures {
        let html = mail(&fixture.read().document);
        for link in &Page::from(html).select("a") {
            // A picture's words are the name of the link that it is.
            let pictures = link.select("img[alt]");
            let pictures = pictures
                .iter()
                .map(|image| image.attr_or("alt", "").to_string());
            let name = format!("{} {}", link.text(), pictures.collect::<String>());
            let name = name.trim().to_lowercase();
            let name = name.trim_matches(|c: char| !c.is_alphanumeric());
            assert!(
                !matches!(
                    name,
                    "" | "here" | "click here" | "read more" | "link" | "aquí" | "여기" | "這裡"
                ),
                "{}: {name:?}",
                fixture.name
            );
        }
    }
}

#[test]
fn r4_every_address_is_absolute_and_harmless() {
    for fixture in Fixture::all() {
        let html = mail(&fixture.read().document);
        let page = Page::from(html);
        for (selector, attribute) in [("a", "href"), ("img", "src")] {
            for node in &page.select(selector) {
                let address = node.attr(attribute).unwrap();
                let url = Url::parse(&address).unwrap();
                let schemes: &[&str] = match attribute {
                    "src" => &["http", "https"],
                    _ => &["http", "https", "mailto", "tel"],
                };
                assert!(schemes.contains(&url.scheme()), "{}: {url}", fixture.name);
            }
        }
    }
}

#[test]
fn a_page_that_breaks_off_or_lost_its_brackets_is_read_all_the_same() {
    for fixture in Fixture::all() {
        let source = &fixture.source;
        for part in 1..4 {
            let cut = (0..=source.len() * part / 4)
                .rev()
                .find(|at| source.is_char_boundary(*at))
                .unwrap_or(0);
            let reading = fixture.read_as(&source[..cut]);
            says_the_same_everywhere(&reading.document, &fixture.name);
        }
        for (lost, every) in [('>', 3), ('"', 5), ('<', 7), ('/', 2)] {
            let mut seen = 0;
            let mut garbled = source.clone();
            garbled.retain(|c| {
                seen += usize::from(c == lost);
                c != lost || seen % every != 0
            });
            let reading = fixture.read_as(&garbled);
            says_the_same_everywhere(&reading.document, &fixture.name);
        }
    }
}
