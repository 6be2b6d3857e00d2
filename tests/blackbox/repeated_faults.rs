//! What fails again and again is in the log once, and then at growing intervals. A site is asked by hand here.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use gazette::db::{self, Db};

use crate::program::Program;

/// The web site of an office: its feed, or nothing but failures.
#[derive(Clone)]
pub struct Site {
    pub address: String,
    /// Numbers of the releases in the feed; `None`: the site is broken.
    releases: Arc<Mutex<Option<Vec<u32>>>>,
    /// What stands at `/page`; empty: nothing.
    page: Arc<Mutex<String>>,
}

impl Site {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Self {
            address: listener.local_addr().unwrap().to_string(),
            releases: Arc::new(Mutex::new(Some(vec![1, 2]))),
            page: Arc::default(),
        };
        let shared = site.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 8192];
                let read = stream.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                let answer = shared.answer(request.split(' ').nth(1).unwrap_or_default());
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        site
    }

    /// From now on the feed lists these.
    pub fn lists(&self, releases: &[u32]) {
        *self.releases.lock().unwrap() = Some(releases.to_vec());
    }

    /// From now on this stands at `/page`.
    pub fn shows(&self, page: &str) {
        page.clone_into(&mut self.page.lock().unwrap());
    }

    fn answer(&self, path: &str) -> String {
        let page = self.page.lock().unwrap().clone();
        let releases = self.releases.lock().unwrap().clone();
        let (status, kind, body) = match releases {
            None => (
                "500 Internal Server Error",
                "text/plain",
                "broken".to_owned(),
            ),
            Some(releases) if path == "/feed" => {
                ("200 OK", "application/rss+xml", self.feed(&releases))
            }
            Some(_) if path == "/page" && !page.is_empty() => ("200 OK", "text/html", page),
            Some(_) => ("404 Not Found", "text/plain", "nothing".to_owned()),
        };
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    }

    fn feed(&self, releases: &[u32]) -> String {
        let story =
            "Today the county opened one more bridge, and everyone may cross it. ".repeat(20);
        let at = &self.address;
        let mut items = String::new();
        for n in releases {
            _ = write!(
                items,
                "<item><title>Bridge {n} opens</title><guid>b{n}</guid><link>http://{at}/b/{n}</link>\
                 <description>&lt;p&gt;{story}&lt;/p&gt;</description></item>"
            );
        }
        format!(
            "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Office</title>{items}</channel></rss>"
        )
    }
}

#[tokio::test]
async fn a_source_is_asked_by_its_number_and_its_failures_are_logged_at_growing_intervals() {
    let site = Site::start().await;
    let program = Program::new()
        .with("GAZETTE_FETCH_ALLOW", &site.address)
        .with("GAZETTE_LOG", "warn")
        .with_office()
        .await;
    let added = program
        .run(&["sources", "add", &format!("http://{}/feed", site.address)])
        .await;
    assert_eq!(added.status, 0, "{added:?}");
    let poll = async || program.run(&["sources", "poll", "1"]).await;

    // Long before it is due by itself.
    let ran = poll().await;
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(
        ran.out.contains("1 sources asked, 0 failed; 0 new"),
        "{ran:?}"
    );
    assert!(ran.out.contains("source 1 answered"), "{ran:?}");
    site.lists(&[1, 2, 3]);
    let ran = poll().await;
    assert!(
        ran.out.contains("1 sources asked, 0 failed; 1 new"),
        "{ran:?}"
    );
    let releases = program.run(&["releases", "list", "--json"]).await;
    let releases: serde_json::Value = serde_json::from_str(&releases.out).unwrap();
    assert_eq!(releases[0]["title"], "Bridge 3 opens");

    *site.releases.lock().unwrap() = None;
    let mut said = Vec::new();
    for time in 1..=5 {
        let ran = poll().await;
        assert_eq!(ran.status, 1, "{ran:?}");
        assert!(ran.err.contains("source 1 could not be read: "), "{ran:?}");
        if ran.err.contains("a source cannot be read") {
            said.push(time);
        }
    }
    assert_eq!(said, [1, 2, 4]);
    let unknown = program.run(&["sources", "poll", "77"]).await;
    assert_eq!(unknown.status, 1, "{unknown:?}");
}

