//! Whatever is asked for, nobody else waits for it: at the sizes of a large office, and with what a person can
//! paste and upload, no request holds a thread of the server for longer than a tenth of a second at a time.
//! What takes longer is done in turn, beside those threads ([`crate::rendering`]). Processor time is what is
//! measured, so that other work on the machine changes nothing.

use std::{fmt::Write, time::Duration};

use axum::http::StatusCode;
use gazette_templates::document::{Block, Direction, Document, Inline};
use image::{DynamicImage, ImageFormat};

use super::{
    newsletters::{draft, office},
    nothing_lost::{filled_in, page_addresses},
    *,
};
use crate::{
    newsletters::{self, NewsletterState},
    subscribers,
    test_data::{self, large_lists},
    values,
};

/// What a server may be held for. Without optimisation everything takes about eight times as long: of what
/// grows there is an eighth then, and what comes in pieces of one size is let take three times as long.
const MOST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 300 } else { 100 });

/// Where a text is kept while it is written; its mail is shown beside it.
const KEPT: &str = "/staff/releases/unsaved";

/// See [`MOST`].
const SHARE: usize = if cfg!(debug_assertions) { 8 } else { 1 };

const SUBSCRIBERS: i64 = 16_000 / SHARE as i64;
const NEWSLETTERS: i64 = 200;
const AUDIT_ROWS: i64 = 40_000 / SHARE as i64;
const PARAGRAPHS: usize = 3_200 / SHARE;
const IMPORTED: usize = 40_000 / SHARE;
/// What goes into one field: encoded, the form is just below its limit.
const FIELD: usize = 320_000 / SHARE;
/// Pixels of a picture, on each side.
const SIDE: u32 = 4_000 / SHARE as u32;

/// Longer than any release: paragraphs of a sentence, each with a link.
fn long_text() -> String {
    let blocks = (0..PARAGRAPHS).map(|n| {
        let link = Inline::Link {
            href: format!("https://doe.example/bridges/{n}").parse().unwrap(),
            label: vec![Inline::Text(format!("Bridge number {n}"))],
        };
        let rest = Inline::Text(" opens to everyone today, and all may cross it.".to_owned());
        Block::Paragraph(vec![link, rest])
    });
    let document = Document {
        language: "en".to_owned(),
        direction: Direction::Ltr,
        blocks: blocks.collect(),
    };
    serde_json::to_string(&document).unwrap()
}

fn picture() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    DynamicImage::new_rgb8(SIDE, SIDE)
        .write_to(&mut out, ImageFormat::Jpeg)
        .unwrap();
    out.into_inner()
}

fn repeated(unit: &str) -> String {
    unit.repeat(FIELD / unit.len())
}

/// A draft and a sent newsletter (900) with a long text, readers, other newsletters, and a long audit log. The
/// draft's number.
async fn fill(app: &App) -> i64 {
    let (now, text) = (app.clock.now_ms(), long_text());
    draft(app).await;
    large_lists(app, SUBSCRIBERS, NEWSLETTERS).await;
    let release = test_data::release(2).published_at(now).document(&text);
    release.insert(app).await;
    let sent = test_data::newsletter("the-long-one").id(900).release(2);
    let sent = sent.document(&text).state(NewsletterState::Sent);
    sent.started_at(now).finished_at(now).insert(app).await;
    let log = "WITH RECURSIVE n(k) AS (SELECT 10 UNION ALL SELECT k + 1 FROM n WHERE k < $1)
        INSERT INTO audit (at, who, action, object, details)
        SELECT $2 + k, 'editor@example.gov', 'newsletter.rename', 'newsletter/' || (k % 300),
            'A bridge opens → A new bridge opens over the river' FROM n";
    app.db.execute(log, values![AUDIT_ROWS, now]).await.unwrap();
    newsletters::draft(app, 2).await.unwrap()
}

/// What each request took, and which took too long.
#[derive(Default)]
struct Table {
    lines: String,
    wrong: Vec<String>,
}

