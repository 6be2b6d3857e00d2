//! A whole Gazette on a free port with a database of its own.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use gazette::{
    app::App,
    clock::Clock,
    config::Settings,
    db::Db,
    delivery,
    newsletters::{self, Counts, NewsletterState},
    office::Office,
    scheduler, subscribers,
    subscribers::{Import, Row},
    values, web,
};
use mail_parser::MessageParser;
use reqwest::{Client, Response, redirect};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::database_for_tests;

/// How long anything may take before a test calls it lost.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// A running instance; it ends with the test.
pub struct TestApp {
    pub app: App,
    pub client: Client,
    address: SocketAddr,
    tasks: Vec<JoinHandle<()>>,
    folder: Arc<tempfile::TempDir>,
}

/// A mail in the built-in mailbox.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    pub raw: Vec<u8>,
}

impl TestApp {
    /// Everything that `gazette serve` runs, with the built-in mailbox.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The web server alone: what it puts down stays, nobody works on it.
    pub async fn start_web() -> Self {
        let (app, listener, folder) = Self::prepare(&[]).await;
        Self::serve_web(app, listener, folder)
    }

    /// The same as [`TestApp::start`] with more flags.
    pub async fn start_with(flags: &[&str]) -> Self {
        let (app, listener, folder) = Self::prepare(flags).await;
        Self::serve(app, listener, folder)
    }

