//! Texts and pages that were made to hold a server: while they are read and shown, others are answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use reqwest::{Client, redirect};
use tokio::time::{Instant, sleep, timeout};

use crate::{app::form_token, program::Program};

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

/// Markdown and pages that are hard to read or to show.
fn hostile() -> Vec<(&'static str, &'static str, String)> {
    let cells = "<td>1</td>".repeat(300);
    let paste = |html: String| ("/staff/releases/paste", "html", html);
    let preview = |text: String| ("/staff/releases/preview", "text", text);
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

fn client() -> Client {
    Client::builder()
        .cookie_store(true)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

/// A browser in which the first admin is signed in.
async fn signed_in(program: &Program, base: &str) -> Client {
    let printed = program.run(&["staff", "first-link"]).await.out;
    let path = &printed[printed.find("/staff/").unwrap()..];
    let link = format!("{base}{}", path.split_whitespace().next().unwrap());
    let client = client();
    let page = client
        .get(&link)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let form = [
        ("form_token", form_token(&page)),
        ("email", "ana@doe.example"),
        ("password", "correct horse battery"),
    ];
    let answer = client.post(&link).header("origin", base).form(&form);
    assert_eq!(answer.send().await.unwrap().status(), 303);
    client
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
    // A page of the archive that is large, too.
    let story = "Today [a bridge](https://a.example/b) opened. ".repeat(4_000);
    let release = format!("A bridge opens\n\nWashington, DC – {story}\n");
    std::fs::write(program.folder().join("release.txt"), release).unwrap();
    let added = program
        .run(&["releases", "add", "release.txt", "--json"])
        .await;
    let added: serde_json::Value = serde_json::from_str(&added.out).unwrap();
    let newsletter = added["newsletter"].to_string();

    let (serving, idle) = (program.serve().await, Program::new());
    let at_rest = idle.serve().await;
    let staff = signed_in(&program, &serving.base).await;
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
                let shown = staff.get(&preview).send().await.unwrap().status();
                assert!(ANSWERS.contains(&shown.as_u16()), "{shown}");
                at += 1;
            }
        }));
    }
    let visitor = client();
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