#[tokio::test]
async fn who_posts_refused_webhooks_without_end_does_not_fill_the_log() {
    const POSTED: usize = 40;
    let program = Program::new().with("GAZETTE_LOG", "warn");
    let serving = program.serve().await;
    let client = reqwest::Client::new();
    for _ in 0..POSTED {
        let post = client.post(format!("{}/returns/postmark", serving.base));
        let status = post.body("{}").send().await.unwrap().status();
        assert!(status.is_client_error(), "{status}");
    }
    let (status, _, log) = serving.stop().await;
    assert_eq!(status, 0);
    // The 1st, 2nd, 4th … 32nd.
    let lines = log.matches("a webhook was refused").count();
    assert_eq!(lines, 6, "{log}");
}

/// What stands in the log of a server at which thousands sign up who are not answered.
#[tokio::test]
async fn thousands_of_refused_sign_ups_make_few_lines() {
    const LEFT_ALONE: usize = 300;
    const OF_ONE_NETWORK: usize = 2_000;
    const AT_ONCE: usize = 8;
    let program = Program::new()
        .with("GAZETTE_LOG", "info")
        .with_office()
        .await;
    let mut list = "email,status\n".to_owned();
    for number in 0..LEFT_ALONE {
        let _ = writeln!(list, "zoe@z{number}.example,complained");
    }
    std::fs::write(program.folder().join("complained.csv"), list).unwrap();
    let import = [
        "subscribers",
        "import",
        "complained.csv",
        "--consent",
        "moved from another system",
    ];
    let imported = program.run(&import).await;
    assert_eq!(imported.status, 0, "{}", imported.err);
    let serving = program.serve().await;
    // Who asked to be left alone, each from a network of their own; and many from one network.
    let posted: Vec<(String, String)> = (0..LEFT_ALONE)
        .map(|n| (format!("zoe@z{n}.example"), format!("198.18.{}.7", n % 256)))
        .chain(
            (0..OF_ONE_NETWORK).map(|n| (format!("a{n}@d{n}.example"), "203.0.113.9".to_owned())),
        )
        .collect();
    let client = reqwest::Client::new();
    let each = posted.len().div_ceil(AT_ONCE);
    let mut posting = tokio::task::JoinSet::new();
    for part in posted.chunks(each) {
        let (part, client) = (part.to_vec(), client.clone());
        let url = format!("{}/api/v1/subscriptions", serving.base);
        posting.spawn(async move {
            for (email, from) in part {
                let post = client.post(&url).header("x-forwarded-for", from);
                let answer = post.json(&serde_json::json!({ "email": email })).send();
                // Taken in, or told to come back later: refused in one way or the other.
                let status = answer.await.unwrap().status();
                assert!(matches!(status.as_u16(), 202 | 429), "{email}: {status}");
            }
        });
    }
    while let Some(done) = posting.join_next().await {
        done.unwrap();
    }
    let file = program.folder().join("gazette.db");
    let db = Db::open(&format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    let waiting = "SELECT count(*) FROM sign_up WHERE due_at <= unixepoch() * 1000";
    let answered = async {
        while db::scalar::<i64>(db.pool(), waiting, []).await.unwrap() != Some(0) {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let answered = tokio::time::timeout(std::time::Duration::from_mins(2), answered).await;
    assert!(answered.is_ok(), "all that are due are looked at");
    db.close().await.unwrap();
    let (status, _, log) = serving.stop().await;
    assert_eq!(status, 0);
    // Each reason is said the 1st, 2nd, 4th … time.
    let lines = log.lines().filter(|line| line.contains("sign-up")).count();
    assert!(lines > 0 && lines < 60, "{lines}: {log}");
    assert!(log.lines().count() < 200, "{log}");
    assert!(log.contains("asked to be left alone"), "{log}");
    assert!(!log.contains("zoe@"), "{log}");
}
