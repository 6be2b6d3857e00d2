//! What staff see beside a text is the mail that readers would get of it, in both parts, and nothing in it runs
//! or is anybody's own.

use mail_parser::MessageParser;

use super::{
    newsletters::{draft, office},
    *,
};
use crate::{
    delivery::prepared_message::PreparedMessage,
    newsletters::{self as room, compose::compose},
    office::Office,
    subscribers::{self, link::SubscriberLink},
};

const TYPED: [(&str, &str); 4] = [
    ("subject", "A <new> bridge opens"),
    (
        "text",
        "The bridge **opens**.\n\n## Who comes\n\n- All\n- [The mayor](https://tustin.example.gov/mayor)",
    ),
    ("preview", "On Monday at nine"),
    ("intro", " Dear neighbors,\r\n\r\ncome and see it. "),
];

/// Both parts of a mail.
type Parts = (String, String);

/// What the frames of a page show.
async fn in_frames(browser: &mut Browser, page: &browser::Page) -> Parts {
    let address = page.mail();
    let html = browser.get(&address).await;
    let text = browser.get(&format!("{address}&part=text")).await.text;
    let (_, text) = text.split_once("<pre").unwrap();
    let (_, text) = text.split_once('>').unwrap();
    let text = text.split_once("</pre>").unwrap().0;
    let plain = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    let text = plain.iter().fold(text.to_owned(), |text, (code, sign)| {
        text.replace(code, sign)
    });
    (html.text, text)
}

/// What a reader gets of a newsletter: as it goes on the wire, read back by a parser that is not ours, with the
/// digits of previews in the place of the reader's own token.
async fn in_the_mailbox(app: &App, id: i64) -> Parts {
    let office = Office::load(&app.db).await.unwrap();
    let newsletter = room::find(app, id).await.unwrap();
    let url = &app.settings.public_url;
    let parts = compose(&newsletter, &office, url, app.clock.now()).unwrap();
    let link = SubscriberLink {
        subscriber: 1,
        newsletter: id,
    };
    let placeholders = link.placeholders(&app.keys);
    let mut wire = Vec::new();
    PreparedMessage::new(&parts)
        .unwrap()
        .write(&mut wire, "ana@example.org", &placeholders, None)
        .unwrap();
    let message = MessageParser::default().parse(&wire).unwrap();
    let token = std::str::from_utf8(&placeholders.token).unwrap();
    let read = |part: Option<std::borrow::Cow<'_, str>>| {
        let part = part.unwrap().replace("\r\n", "\n");
        assert!(part.contains(token), "it has links of the reader's own");
        part.replace(token, SubscriberLink::SLOT).trim().to_owned()
    };
    let text = read(message.body_text(0));
    (read(message.body_html(0)), unflowed(&text))
}

/// The text part without what RFC 3676 does to it on the way: a line that ends with a space goes on, and one that
/// begins with a space has another one before it.
fn unflowed(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    lines.join("\n").replace(" \n", " ")
}

fn assert_same(shown: &Parts, mailed: &Parts) {
    assert_eq!(shown.0.trim(), mailed.0);
    assert_eq!(shown.1.trim(), mailed.1);
}

