//! Texts and pages that were made to hold a server: while they are read and shown, others are answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use reqwest::Client;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    app::form_token,
    program::{Program, browser},
};

/// Between an answer and the next question: who is held for longer than this is asked far less often.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the attack goes on.
const ATTACK: Duration = Duration::from_secs(8);

/// What goes into one form, just below its limit.
const LARGE: usize = 1_000_000;

/// What has to wait for its turn for too long is told to come back.
const ANSWERS: [u16; 3] = [200, 408, 503];

fn repeated(unit: &str) -> String {
    unit.repeat(LARGE / 3 / unit.len())
}

/// Where a text is kept while it is written; its mail is shown beside it.
const KEPT: &str = "/staff/releases/unsaved";

/// Markdown and pages that are hard to read or to show.
fn hostile() -> Vec<(&'static str, &'static str, String)> {
    let cells = "<td>1</td>".repeat(300);
    let paste = |html: String| ("/staff/releases/paste", "html", html);
    let preview = |text: String| (KEPT, "text", text);
    let page = |text: String| ("/staff/releases/new", "text", text);
    vec![
        paste(repeated("<div>")),
        paste(repeated("<b><i><u>")),
        paste(format!("<table>{}", repeated(&format!("<tr>{cells}")))),
        paste(repeated("<table><tr><td>")),
        paste(repeated("<a href=https://a.example/x>x</a> ")),
        preview(repeated("> ")),
        preview(repeated("- ")),
        preview(repeated("[x](https://a.example/x) ")),
        preview(repeated("**a _b")),
        preview(repeated("| a | b | c |\n")),
        page(repeated("[x](https://a.example/x) ")),
        page(repeated("Words of a paragraph.\n\n")),
        page(repeated("> ")),
    ]
}

/// A draft whose text is so many short sentences, each with a link.
async fn large_newsletter(program: &Program, sentences: usize) -> String {
    let story = "Today [a bridge](https://a.example/b) opened. ".repeat(sentences);
    let release = format!("A bridge opens\n\nWashington, DC – {story}\n");
    program.draft(&release).await
}

/// How often a server says that it lives while the attack goes on, asked once more a moment after each answer.
async fn answers_in_time(client: &Client, base: &str) -> usize {
    let begun = Instant::now();
    let mut answers = 0;
    while begun.elapsed() < ATTACK {
        let answer = client.get(format!("{base}/health/live")).send();
        let answer = timeout(Duration::from_mins(1), answer).await;
        assert_eq!(answer.expect("an answer").unwrap().status(), 200);
        answers += 1;
        sleep(PAUSE).await;
    }
    answers
}

/// The machine may be as busy as it likes: a server at rest is asked at the same time, and what that one takes
/// is the machine's doing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_hostile_pages_are_read_and_shown_no_request_holds_another() {
    let program = Program::new().with_office().await;
    let newsletter = large_newsletter(&program, 4_000).await;
    let (serving, idle) = (program.serve().await, Program::new());
    let at_rest = idle.serve().await;
    let staff = program.sign_in(&serving.base).await;
    let page = staff.get(format!("{}/staff/releases/new", serving.base));
    let token = form_token(&page.send().await.unwrap().text().await.unwrap()).to_owned();
    let over = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicUsize::new(0));
    let mut attackers = Vec::new();
    for attacker in 0..4 {
        let (staff, base, token) = (staff.clone(), serving.base.clone(), token.clone());
        let (over, answered) = (over.clone(), answered.clone());
        let preview = format!("{base}/staff/newsletters/{newsletter}/preview.html");
        attackers.push(tokio::spawn(async move {
            let requests = hostile();
            let mut at = attacker * 3;
            while !over.load(Relaxed) {
                let (path, field, value) = &requests[at % requests.len()];
                let form = [
                    ("form_token", token.as_str()),
                    (*field, value),
                    ("subject", "x"),
                ];
                let request = staff.post(format!("{base}{path}")).header("origin", &base);
                let status = request.form(&form).send().await.unwrap().status();
                assert!(ANSWERS.contains(&status.as_u16()), "{path}: {status}");
                answered.fetch_add(1, Relaxed);
                if *path == KEPT {
                    let mail = format!("{base}/staff/releases/preview.html");
                    let status = staff.get(mail).send().await.unwrap().status();
                    assert!(ANSWERS.contains(&status.as_u16()), "{path}: {status}");
                }
                let shown = staff.get(&preview).send().await.unwrap().status();
                assert!(ANSWERS.contains(&shown.as_u16()), "{shown}");
                at += 1;
            }
        }));
    }
    let visitor = browser();
    let (under_attack, resting) = tokio::join!(
        answers_in_time(&visitor, &serving.base),
        answers_in_time(&visitor, &at_rest.base)
    );
    over.store(true, Relaxed);
    for attacker in attackers {
        attacker.await.unwrap();
    }
    assert!(answered.load(Relaxed) > 0, "nothing was answered");
    // Rendered on the server's own threads, each of these pages holds all for seconds.
    assert!(
        under_attack * 4 >= resting,
        "{under_attack} answers, and {resting} of a server at rest"
    );
    assert_eq!(serving.stop().await.0, 0);
    assert_eq!(at_rest.stop().await.0, 0);
}

