//! Text files: each word that an office wrote stays, once and in its place, whatever the lines look like.

use gazette_templates::{
    document::{html, text as text_part, words},
    email::{self, NewsletterMail},
};
use proptest::prelude::*;

use super::{Reading, page_fixture_tests::mail_of, runs, text};

/// Its words, without what nobody sees.
fn letters_of(text: &str) -> Vec<String> {
    let seen: String = text.chars().filter(|c| !runs::is_invisible(*c)).collect();
    seen.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What is wrong with the mail: a part that says otherwise than the document.
fn mail_complaint(reading: &Reading) -> Option<String> {
    let document = &reading.document;
    let title = reading.title.as_deref().unwrap_or("A release");
    let parts = email::newsletter(&NewsletterMail {
        release_url: None,
        ..mail_of(title, document)
    });
    let has = |part: &[String], wanted: &[String]| {
        wanted.is_empty() || part.windows(wanted.len()).any(|words| words == wanted)
    };
    let in_text = has(
        &letters_of(&parts.text),
        &letters_of(&text_part::mail(document)),
    );
    let in_html = has(&words::of_html(&parts.html), &words::of_mail(document));
    (!in_text || !in_html).then(|| format!("-- mail\n{}\n{}", parts.text, parts.html))
}

/// What is wrong: words that the text part has not, has twice, or has in another order than the file.
fn complaint(source: &str) -> Option<String> {
    let reading = text(source);
    if let Some(wrong) = mail_complaint(&reading) {
        return Some(format!("{source:?}\n{wrong}"));
    }
    let said = text_part::render(&reading.document);
    let all = letters_of(source);
    // The headline stands above the text in a mail; its words may stand in the file twice.
    let title = letters_of(reading.title.as_deref().unwrap_or_default());
    let said = letters_of(&said);
    let is_whole = (0..=all.len().saturating_sub(title.len())).any(|at| {
        let (before, from) = all.split_at(at);
        from.strip_prefix(title.as_slice())
            .is_some_and(|after| [before, after].concat() == said)
    });
    if !is_whole {
        let title = reading.title;
        return Some(format!(
            "{source:?}\n-- called {title:?} says\n{said:?}\n-- not\n{all:?}"
        ));
    }
    let document = &reading.document;
    let in_html = words::of_html(&html::web(document).0);
    let in_tree = words::of_document(document);
    (in_html != in_tree).then(|| format!("{source}\n-- in HTML\n{in_html:?}\n-- not\n{in_tree:?}"))
}

#[test]
fn no_line_of_a_text_file_is_lost() {
    for source in [
        // A list in a list, and what goes on with the outer item below it.
        "Bridge opens\n\n- The bridge opens on Monday.\n  - The ferry stops then.\n    It has sailed for years.\n- S. 1968 pays for it.\n    A. J. Smith built it. See\n    the annex.\n",
        // A paragraph that is set in behind a list, whose first word looks like a letter that counts.
        "Bridge opens\n\n1. The plan is old.\n2. The bridge is new.\n\n    S. 1968 was passed by the Senate on May 4, 2026, by 61\n    votes to 38. It pays for half of the bridge and for all\n    of the road.\n",
        // Lists that begin anew, and one that leaves numbers out.
        "Bridge opens\n\n1. One lane.\n2. Two lanes.\n\n1. One path.\n2. Two paths.\n",
        "Bridge opens\n\n1. One lane.\n2. Two lanes.\n5. Five lanes.\n6. Six.\n",
        // What sites put below a text may be an office's own words.
        "Bridge opens\n\nThe county opens the bridge on Monday, and all may walk on it.\n\nFollow us on X\n\nTags: bridge, ferry\n\nShare\n",
        "NEWS RELEASE\n\nCounty opens bridge to all\n\nBy Jane Roe\n\nThe county opens the bridge on Monday, and all may walk on it.\n\nPosted in News\n",
        // Nothing but items.
        "- One lane for cars.\n- One lane for carts.\n",
        "* * *\n\nThe county opens the bridge on Monday, and all may walk on it.\n\n* * *\n",
        "WHAT: A tour of the bridge\nWHEN: Monday, May 4, 2026, 10 a.m.\nWHERE: 100 Main Street\n\nThe county shows the bridge to all who want to see it before it opens.\n",
    ] {
        assert_eq!(complaint(source), None);
    }
}

#[test]
fn a_text_is_called_by_its_headline_and_not_by_an_item_or_a_rule() {
    for (source, title) in [
        (
            "County opens bridge to all\n\n-more-\n\n- H.R. 1234 pays for it.\n- The county pays, too.\n",
            Some("County opens bridge to all"),
        ),
        (
            "-----\n\nCounty opens bridge to all\n\nThe county opens the bridge on Monday, and all may walk on it.\n",
            Some("County opens bridge to all"),
        ),
        (
            "1. The plan is old.\n2. The bridge is new.\n3. H.R. 1 pays.\n",
            None,
        ),
    ] {
        assert_eq!(text(source).title.as_deref(), title, "{source}");
    }
}

/// Lines and paragraphs as offices write them; days stand in sentences, for a line that is a day and
/// nothing else stands above the text in a mail.
const PIECES: [&str; 30] = [
    "The county board opens the bridge over the Elm River on Monday, and the ferry stops.",
    "“We have waited for a long time,” said Mayor Ana Roe.",
    "S. 1968 was passed by the Senate on May 4, 2026, by 61 votes to 38.",
    "No. 7 of the plan is a ferry for bicycles.\nIt sails at noon.",
    "    The bridge is 412 m long and 9.5 m wide; 60% of it\n    is steel, and the rest of it is stone from the hill\n    above the town.",
    "- One lane for cars.\n  - And one for carts.\n- One for all others.",
    "• One lane for cars.\n• One lane for carts.",
    "1. One lane.\n2. Two lanes.\n3. Three lanes.",
    "a) One lane.\nb) Two lanes.",
    "City            Amount      Year\nMilltown        $2,000      2026\nElmsford        $10         2025",
    "> Read more about it in the annex.\n> Sign up there.",
    "BRIDGE OPENS ON MONDAY",
    "Hurricane update",
    "NEWS RELEASE",
    "FOR IMMEDIATE RELEASE",
    "Contact: Jane Doe, 202-555-0117",
    "MILLTOWN, Ohio",
    "WHERE: 100 Main Street",
    "By Jane Roe",
    "Background",
    "###",
    "* * *",
    "-----",
    "-more-",
    "Share",
    "Follow us on X",
    "Q: Who pays?",
    "Dear friends,",
    "Ana Roe\nMayor",
    "\tA. J. Smith built it.\n\tHe was 41.",
];

/// What lines are made of: markers, marks, numbers, addresses, other scripts, letters that nobody sees.
const WORDS: [&str; 62] = [
    "bridge",
    "county",
    "Board",
    "OPENS",
    "the",
    "Monday,",
    "ferry.",
    "S. 1968",
    "U.S.",
    "a.m.",
    "10:30",
    "$2,000",
    "60%",
    "o’clock",
    "—",
    "–",
    "-",
    "--",
    "*",
    "#",
    "###",
    "-30-",
    "+",
    "=",
    "/",
    "(a)",
    "[1]",
    "(2)",
    "1.",
    "2.",
    "3)",
    "01.",
    "a)",
    "b.",
    "i.",
    "IV.",
    "•",
    "●",
    "‣",
    "✓",
    "https://doe.example/a?b=1&c=2",
    "http://doe.example.",
    "jane@doe.example",
    "202-555-0117",
    "日本語の",
    "橋が",
    "다리",
    "гибкий",
    "הגשר",
    "الجسر",
    "soft\u{ad}hyphen",
    "zero\u{200b}width",
    "non\u{200c}joiner",
    "no\u{a0}break",
    "é",
    "e\u{301}",
    "№7",
    "1.5",
    "H.R.",
    "“Quoted”",
    "R&D",
    "<5",
];

const INDENTS: [&str; 7] = ["", "", "", "  ", "    ", "\t", "\u{a0}\u{a0}"];
const BETWEEN: [&str; 5] = [" ", " ", " ", "   ", "\t"];
const BEGINNINGS: [&str; 12] = [
    "", "", "", "- ", "* ", "• ", "– ", "> ", ">> ", "1. ", "2. ", "3. ",
];
const ENDS: [&str; 9] = [
    "\n", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\r\r", "\u{2028}", "\n\u{c}",
];

fn line() -> impl Strategy<Value = String> {
    (
        0..INDENTS.len(),
        0..BEGINNINGS.len(),
        0..BETWEEN.len(),
        prop::collection::vec(0..WORDS.len(), 0..14),
        0..ENDS.len(),
    )
        .prop_map(|(indent, beginning, between, words, end)| {
            let words: Vec<&str> = words.into_iter().map(|word| WORDS[word]).collect();
            let line = words.join(BETWEEN[between]);
            [INDENTS[indent], BEGINNINGS[beginning], &line, ENDS[end]].concat()
        })
}

/// `TEXT_CASES=20000` tries more of them.
fn cases(usual: u32) -> u32 {
    std::env::var("TEXT_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(usual)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(192)))]

    #[test]
    fn every_word_of_a_text_file_is_kept_in_its_place(
        pieces in prop::collection::vec((0..PIECES.len(), 1..3_usize), 1..12)
    ) {
        let mut source = String::new();
        for (piece, ends) in pieces {
            source.push_str(PIECES[piece]);
            source.push_str(&"\n".repeat(ends));
        }
        prop_assert_eq!(complaint(&source), None);
    }

    #[test]
    fn every_word_of_lines_of_any_kind_is_kept_in_its_place(
        lines in prop::collection::vec(line(), 1..12),
        piece in 0..PIECES.len(),
        at in 0..12_usize,
    ) {
        let mut lines = lines;
        lines.insert(at.min(lines.len()), format!("{}\n\n", PIECES[piece]));
        prop_assert_eq!(complaint(&lines.concat()), None);
    }
}
