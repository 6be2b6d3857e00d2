//! What is left behind: no token in the database that works, no address or token in the log, and of
//! who was erased nothing in any file (O3, V2, V3). On SQLite, where the files can be looked into.

use std::{collections::BTreeMap, path::Path, time::Duration};

use reqwest::{Client, Response, redirect};

use crate::{
    app::{Mail, form_token},
    program::{IMPORT_LIST, Program, Ran, Serving},
    relay::Relay,
};

const PASSWORD: &str = "correct horse battery";
const READER: &str = "Ana.Lopez+News@Example.ORG";

/// A browser, with its cookies.
struct Browser<'a> {
    client: Client,
    serving: &'a Serving,
}

impl<'a> Browser<'a> {
    fn new(serving: &'a Serving) -> Self {
        let client = Client::builder()
            .cookie_store(true)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { client, serving }
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let address = format!("{}{path}", self.serving.base);
        self.client.post(address).form(form).send().await.unwrap()
    }

    /// Opens a console page and sends one of its forms.
    async fn submit(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Response {
        let address = format!("{}{page}", self.serving.base);
        let text = self
            .client
            .get(address)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let mut form = vec![("form_token", form_token(&text))];
        form.extend_from_slice(fields);
        self.post(path, &form).await
    }
}

fn token_of(link: &str) -> String {
    let path = link.trim().split('?').next().unwrap();
    path.rsplit('/').next().unwrap().to_owned()
}

async fn mail_to(relay: &Relay, email: &str, subject: &str) -> Mail {
    for _ in 0..1_000 {
        let found = relay
            .last_to(email)
            .filter(|mail| mail.subject().contains(subject));
        if let Some(mail) = found {
            return mail;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no mail “{subject}” to {email}");
}

/// The database as it lies on the disk, with everything that SQLite keeps beside it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("gazette.db")
        })
        .map(|entry| {
            let bytes = std::fs::read(entry.path()).unwrap();
            (entry.file_name().to_string_lossy().into_owned(), bytes)
        })
        .collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    bytes
        .to_ascii_lowercase()
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// A running office, its relay, and every secret that it gave out.
struct Story {
    relay: Relay,
    program: Program,
    serving: Serving,
    tokens: Vec<String>,
}

impl Story {
    async fn begin() -> Self {
        let relay = Relay::start().await;
        let program = Program::new()
            .with("GAZETTE_SMTP_URL", &relay.url)
            .with("GAZETTE_LOG", "debug,gazette=trace")
            .with_office()
            .await;
        Self {
            serving: program.serve().await,
            relay,
            program,
            tokens: Vec::new(),
        }
    }

    async fn done(&self, words: &[&str]) -> Ran {
        let ran = self.program.run(words).await;
        assert_eq!(ran.status, 0, "{words:?}: {}", ran.err);
        ran
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.program.folder().join(name), text).unwrap();
    }

    /// One confirms, one wants to be left alone, one cannot type.
    async fn readers_sign_up(&mut self) {
        for (email, link) in [(READER, "/confirm/"), ("ben.smith@example.org", "/never/")] {
            let reader = Browser::new(&self.serving);
            reader.post("/subscribe", &[("email", email)]).await;
            let link = mail_to(&self.relay, email, "confirm").await.link(link);
            let path = link.strip_prefix(&self.serving.base).unwrap();
            assert_eq!(reader.post(path, &[]).await.status(), 200);
            self.tokens.push(token_of(&link));
        }
        let reader = Browser::new(&self.serving);
        let wrong = reader
            .post("/subscribe", &[("email", "quite.wrong@nowhere")])
            .await;
        assert_eq!(wrong.status(), 422);
    }

