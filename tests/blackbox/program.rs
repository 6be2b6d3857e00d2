//! The real program, as an operator runs it.

use std::{net::TcpListener, path::Path, process::Stdio, time::Duration};

use reqwest::{Client, redirect};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
    task::JoinHandle,
};

use crate::app::form_token;

const PROGRAM: &str = env!("CARGO_BIN_EXE_gazette");

/// Takes in `list.csv` of the program's folder.
pub const IMPORT_LIST: [&str; 5] = [
    "subscribers",
    "import",
    "list.csv",
    "--consent",
    "signed a list",
];

/// `gazette` with a folder and settings of its own.
pub struct Program {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub out: String,
    pub err: String,
}

/// A running `gazette serve`.
pub struct Serving {
    child: Child,
    pub base: String,
    /// What it printed before it was ready.
    pub said: String,
    log: JoinHandle<String>,
}

/// One that keeps its cookies and follows nothing by itself.
pub fn browser() -> Client {
    Client::builder()
        .cookie_store(true)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

impl Program {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    pub fn with(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((variable, value.into()));
        self
    }

    /// The number of the draft that a release with this text becomes.
    pub async fn draft(&self, release: &str) -> String {
        std::fs::write(self.folder().join("release.txt"), release).unwrap();
        let added = self
            .run(&["releases", "add", "release.txt", "--json"])
            .await;
        let added: serde_json::Value = serde_json::from_str(&added.out).unwrap();
        added["newsletter"].to_string()
    }

    /// The office, so that mail may go out.
    pub async fn with_office(self) -> Self {
        let office = [
            "office",
            "set",
            "name=Office of Rep. Jane Doe",
            "from=news@doe.example",
            "postal-address=1 Main Street, Tustin, CA 92780",
            "time-zone=America/Los_Angeles",
        ];
        assert_eq!(self.run(&["migrate"]).await.status, 0);
        let set = self.run(&office).await;
        assert_eq!(set.status, 0, "{}", set.err);
        self
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn command(&self, words: &[&str]) -> Command {
        self.settled(Command::new(PROGRAM), words)
    }

    /// The same with limits that a shell sets before it (`ulimit`, `trap`).
    fn command_under(&self, limits: &str, words: &[&str]) -> Command {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("{limits}; exec \"$0\" \"$@\"")])
            .arg(PROGRAM);
        self.settled(shell, words)
    }

    fn settled(&self, mut command: Command, words: &[&str]) -> Command {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GAZETTE_")) {
            command.env_remove(name);
        }
        command
            .args(words)
            .env("GAZETTE_DATABASE_URL", "sqlite://gazette.db")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    pub async fn run(&self, words: &[&str]) -> Ran {
        Ran::of(self.command(words)).await
    }

    /// Starts a `gazette worker`; it is killed when it is dropped.
    pub fn worker(&self) -> Child {
        self.start(&["worker"])
    }

    /// Starts a command and does not wait for it; it is killed when it is dropped.
    pub fn start(&self, words: &[&str]) -> Child {
        self.command(words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// The same with limits that a shell sets before it (`ulimit`, `trap`).
    pub async fn run_under(&self, limits: &str, words: &[&str]) -> Ran {
        Ran::of(self.command_under(limits, words)).await
    }

    /// What a shell makes of `gazette WORDS | READER`: the reader's status, and what Gazette said beside.
    pub async fn piped(&self, words: &str, reader: &str) -> Ran {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("\"$0\" {words} | {reader}")])
            .arg(PROGRAM);
        Ran::of(self.settled(shell, &[])).await
    }

    /// A browser in which the first admin is signed in.
    pub async fn sign_in(&self, base: &str) -> Client {
        let printed = self.run(&["staff", "first-link"]).await.out;
        let path = &printed[printed.find("/staff/").unwrap()..];
        let link = format!("{base}{}", path.split_whitespace().next().unwrap());
        let browser = browser();
        let page = browser.get(&link).send().await.unwrap();
        let page = page.text().await.unwrap();
        let form = [
            ("form_token", form_token(&page)),
            ("email", "ana@doe.example"),
            ("password", "correct horse battery"),
        ];
        let answer = browser.post(&link).header("origin", base).form(&form);
        assert_eq!(answer.send().await.unwrap().status(), 303);
        browser
    }

    /// Starts `gazette serve` on a free port and waits until it can be reached.
    pub async fn serve(&self) -> Serving {
        self.serve_under(":").await
    }

    /// The same with limits that a shell sets before it.
    pub async fn serve_under(&self, limits: &str) -> Serving {
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let base = format!("http://{address}");
        let mut child = self
            .command_under(limits, &["serve"])
            .env("GAZETTE_LISTEN", address.to_string())
            .env("GAZETTE_PUBLIC_URL", &base)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut err = child.stderr.take().unwrap();
        let log = tokio::spawn(async move {
            let mut text = String::new();
            err.read_to_string(&mut text).await.unwrap();
            text
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        let ready = async {
            while !is_ready(&base).await {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            // All of this was printed before the first request was answered.
            let moment = Duration::from_millis(200);
            while let Ok(line) = tokio::time::timeout(moment, lines.next_line()).await {
                match line.unwrap() {
                    Some(line) => said.push_str(&(line + "\n")),
                    None => panic!("serve ended: {said}"),
                }
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), ready).await;
        assert!(waited.is_ok(), "serve did not become ready");
        Serving {
            child,
            base,
            said,
            log,
        }
    }
}

async fn is_ready(base: &str) -> bool {
    let answer = reqwest::get(format!("{base}/health/ready")).await;
    answer.is_ok_and(|answer| answer.status() == 200)
}

impl Serving {
    /// The most memory that it has had at once, in KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        let status = format!("/proc/{}/status", self.child.id().unwrap());
        let status = std::fs::read_to_string(status).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let digits = peak.unwrap().trim().trim_end_matches(" kB");
        digits.parse().unwrap()
    }

    /// Asks it to stop as systemd does; how it ended, how long that took, and its log.
    pub async fn stop(mut self) -> (i32, Duration, String) {
        let begun = std::time::Instant::now();
        let id = self.child.id().unwrap().to_string();
        let kill = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(kill.unwrap().success());
        let ended = tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await;
        let status = ended.expect("serve ends within 20 s").unwrap();
        (
            status.code().unwrap_or(-1),
            begun.elapsed(),
            self.log.await.unwrap(),
        )
    }
}

impl Ran {
    async fn of(mut command: Command) -> Self {
        let output = command.output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            status: output.status.code().unwrap_or(-1),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}