    async fn prepare(flags: &[&str]) -> (App, TcpListener, Arc<tempfile::TempDir>) {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            settings: Settings,
        }
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let migrate = async |url: String| Db::open(&url).await.unwrap().close().await.unwrap();
        let database = database_for_tests::migrated(folder.path(), migrate).await;
        let public = format!("http://{address}");
        let key = "2a".repeat(32);
        let mut words = vec!["gazette", "--database-url", &database, "--secret-key", &key];
        words.extend_from_slice(flags);
        if !flags.contains(&"--public-url") {
            words.extend(["--public-url", &public]);
        }
        // No test asks the machine's name server; this one refuses at once.
        if !flags.contains(&"--dns-server") {
            words.push("--dns-server=127.0.0.1:1");
        }
        let line: Line = clap::Parser::parse_from(words);
        let clock = Clock::fixed_at("2026-11-24T12:00:00Z".parse().unwrap());
        let app = App::open(line.settings, clock).await.unwrap();
        let office = [
            ("name", "Office of Rep. Jane Doe"),
            ("from", "news@doe.example"),
            ("postal-address", "1 Main Street, Tustin, CA 92780"),
            ("time-zone", "America/Los_Angeles"),
        ];
        Office::set_all(&app.db, "operator", &office, 0)
            .await
            .unwrap();
        (app, listener, folder)
    }

    /// What `gazette serve` runs.
    fn serve(app: App, listener: TcpListener, folder: Arc<tempfile::TempDir>) -> Self {
        let mut all = Self::serve_web(app, listener, folder);
        all.tasks
            .push(tokio::spawn(scheduler::run(all.app.clone())));
        all.tasks.push(tokio::spawn({
            let app = all.app.clone();
            async move { delivery::run(&app, app.shutdown.clone()).await.unwrap() }
        }));
        all
    }

    fn serve_web(app: App, listener: TcpListener, folder: Arc<tempfile::TempDir>) -> Self {
        let address = listener.local_addr().unwrap();
        let tasks = vec![tokio::spawn(web::serve(app.clone(), listener))];
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            app,
            client,
            address,
            tasks,
            folder,
        }
    }

    /// Another process on the same database, as `gazette` on the command line is one: with bells of
    /// its own.
    pub async fn another(&self) -> App {
        let settings = self.app.settings.clone();
        App::open(settings, self.app.clock.clone()).await.unwrap()
    }

    /// Stops, and starts again on the same database and port.
    pub async fn restart(self) -> Self {
        let app = self.another().await;
        let (address, folder) = (self.address, self.folder.clone());
        self.stop().await;
        let listener = TcpListener::bind(address).await.unwrap();
        Self::serve(app, listener, folder)
    }

    /// Stops as SIGTERM does and waits for the end.
    pub async fn stop(mut self) {
        self.app.shutdown.cancel();
        for task in std::mem::take(&mut self.tasks) {
            task.await.unwrap();
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path_or_url: &str) -> Response {
        self.client
            .get(self.absolute(path_or_url))
            .send()
            .await
            .unwrap()
    }

    pub async fn post(&self, path_or_url: &str, form: &str) -> Response {
        self.client
            .post(self.absolute(path_or_url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned())
            .send()
            .await
            .unwrap()
    }

    fn absolute(&self, path_or_url: &str) -> String {
        if path_or_url.starts_with('/') {
            self.url(path_or_url)
        } else {
            path_or_url.to_owned()
        }
    }

    /// Posts the form as a browser without scripts does.
    pub async fn submit(&self, email: &str) -> Response {
        let email = email.replace('+', "%2B").replace('@', "%40");
        self.post("/subscribe", &format!("email={email}&topic=press"))
            .await
    }

    /// Signs up and waits for the confirmation mail.
    pub async fn sign_up(&self, email: &str) -> Mail {
        let before = self.mails_to(email).await.len();
        assert_eq!(self.submit(email).await.status(), 200);
        self.app.scheduler_wakeup.notify_one();
        self.until("the confirmation mail", async || {
            let mails = self.mails_to(email).await;
            (mails.len() > before).then(|| mails.last().unwrap().clone())
        })
        .await
    }

    /// Signs up and confirms.
    pub async fn subscriber(&self, email: &str) {
        let mail = self.sign_up(email).await;
        assert_eq!(self.post(&mail.link("/confirm/"), "").await.status(), 200);
        assert_eq!(self.status(email).await, "confirmed");
    }

    /// Waits until every sign-up that is due has been looked at.
    pub async fn all_answered(&self) {
        self.app.scheduler_wakeup.notify_one();
        self.until("the sign-ups to be answered", async || {
            let due = format!(
                "SELECT count(*) FROM sign_up WHERE due_at <= {}",
                self.app.clock.now_ms()
            );
            (self.count(&due).await == 0).then_some(())
        })
        .await;
    }

    pub async fn mails(&self) -> Vec<Mail> {
        let rows = self
            .app
            .db
            .all("SELECT recipient, message FROM mailbox ORDER BY id", [])
            .await
            .unwrap();
        rows.iter()
            .map(|row| Mail {
                to: row.try_get_by_index(0).unwrap(),
                raw: row.try_get_by_index(1).unwrap(),
            })
            .collect()
    }

    pub async fn mails_to(&self, email: &str) -> Vec<Mail> {
        let mut mails = self.mails().await;
        mails.retain(|mail| mail.to.eq_ignore_ascii_case(email));
        mails
    }

    pub async fn status(&self, email: &str) -> String {
        match subscribers::evidence(&self.app, email).await {
            Ok(evidence) => evidence["status"].as_str().unwrap().to_owned(),
            Err(_) => "unknown".to_owned(),
        }
    }

    pub async fn count(&self, sql: &str) -> i64 {
        let row = self.app.db.one(sql, []).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    /// Confirmed subscribers without the ceremony: an import.
    pub async fn import(&self, emails: &[String]) -> subscribers::ImportReport {
        let import = Import {
            consent: "signed a list",
            source: "list.csv",
            operator: "test",
            ..Import::default()
        };
        let rows = emails.iter().zip(2..).map(|(email, line)| {
            Ok(Row {
                line,
                email: email.clone(),
                ..Row::default()
            })
        });
        subscribers::import(&self.app, &import, rows, |_| ())
            .await
            .unwrap()
    }

    /// One more topic that readers can choose.
    pub async fn topic(&self, slug: &str, name: &str) {
        subscribers::topics::add(&self.app, slug, name, "", "operator")
            .await
            .unwrap();
    }

    /// An admin who has set a password, which nobody knows.
    pub async fn admin(&self, email: &str) {
        let staff = "INSERT INTO staff (email, email_key, role, password_hash, created_at)
                     VALUES ($1, $1, 'admin', 'x', 0)";
        self.app.db.execute(staff, values![email]).await.unwrap();
    }

    /// A worker of a machine that we cannot see.
    pub async fn worker_elsewhere(&self, id: i64, lease_ends: i64) {
        let worker = "INSERT INTO worker (id, started_at, lease_ends, process)
                      VALUES ($1, 0, $2, 'elsewhere boot 1 1')";
        let values = values![id, lease_ends];
        self.app.db.execute(worker, values).await.unwrap();
    }

    /// A draft newsletter of one paragraph.
    pub async fn draft(&self, subject: &str) -> i64 {
        let document = r#"{"language":"en","direction":"ltr","blocks":[{"paragraph":[{"text":"The members voice concern."}]}]}"#;
        let row = self
            .app
            .db
            .one(
                "INSERT INTO newsletter (topic_id, subject, slug, language, document, state, automatic, created_at, enqueued_to, total)
                 VALUES (1, $1, $1, 'en', $2, 0, $3, $4, 0, 0) RETURNING id",
                values![subject, document, false, self.app.clock.now_ms()],
            )
            .await
            .unwrap();
        row.unwrap().try_get_by_index(0).unwrap()
    }

    /// Approves a newsletter and waits until every delivery is settled, or until it is held because
    /// nobody would get it.
    pub async fn send(&self, id: i64) -> Counts {
        newsletters::approve(&self.app, id, "test", None, 0)
            .await
            .unwrap();
        self.finished(id).await
    }

    /// Waits until a newsletter is sent, or held as a draft because nobody would get it: as long as more of it
    /// settles now and then, however slow the machine is.
    pub async fn finished(&self, id: i64) -> Counts {
        let mut settled = None;
        loop {
            let (has_ended, counts) = self
                .until("the end, or anything more of it", async || {
                    let state = newsletters::find(&self.app, id).await.unwrap().state;
                    let counts = newsletters::counts(&self.app, id).await.unwrap();
                    let has_ended =
                        [NewsletterState::Sent, NewsletterState::Draft].contains(&state);
                    (has_ended || Some(settled_of(counts)) != settled)
                        .then_some((has_ended, counts))
                })
                .await;
            if has_ended {
                return counts;
            }
            settled = Some(settled_of(counts));
        }
    }

    /// Asks until there is an answer.
    pub async fn until<T>(&self, what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
        let asking = async {
            loop {
                if let Some(answer) = ask().await {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        match tokio::time::timeout(ANSWER_TIMEOUT, asking).await {
            Ok(answer) => answer,
            Err(late) => panic!("{what} did not come: {late}"),
        }
    }
}

/// Whom it reached, or never will.
fn settled_of(counts: Counts) -> u64 {
    counts.accepted + counts.failed + counts.withdrawn
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.app.shutdown.cancel();
    }
}

impl Mail {
    pub fn parsed(&self) -> mail_parser::Message<'_> {
        MessageParser::default().parse(&self.raw).unwrap()
    }

    pub fn subject(&self) -> String {
        self.parsed().subject().unwrap_or_default().to_owned()
    }

    /// The text as a reader's software shows it: lines that flow are one (RFC 3676).
    pub fn text(&self) -> String {
        let text = self.parsed().body_text(0).unwrap().into_owned();
        let raw = String::from_utf8_lossy(&self.raw);
        if raw.contains("format=flowed") {
            unflowed(&text)
        } else {
            text
        }
    }

    /// The header as it stands, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        self.parsed()
            .headers_raw()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.replace("\r\n", "").trim().to_owned())
    }

    /// The first link in the text that has this in it.
    pub fn link(&self, part: &str) -> String {
        let text = self.text();
        let word = text.split_whitespace().find(|word| word.contains(part));
        word.unwrap_or_else(|| panic!("no link with {part} in {text}"))
            .to_owned()
    }

    /// The one-click address.
    pub fn one_click(&self) -> String {
        let header = self.header("List-Unsubscribe").unwrap();
        header
            .split(['<', '>'])
            .find(|part| part.starts_with("http"))
            .unwrap()
            .to_owned()
    }
}

fn unflowed(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let quote = line.len() - line.trim_start_matches('>').len();
        let (marks, said) = line.split_at(quote);
        let said = said.strip_prefix(' ').unwrap_or(said);
        if !out.ends_with(' ') {
            out.push_str(&marks.replace('>', "> "));
        }
        out.push_str(said);
        if !said.ends_with(' ') {
            out.push('\n');
        }
    }
    out
}

/// What every form of this console page sends along.
pub fn form_token(page: &str) -> &str {
    field(page, "form_token")
}

/// The value of a hidden field.
pub fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let begins = format!("name=\"{name}\" value=\"");
    let (_, rest) = page
        .split_once(&begins)
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    rest.split_once('"').unwrap().0
}

/// A new PostgreSQL database with nothing in it.
pub async fn new_database(server: &str) -> String {
    let name = database_for_tests::create(server, "").await;
    database_for_tests::at(server, &name)
}
