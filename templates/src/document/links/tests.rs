//! What a link that says nothing is called.

use super::*;

fn text(says: &str) -> Inline {
    Inline::Text(says.to_owned())
}

fn link(says: &str) -> Inline {
    Inline::Link {
        href: Url::parse("https://doe.example/letter.pdf").unwrap(),
        label: vec![text(says)],
    }
}

fn labels(run: &[Inline]) -> Vec<String> {
    let whole = meaningful(run);
    assert_eq!(plain(&whole), plain(run), "no word is added or moved");
    whole
        .iter()
        .filter_map(|inline| match inline {
            Inline::Link { label, .. } => Some(plain(label)),
            _ => None,
        })
        .collect()
}

#[test]
fn a3_a_link_that_says_nothing_takes_the_words_of_its_clause() {
    for (before, label, after, named) in [
        (
            "Find the letter ",
            "HERE",
            " or read highlights below.",
            "Find the letter HERE",
        ),
        (
            "He spoke. To read the bill, ",
            "click here",
            ".",
            "To read the bill, click here",
        ),
        ("Bill text: ", "here", "", "Bill text: here"),
        (
            "Click ",
            "here",
            " to watch the hearing, live.",
            "Click here to watch the hearing",
        ),
        (
            "",
            "Learn more",
            " about the grant.",
            "Learn more about the grant",
        ),
        (
            "It was signed by fourteen members of both parties and the full text is available ",
            "here",
            ".",
            "both parties and the full text is available here",
        ),
        (
            "Puede leer la carta ",
            "aquí",
            ".",
            "Puede leer la carta aquí",
        ),
        (
            "서한 전문은 ",
            "여기",
            "에서 볼 수 있습니다.",
            "서한 전문은 여기",
        ),
        (
            "众议员今天致函。信函全文请",
            "点击这里",
            "。",
            "信函全文请点击这里",
        ),
        ("Read ", "the letter", ".", "the letter"),
    ] {
        assert_eq!(labels(&[text(before), link(label), text(after)]), [named]);
    }
}

#[test]
fn a3_two_links_share_no_word_and_marks_are_no_obstacle() {
    assert_eq!(
        labels(&[
            text("Watch the hearing "),
            link("here"),
            text(" and read the letter "),
            link("here"),
        ]),
        ["Watch the hearing here", "and read the letter here"]
    );
    let bold = Inline::Strong(vec![
        text("A new law. Read the "),
        text("bill "),
        link("here"),
    ]);
    assert_eq!(labels(&[bold]), ["Read the bill here"]);
}

#[test]
fn a3_a_link_all_alone_shows_where_it_leads() {
    assert_eq!(labels(&[link("Click here!")]), ["Click here!"]);
    let long = format!("https://doe.example/{}/letter.pdf?x=1", "media/".repeat(20));
    assert_eq!(
        short(&Url::parse(&long).unwrap()),
        "https://doe.example/…/letter.pdf"
    );
}

#[test]
fn a_bold_link_all_alone_is_a_button_in_a_mail_and_a_link_elsewhere() {
    let strong = |inner| vec![Inline::Strong(inner)];
    let mail = |run: Vec<Inline>| {
        let document = crate::document::Document {
            language: "en".to_owned(),
            direction: crate::document::Direction::Ltr,
            blocks: vec![crate::document::Block::Paragraph(run)],
        };
        let web = crate::document::html::web(&document).0;
        assert!(!web.contains("<table"), "{web}");
        crate::document::html::mail_blocks(&document, "#1d4f91")
            .remove(0)
            .0
    };
    let inside = Inline::Link {
        href: Url::parse("https://doe.example/rsvp").unwrap(),
        label: strong(vec![text("RSVP for the town hall")]),
    };
    for run in [strong(vec![link("RSVP for the town hall")]), vec![inside]] {
        let html = mail(run);
        assert!(
            html.contains("<td class=\"go\" style=\"padding:12px 20px;background-color:#1d4f91"),
            "{html}"
        );
    }
    for run in [
        vec![link("RSVP for the town hall")],
        strong(vec![link("HERE")]),
        strong(vec![link("https://doe.example/letter.pdf")]),
        strong(vec![link(&"word ".repeat(20))]),
        vec![Inline::Strong(vec![link("RSVP")]), text(" by Friday")],
    ] {
        assert!(!mail(run).contains("<table"));
    }
}

#[test]
fn the_space_at_the_edge_of_a_link_stands_beside_it_and_is_not_underlined() {
    for (label, says) in [
        (
            vec![text("Find it "), Inline::Strong(vec![text("HERE ")])],
            (false, "Find it HERE", true),
        ),
        (vec![text(" The letter")], (true, "The letter", false)),
        (
            vec![Inline::Emphasis(vec![text(" both ")])],
            (true, "both", true),
        ),
        (vec![text("plain")], (false, "plain", false)),
    ] {
        let trimmed = Label::of(&label);
        let found = plain(&trimmed.text);
        assert_eq!(
            (trimmed.space_before, found.as_str(), trimmed.space_behind),
            says
        );
    }
}
