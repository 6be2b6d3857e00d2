//! Whatever is asked for, nobody else waits for it: at the sizes of a large office, and with what a person can
//! paste and upload, no request holds a thread of the server for longer than a tenth of a second at a time.
//! What takes longer is done in turn, beside those threads ([`crate::rendering`]). Processor time is what is
//! measured, so that other work on the machine changes nothing.

use std::{fmt::Write, time::Duration};

use gazette_templates::document::{Block, Direction, Document, Inline};
use image::{DynamicImage, ImageFormat};

use super::{
    newsletters::office,
    nothing_lost::{filled_in, routes},
    *,
};
use crate::{
    newsletters::{self, NewsletterState},
    subscribers,
    test_data::{self, large_lists},
    values,
};

/// What a server may be held for. Without optimisation everything takes several times as long.
const MOST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 400 } else { 100 });

const SUBSCRIBERS: i64 = 5_000;
const NEWSLETTERS: i64 = 200;
const AUDIT_ROWS: i64 = 20_000;
const PARAGRAPHS: usize = 1_500;
const IMPORTED: usize = 20_000;
/// What goes into one field, so that the form is just below its limit.
const FIELD: usize = 300_000;

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
    DynamicImage::new_rgb8(3_000, 2_000)
        .write_to(&mut out, ImageFormat::Jpeg)
        .unwrap();
    out.into_inner()
}

fn repeated(unit: &str) -> String {
    unit.repeat(FIELD / unit.len())
}

/// A draft and a sent newsletter with a long text, readers, other newsletters, and a long audit log.
async fn fill(app: &App) {
    let (now, text) = (app.clock.now_ms(), long_text());
    let release = test_data::release(1).published_at(now).document(&text);
    release.insert(app).await;
    let reader = test_data::subscriber(1).email("ana@example.org");
    reader.since(now).insert(app).await;
    newsletters::draft(app, 1).await.unwrap();
    large_lists(app, SUBSCRIBERS, NEWSLETTERS).await;
    let sent = test_data::newsletter("the-long-one").id(900).release(1);
    let sent = sent.document(&text).state(NewsletterState::Sent);
    sent.started_at(now).finished_at(now).insert(app).await;
    let log = "WITH RECURSIVE n(k) AS (SELECT 10 UNION ALL SELECT k + 1 FROM n WHERE k < $1)
        INSERT INTO audit (at, who, action, object, details)
        SELECT $2 + k, 'editor@example.gov', 'newsletter.rename', 'newsletter/' || (k % 300),
            'A bridge opens → A new bridge opens over the river' FROM n";
    app.db.execute(log, values![AUDIT_ROWS, now]).await.unwrap();
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
        assert!(!page.status.is_server_error(), "{what}: {}", page.status);
        if held > MOST {
            self.wrong.push(format!("{what}: {held:?}"));
        }
    }
}

#[tokio::test]
async fn no_request_holds_a_thread_of_the_server_for_long() {
    let (app, _place) = instance().await;
    office(&app).await;
    fill(&app).await;
    let site = super::super::routes(&app)
        .merge(newsletters::routes())
        .merge(subscribers::routes(&app));
    let mut admin = member(&app, &Browser::at(&app, site), Role::Admin).await;
    let mut table = Table::default();
    // Every page of the console, and what anybody can ask for.
    let mut pages: Vec<String> = routes()
        .into_iter()
        .filter(|(_, get, _)| *get)
        .map(|(address, ..)| filled_in(&address))
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
        ("/staff/releases/preview", "text", repeated("> ")),
        (
            "/staff/releases/preview",
            "text",
            repeated("[x](https://a.example/x) "),
        ),
        ("/staff/releases/preview", "text", repeated("**a _b")),
        (
            "/staff/releases/preview",
            "text",
            repeated("| a | b | c |\n"),
        ),
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
            "/staff/newsletters/1/edit",
            "text",
            repeated("Words [x](https://a.example/x).\n\n"),
        ),
        (
            "/staff/newsletters/1/unsaved",
            "text",
            repeated("Words of a paragraph.\n\n"),
        ),
        (
            "/staff/newsletters/1/comment",
            "comment",
            repeated("words "),
        ),
        (
            "/staff/newsletters/1/test",
            "to",
            "ada@example.gov".to_owned(),
        ),
        ("/staff/newsletters/1/new-text", "text", repeated("words ")),
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
        let page = admin.post(path, &fields).await;
        let begins: String = value.chars().take(20).collect();
        table.add(&format!("POST {path} {begins:?}"), &admin, &page);
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