/// A page that takes long to make.
struct Heavy {
    path: String,
    /// What is posted to it; empty: it is fetched.
    form: Vec<(&'static str, String)>,
}

impl Heavy {
    fn page(path: String) -> Self {
        Self {
            path,
            form: Vec::new(),
        }
    }

    /// Asks for it and waits for its end.
    async fn ask(&self, staff: &Client, base: &str) {
        let url = format!("{base}{}", self.path);
        let request = if self.form.is_empty() {
            staff.get(url)
        } else {
            staff.post(url).header("origin", base).form(&self.form)
        };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        answer.bytes().await.unwrap();
        assert!(ANSWERS.contains(&status), "{}: {status}", self.path);
    }
}

/// Pages that are done sooner than this can hold nobody for long.
const NOTICEABLE: Duration = Duration::from_millis(300);

/// How often a page has to hold the others before it is the page's doing.
const ROUNDS: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_says_that_it_lives_before_any_of_its_heavy_pages_is_done() {
    let program = Program::new().with_office().await;
    let newsletter = large_newsletter(&program, 10_000).await;
    std::fs::write(
        program.folder().join("list.csv"),
        "email\nana@example.org\n",
    )
    .unwrap();
    let import = ["subscribers", "import", "list.csv", "--consent", "a list"];
    assert_eq!(program.run(&import).await.status, 0);
    let serving = program.serve().await;
    let sent = program
        .run(&["newsletters", "send", &newsletter, "--wait"])
        .await;
    assert_eq!(sent.status, 0, "{sent:?}");

    let base = serving.base.as_str();
    let staff = program.sign_in(base).await;
    let page = staff.get(format!("{base}/staff/releases/new"));
    let token = form_token(&page.send().await.unwrap().text().await.unwrap()).to_owned();
    let archive = staff.get(format!("{base}/archive")).send().await.unwrap();
    let archive = archive.text().await.unwrap();
    let slug = archive.split("/archive/2").nth(1).expect("an issue");
    let slug = slug.split(['"', '?']).next().unwrap();
    let heavy = [
        Heavy::page(format!("/archive/2{slug}")),
        Heavy::page("/archive?q=bridge".to_owned()),
        Heavy::page("/archive/feed.xml".to_owned()),
        Heavy::page(format!("/staff/newsletters/{newsletter}")),
        Heavy::page(format!("/staff/newsletters/{newsletter}/preview.html")),
        Heavy {
            path: "/staff/releases/paste".to_owned(),
            form: vec![
                ("form_token", token),
                ("html", repeated("<a href=https://a.example/x>x</a> ")),
            ],
        },
    ];
    // What this one takes meanwhile is the machine's doing.
    let idle = Program::new();
    let at_rest = idle.serve().await;
    let visitor = browser();
    let hold = async |heavy: &Heavy| {
        let done = AtomicBool::new(false);
        let begun = Instant::now();
        // More than there are threads.
        let pages = async {
            let ask = async || {
                heavy.ask(&staff, base).await;
                done.store(true, Relaxed);
                begun.elapsed()
            };
            let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
            a.min(b).min(c).min(d)
        };
        let lives = async |base: &str| {
            let mut answers = 0;
            while !done.load(Relaxed) {
                let answer = visitor.get(format!("{base}/health/live")).send();
                assert_eq!(answer.await.unwrap().status(), 200);
                answers += usize::from(!done.load(Relaxed));
                sleep(PAUSE / 10).await;
            }
            answers
        };
        let (first, answers, resting) = tokio::join!(pages, lives(base), lives(&at_rest.base));
        (first >= NOTICEABLE && answers * 4 < resting).then(|| format!(
            "{}: {answers} answers in the {first:?} until the first was done, and {resting} of a server at rest",
            heavy.path
        ))
    };
    for heavy in heavy {
        // A page that holds the others does so each time; a machine that stalls one of the two servers does not.
        let mut wrong = hold(&heavy).await;
        for _ in 1..ROUNDS {
            if wrong.is_some() {
                wrong = hold(&heavy).await;
            }
        }
        assert_eq!(wrong, None);
    }
    assert_eq!(serving.stop().await.0, 0);
    assert_eq!(at_rest.stop().await.0, 0);
}