    /// The first account, an invitation, a look at the evidence, and someone who guesses.
    async fn staff_work(&mut self) {
        assert!(!self.serving.said.contains("/staff/welcome/"));
        let welcome = self.done(&["staff", "first-link"]).await.out;
        let welcome = format!("/staff/welcome/{}", token_of(&welcome));
        let staff = Browser::new(&self.serving);
        let account = [("email", "chief.clerk@doe.example"), ("password", PASSWORD)];
        let answer = staff.submit(&welcome, &welcome, &account).await;
        let cookies = answer.cookies().map(|cookie| cookie.value().to_owned());
        let mut secrets: Vec<String> = cookies.collect();
        let invitation = [("email", "new.editor@doe.example"), ("role", "editor")];
        staff
            .submit("/staff/people", "/staff/people", &invitation)
            .await;
        let mail = mail_to(&self.relay, "new.editor@doe.example", "invitation").await;
        let look = [("email", READER)];
        let looked = staff
            .submit("/staff/subscribers", "/staff/subscribers", &look)
            .await;
        assert_eq!(looked.status(), 200);
        let guess = [
            ("email", "chief.clerk@doe.example"),
            ("password", "wrong password"),
        ];
        let stranger = Browser::new(&self.serving);
        stranger
            .submit("/staff/login", "/staff/login", &guess)
            .await;
        secrets.extend([token_of(&welcome), token_of(&mail.link("/staff/welcome/"))]);
        self.tokens.append(&mut secrets);
    }

    /// One address refuses it; the reader chooses, and leaves by one click.
    async fn a_newsletter_goes_out(&mut self) {
        self.write("list.csv", "email\nnobody@example.org\n");
        self.done(&IMPORT_LIST).await;
        self.write("release.txt", "A bridge opens\n\nToday a bridge opened.\n");
        self.done(&["releases", "add", "release.txt"]).await;
        self.done(&["newsletters", "approve", "1"]).await;
        let link = mail_to(&self.relay, READER, "bridge").await.one_click();
        self.tokens.push(token_of(&link));
        let path = link.strip_prefix(&self.serving.base).unwrap();
        let reader = Browser::new(&self.serving);
        let choice = [("topic", "press"), ("lang", "es")];
        reader.post(&path.replace("/u/", "/p/"), &choice).await;
        reader
            .post(path, &[("List-Unsubscribe", "One-Click")])
            .await;
        let told = self.done(&["subscribers", "evidence", READER]).await;
        for part in [READER, "\"preferences_changed\"", "\"unsubscribed\""] {
            assert!(told.out.contains(part), "{part}: {}", told.out);
        }
    }
}

#[tokio::test]
async fn o3_v2_v3_a_whole_story_leaves_no_token_in_the_database_and_no_person_in_the_log() {
    let mut story = Story::begin().await;
    story.readers_sign_up().await;
    story.staff_work().await;
    story.a_newsletter_goes_out().await;
    let folder = story.program.folder();
    for (file, bytes) in files(folder) {
        for token in &story.tokens {
            assert!(token.len() > 20, "{token}");
            assert!(!holds(&bytes, token), "{file} holds the token {token}");
        }
    }
    let known = files(folder)
        .values()
        .any(|bytes| holds(bytes, "ana.lopez"));
    assert!(known, "the search itself does not work");

    // Erased while everything runs.
    let erased = story.done(&["subscribers", "erase", READER]).await;
    assert!(
        erased.out.contains("\"events\"") && erased.err.contains("backups"),
        "{}",
        erased.err
    );
    for (file, bytes) in files(folder) {
        assert!(
            !holds(&bytes, "ana.lopez"),
            "{file} still holds the address"
        );
    }
    story.write("list.csv", "email\nana.lopez+news@example.org\n");
    let again = story.done(&IMPORT_LIST).await.out;
    assert!(
        again.starts_with("0 imported, 0 known already, 1 not mailed"),
        "{again}"
    );

    let (status, _, log) = story.serving.stop().await;
    assert_eq!(status, 0);
    for happened in [
        "confirmed",
        "unsubscribed",
        "\"blocked\"",
        "a sign-in was refused",
    ] {
        assert!(log.contains(happened), "{happened} is not in the log");
    }
    let people = [
        "ana.lopez",
        "ben.smith",
        "quite.wrong",
        "chief.clerk",
        "new.editor",
        "nobody@",
    ];
    for secret in people
        .into_iter()
        .chain(story.tokens.iter().map(String::as_str))
    {
        if let Some(line) = log.lines().find(|line| holds(line.as_bytes(), secret)) {
            panic!("{secret} stands in the log: {line}");
        }
    }
}