impl Table {
    fn add(&mut self, what: &str, browser: &Browser, page: &browser::Page) {
        let held = browser.held;
        let _ = writeln!(self.lines, "{held:>9.1?} {} {what}", page.status);
        // All tests of a process share its turns: who waits for too long is told to come back.
        let busy = page.status == StatusCode::SERVICE_UNAVAILABLE;
        assert!(
            busy || !page.status.is_server_error(),
            "{what}: {}",
            page.status
        );
        if held > MOST {
            self.wrong.push(format!("{what}: {held:?}"));
        }
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn no_request_holds_a_thread_of_the_server_for_long() {
    let (app, _place) = instance().await;
    office(&app).await;
    let long = fill(&app).await;
    let site = super::super::routes(&app)
        .merge(newsletters::routes())
        .merge(subscribers::routes(&app));
    let mut admin = member(&app, &Browser::at(&app, site), Role::Admin).await;
    let mut table = Table::default();
    // Every page of the console, and what anybody can ask for.
    let mut pages: Vec<String> = page_addresses()
        .flat_map(|address| {
            let of_long = address.contains("/newsletters/{id}");
            let of_long = of_long.then(|| address.replace("{id}", &long.to_string()));
            [Some(filled_in(&address)), of_long]
        })
        .flatten()
        .collect();
    pages.extend(
        [
            "/staff/newsletters/900",
            "/staff/newsletters/900/preview.html",
            "/staff/newsletters/900/mail.eml",
            "/staff/newsletters?q=bridge",
            "/archive",
            "/archive/the-long-one",
            "/archive/feed.xml",
            "/archive?q=bridge+number+1499",
            "/archive?q=no+such+words",
            "/",
        ]
        .map(str::to_owned),
    );
    for path in pages {
        let page = admin.get(&path).await;
        table.add(&format!("GET {path}"), &admin, &page);
    }
    // What a person pastes and writes: hard to read, hard to show.
    let cells = "<td>1</td>".repeat(300);
    for (path, field, value) in [
        ("/staff/releases/paste", "html", repeated("<div>")),
        ("/staff/releases/paste", "html", repeated("<b><i><u>")),
        (
            "/staff/releases/paste",
            "html",
            repeated(&format!("<table><tr>{cells}")),
        ),
        (
            "/staff/releases/paste",
            "html",
            repeated("<a href=https://a.example/x>x</a> "),
        ),
        ("/staff/releases/blocks", "text", repeated("> ")),
        ("/staff/releases/blocks", "text", repeated("**a _b")),
        (
            "/staff/releases/blocks",
            "text",
            repeated("Words [x](https://a.example/x).\n\n"),
        ),
        (
            "/staff/releases/blocks",
            "text",
            repeated("<!-- language es ltr -->\n\n"),
        ),
        (KEPT, "text", repeated("> ")),
        (KEPT, "text", repeated("[x](https://a.example/x) ")),
        (KEPT, "text", repeated("**a _b")),
        (KEPT, "text", repeated("| a | b | c |\n")),
        (
            "/staff/releases/new",
            "text",
            repeated("Words of a paragraph.\n\n"),
        ),
        (
            "/staff/releases/unsaved",
            "text",
            repeated("Words of a paragraph.\n\n"),
        ),
        (
            "/staff/newsletters/{long}/edit",
            "text",
            repeated("Words [x](https://a.example/x).\n\n"),
        ),
        (
            "/staff/newsletters/{long}/unsaved",
            "text",
            repeated("Words of a paragraph.\n\n"),
        ),
        (
            "/staff/newsletters/{long}/comment",
            "comment",
            repeated("words "),
        ),
        (
            "/staff/newsletters/{long}/test",
            "to",
            "ada@example.gov".to_owned(),
        ),
        (
            "/staff/newsletters/{long}/new-text",
            "text",
            repeated("words "),
        ),
        ("/staff/subscribers", "email", "reader4".to_owned()),
        (
            "/staff/subscribers/add",
            "emails",
            repeated("somebody@example.org\n"),
        ),
        ("/staff/settings", "name", repeated("x")),
        (
            "/staff/press-list",
            "list",
            repeated("cy@paper.example,The Paper\n"),
        ),
    ] {
        let token = admin.get("/staff/more").await.token();
        let subject = ("subject", "A bridge opens");
        let fields = [("form_token", token.as_str()), (field, &value), subject];
        let path = path.replace("{long}", &long.to_string());
        let page = admin.post(&path, &fields).await;
        let begins: String = value.chars().take(20).collect();
        table.add(&format!("POST {path} {begins:?}"), &admin, &page);
        if path == KEPT {
            let mail = admin.get("/staff/releases/preview.html").await;
            table.add(&format!("GET the mail of {begins:?}"), &admin, &mail);
        }
    }
    // Files.
    let rows: Vec<String> = (0..IMPORTED)
        .map(|n| format!("somebody{n}@example.org,Subscribed,2024-02-16"))
        .collect();
    let list = format!("Email Address,Status,Date\n{}", rows.join("\n"));
    let uploaded = admin
        .upload("/staff/import", "/staff/import", "list", list.as_bytes())
        .await;
    table.add("POST /staff/import", &admin, &uploaded);
    let list = uploaded.location().to_owned();
    let looked = admin.get(&list).await;
    table.add("GET /staff/import/list", &admin, &looked);
    let said = [("consent", "signed at the fair"), ("act", "import")];
    let done = admin.submit(&list, &list, &said).await;
    table.add("POST /staff/import/list", &admin, &done);
    let words = [("alt", "A bridge")];
    let picture = picture();
    let shown = admin
        .upload_with(
            "/staff/pictures",
            "/staff/pictures/line",
            &words,
            ("picture", &picture),
        )
        .await;
    table.add("POST /staff/pictures/line", &admin, &shown);
    // Anybody.
    let topics = format!(
        "email=ana%40example.org&{}",
        "topic=aaaaaaaa&".repeat(1_000)
    );
    let form = ("application/x-www-form-urlencoded", topics.into_bytes());
    let signed_up = admin.send_form("/subscribe", form).await;
    table.add("POST /subscribe", &admin, &signed_up);

    println!("{}", table.lines);
    assert!(
        table.wrong.is_empty(),
        "held for too long: {:#?}\n{}",
        table.wrong,
        table.lines
    );
}