#[tokio::test]
async fn what_stands_beside_a_text_is_the_mail_that_readers_get_but_for_their_own_links() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let edit = format!("/staff/newsletters/{id}/edit");
    let mut ana = member(&app, &Browser::on(&app), Role::Editor).await;
    // Before anything is typed: what is saved.
    let page = ana.get(&edit).await;
    assert_same(
        &in_frames(&mut ana, &page).await,
        &in_the_mailbox(&app, id).await,
    );
    // The button, where no script runs; then the same is saved.
    let mut typed = TYPED.to_vec();
    typed.push(("action", "preview"));
    let page = ana.submit(&edit, &edit, &typed).await;
    let shown = in_frames(&mut ana, &page).await;
    for words in ["On Monday at nine", "come and see it.", "Who comes"] {
        assert!(shown.0.contains(words), "{words}: {}", shown.0);
    }
    assert!(
        page.text.contains("value=\"preview\" checked"),
        "a phone shows it first"
    );
    assert_eq!(
        room::find(&app, id).await.unwrap().revision,
        0,
        "only shown"
    );
    *typed.last_mut().unwrap() = ("action", "keep");
    assert_eq!(ana.submit(&edit, &edit, &typed).await.status, 303);
    assert_same(&shown, &in_the_mailbox(&app, id).await);
    // The newsletter's own page shows the same.
    let page = ana.get(&format!("/staff/newsletters/{id}")).await;
    let mail = ana.get(&page.mail()).await;
    assert_eq!(mail.text, shown.0);
    assert!(page.text.contains("come and see it."), "the text part");
}

#[tokio::test]
async fn a_release_that_is_being_written_and_a_correction_are_shown_as_they_will_be_mailed() {
    let (app, _place) = instance().await;
    office(&app).await;
    subscribers::topics::add(&app, "roads", "Roads & bridges", "", "operator")
        .await
        .unwrap();
    let roads = number(&app, "SELECT id FROM topic WHERE slug = 'roads'").await;
    crate::test_data::subscriber(1).insert(&app).await;
    let (new, roads) = ("/staff/releases/new", roads.to_string());
    let mut ana = member(&app, &Browser::on(&app), Role::Editor).await;
    let page = ana.get(new).await;
    let nothing = in_frames(&mut ana, &page).await.0;
    assert!(nothing.contains("Office of Rep. Jane Doe"), "{nothing}");
    let mut typed = TYPED.to_vec();
    typed.extend([("topic", roads.as_str()), ("action", "preview")]);
    let page = ana.submit(new, new, &typed).await;
    let shown = in_frames(&mut ana, &page).await;
    assert!(shown.0.contains("Roads &amp; bridges"), "{}", shown.0);
    *typed.last_mut().unwrap() = ("action", "keep");
    let made = ana.submit(new, new, &typed).await;
    assert_eq!(made.location(), "/staff/newsletters/1?done=written");
    assert_same(&shown, &in_the_mailbox(&app, 1).await);
    let saved = room::find(&app, 1).await.unwrap();
    assert_eq!(
        saved.intro.as_deref(),
        Some("Dear neighbors,\ncome and see it.")
    );
    assert_eq!(saved.preview.as_deref(), Some("On Monday at nine"));
    assert_eq!(saved.revision, 0, "it was made so");

    // Mailed, and corrected.
    let sent = "UPDATE newsletter SET state = $1, started_at = 1, enqueued_at = 1, finished_at = 2";
    let state = crate::values![room::NewsletterState::Sent as i16];
    app.db.execute(sent, state).await.unwrap();
    let path = "/staff/newsletters/1/correct-text";
    for (subject, corrected) in [(TYPED[0].1, 2), ("A bridge opens at last", 3)] {
        let text = format!("The bridge opens on day {corrected}.");
        let typed = [("subject", subject), ("text", &text), ("action", "preview")];
        let page = ana.submit(path, path, &typed).await;
        let shown = in_frames(&mut ana, &page).await;
        assert!(shown.0.contains("Correction"), "{}", shown.0);
        let typed = [typed[0], typed[1], ("action", "keep")];
        let made = ana.submit(path, path, &typed).await;
        assert_eq!(
            made.location(),
            format!("/staff/newsletters/{corrected}?done=correction"),
            "{}",
            made.text
        );
        assert_same(&shown, &in_the_mailbox(&app, corrected).await);
        // While it waits nobody is asked for another one.
        let cancelled = "UPDATE newsletter SET state = $1 WHERE id = $2";
        let values = crate::values![room::NewsletterState::Cancelled as i16, corrected];
        app.db.execute(cancelled, values).await.unwrap();
    }
}

#[tokio::test]
async fn the_frame_of_a_mail_runs_nothing_names_itself_and_is_its_writers_alone() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let edit = format!("/staff/newsletters/{id}/edit");
    let site = Browser::on(&app);
    let mut ana = member(&app, &site, Role::Editor).await;
    let mut ben = member(&app, &site, Role::Approver).await;
    let mut typed = TYPED.to_vec();
    typed.push(("action", "preview"));
    for (page, address) in [
        (edit.as_str(), edit.as_str()),
        ("/staff/releases/new", "/staff/releases/new"),
    ] {
        let page = ana.submit(page, address, &typed).await;
        let frames: Vec<&str> = page.text.split("<iframe ").skip(1).collect();
        assert_eq!(frames.len(), 3);
        for frame in frames {
            let frame = frame.split('>').next().unwrap();
            assert!(frame.starts_with("title=\"The mail "), "{frame}");
            assert!(frame.contains("sandbox=\"allow-same-origin\""), "{frame}");
        }
        assert!(
            page.header("content-security-policy")
                .contains("frame-src 'self'")
        );
        let address = page.mail();
        for address in [
            address.clone(),
            format!("{address}&part=text"),
            format!("{address}&pictures=off"),
        ] {
            let mail = ana.get(&address).await;
            let policy = mail.header("content-security-policy");
            for part in [
                "default-src 'none'",
                "frame-ancestors 'self'",
                "form-action 'none'",
            ] {
                assert!(
                    policy.contains(part) && !policy.contains("script-src"),
                    "{policy}"
                );
            }
            assert_eq!(policy.contains("img-src"), !address.contains("pictures"));
            // A link of the reader's own leads to a page that knows nobody.
            let links = mail.text.matches("/u/").count();
            let nobody = mail
                .text
                .matches(&format!("/u/{}", SubscriberLink::SLOT))
                .count();
            assert!(links > 0 && links == nobody, "{}", mail.text);
        }
        // Whoever else has the address sees what is saved.
        let theirs = ben.get(&address).await;
        assert!(!theirs.text.contains("come and see it."), "{}", theirs.text);
    }
    // What cannot be a mail is said in the frame, and nothing that was typed is lost.
    let slot = format!("Digits: {}", SubscriberLink::SLOT);
    let wrong = [
        ("subject", "A bridge"),
        ("text", &slot),
        ("action", "preview"),
    ];
    let page = ana.submit(&edit, &edit, &wrong).await;
    assert_eq!(page.status, 200);
    let mail = ana.get(&page.mail()).await;
    assert_eq!(mail.status, 422);
    assert!(
        mail.text.contains("take them out of the release"),
        "{}",
        mail.text
    );
    assert!(
        mail.header("content-security-policy")
            .contains("frame-ancestors 'self'")
    );
}

#[tokio::test]
async fn what_is_refused_is_kept_and_shown_as_the_mail_that_it_would_be() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let edit = format!("/staff/newsletters/{id}/edit");
    let mut ana = member(&app, &Browser::on(&app), Role::Editor).await;
    let long = "word ".repeat(300);
    for page in [edit.as_str(), "/staff/releases/new"] {
        let typed = [
            ("subject", "A bridge"),
            ("text", "It opens."),
            ("intro", long.as_str()),
            ("action", "keep"),
        ];
        let told = ana.submit(page, page, &typed).await;
        assert_eq!(told.status, 422, "{}", told.text);
        assert!(
            told.text
                .contains("up to 1000 characters, and this one has 1499")
        );
        assert!(told.text.contains(long.trim()), "{page}");
        let mail = ana.get(&told.mail()).await;
        assert!(mail.text.contains(long.trim()), "{page}: {}", mail.text);
        // The window may be closed now.
        assert!(
            ana.get(page).await.text.contains("did not save it"),
            "{page}"
        );
    }
    assert_eq!(number(&app, "SELECT count(*) FROM release").await, 1);
}
