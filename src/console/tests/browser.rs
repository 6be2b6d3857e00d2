//! A browser of few words: it keeps cookies, follows nothing, and fills in forms as a person does,
//! with the hidden fields that the page gave it.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use tower::ServiceExt;

use super::route_audit;
use crate::{app::App, clock::Clock, config::Settings, rendering::thread_time::Watched};

pub const PASSWORD: &str = "correct horse battery";

/// What came back.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Page {
    pub fn location(&self) -> &str {
        self.headers
            .get(header::LOCATION)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The form token of the first form on the page.
    pub fn token(&self) -> String {
        let (_, rest) = self
            .text
            .split_once("name=\"form_token\" value=\"")
            .unwrap_or_else(|| panic!("no form on: {}", self.text));
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// The text that the page shows, as its forms name it.
    pub fn revision(&self) -> Option<String> {
        let (_, rest) = self.text.split_once("name=\"revision\" value=\"")?;
        Some(rest.split_once('"')?.0.to_owned())
    }

    /// Where the mail is that the page shows in a frame.
    pub fn mail(&self) -> String {
        let (_, rest) = self
            .text
            .split_once("title=\"The mail as readers see it\" src=\"")
            .unwrap_or_else(|| panic!("no mail on: {}", self.text));
        rest.split_once('"').unwrap().0.replace("&amp;", "&")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn cookies(&self) -> Vec<&str> {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }
}

/// One person's browser on one instance.
#[derive(Clone)]
pub struct Browser {
    app: App,
    site: Router,
    pub jar: Vec<(String, String)>,
    /// What this browser says about where a form was.
    pub says: Option<(&'static str, &'static str)>,
    pub address: [u8; 4],
    /// The longest time for which its last request held a thread of the server.
    pub held: Duration,
}

impl Browser {
    pub fn on(app: &App) -> Self {
        Self::at(app, super::super::routes(app))
    }

    /// The same at a site that has more than the console.
    pub fn at(app: &App, site: Router<App>) -> Self {
        Self {
            app: app.clone(),
            site: site.with_state(app.clone()),
            jar: Vec::new(),
            says: None,
            address: [192, 0, 2, 1],
            held: Duration::ZERO,
        }
    }

    /// Somebody else at the same site.
    pub fn another(&self) -> Self {
        Self {
            jar: Vec::new(),
            ..self.clone()
        }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, None).await
    }

    /// Chooses a file in the form of `page` and presses the button that posts to `path`.
    pub async fn upload(&mut self, page: &str, path: &str, name: &str, file: &[u8]) -> Page {
        self.upload_with(page, path, &[], (name, file)).await
    }

    /// The same with fields beside the file.
    pub async fn upload_with(
        &mut self,
        page: &str,
        path: &str,
        fields: &[(&str, &str)],
        (name, file): (&str, &[u8]),
    ) -> Page {
        let token = self.get(page).await.token();
        let all: Vec<(&str, &str)> = [("form_token", token.as_str())]
            .into_iter()
            .chain(fields.iter().copied())
            .collect();
        let form = (
            "multipart/form-data; boundary=edge",
            parts(&all, (name, file)),
        );
        self.press(path, form).await
    }

    /// Posts exactly these fields and the file.
    pub async fn post_file(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        file: (&str, &[u8]),
    ) -> Page {
        let form = ("multipart/form-data; boundary=edge", parts(fields, file));
        self.send(Method::POST, path, Some(form)).await
    }

    /// Posts exactly these fields.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let form = (
            "application/x-www-form-urlencoded",
            form.finish().into_bytes(),
        );
        self.send(Method::POST, path, Some(form)).await
    }

    /// Posts this body as it stands.
    pub async fn send_form(&mut self, path: &str, form: (&str, Vec<u8>)) -> Page {
        self.send(Method::POST, path, Some(form)).await
    }

    /// Posts a form as a person does. What says that it was done then stands in the audit log, whichever
    /// test does it.
    async fn press(&mut self, path: &str, form: (&str, Vec<u8>)) -> Page {
        let before = route_audit::lines(&self.app).await;
        let page = self.send(Method::POST, path, Some(form)).await;
        if route_audit::says_that_it_is_done(path, &page) {
            let after = route_audit::lines(&self.app).await;
            assert!(
                after > before,
                "POST {path} is done ({} {}) and leaves no line in the audit log",
                page.status,
                page.location()
            );
        }
        page
    }

    /// Opens `page`, fills in its form and presses the button that posts to `path`.
    pub async fn submit(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(page).await;
        let (token, revision) = (page.token(), page.revision());
        let mut all = vec![("form_token", token.as_str())];
        // A test that is about the text that was seen names it itself.
        if let Some(revision) = &revision
            && !fields.iter().any(|(name, _)| *name == "revision")
        {
            all.push(("revision", revision));
        }
        all.extend_from_slice(fields);
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(&all);
        let form = (
            "application/x-www-form-urlencoded",
            form.finish().into_bytes(),
        );
        self.press(path, form).await
    }

    pub async fn sign_in(&mut self, email: &str, password: &str) -> Page {
        let fields = [("email", email), ("password", password)];
        self.submit("/staff/login", "/staff/login", &fields).await
    }

    async fn send(&mut self, method: Method, path: &str, form: Option<(&str, Vec<u8>)>) -> Page {
        let jar: Vec<String> = self
            .jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request =
            Request::builder()
                .method(method)
                .uri(path)
                .extension(axum::extract::ConnectInfo(std::net::SocketAddr::from((
                    self.address,
                    5000,
                ))));
        if !jar.is_empty() {
            request = request.header(header::COOKIE, jar.join("; "));
        }
        if let Some((name, value)) = self.says {
            request = request.header(name, value);
        }
        if let Some((kind, _)) = form {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request
            .body(form.map_or_else(Body::empty, |(_, body)| Body::from(body)))
            .unwrap();
        let site = self.site.clone();
        let answer = Watched::new(async move {
            let response = site.oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            (parts, to_bytes(body, 20_000_000).await.unwrap())
        });
        let ((parts, bytes), held) = answer.await;
        self.held = held;
        let (status, headers) = (parts.status, parts.headers);
        let page = Page {
            status,
            headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        };
        for cookie in page.cookies() {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.jar.retain(|(kept, _)| kept != name);
            if !value.is_empty() {
                self.jar.push((name.to_owned(), value.to_owned()));
            }
        }
        page
    }
}

/// Where an instance keeps everything, so that it can be started again.
pub struct Place {
    _folder: tempfile::TempDir,
    url: String,
}

impl Place {
    /// SQLite in a folder that goes with the test, or where `GAZETTE_TEST_POSTGRES_URL` names a
    /// server, a new PostgreSQL database on it.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = crate::delivery::testing::migrated_database(folder.path()).await;
        Self {
            _folder: folder,
            url,
        }
    }

    /// The database alone.
    pub async fn database(&self) -> crate::db::Db {
        crate::db::Db::open(&self.url).await.unwrap()
    }

    /// An instance on it, on 24 February 2026.
    pub async fn open(&self, public_url: &str) -> App {
        self.open_with(public_url, &[]).await
    }

    /// The same with more settings.
    pub async fn open_with(&self, public_url: &str, more: &[[&str; 2]]) -> App {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            settings: Settings,
        }
        let key = "07".repeat(32);
        let words = [
            ["--database-url", &self.url],
            ["--public-url", public_url],
            ["--secret-key", &key],
        ];
        let words = words.iter().chain(more).flatten().copied();
        let words = std::iter::once("gazette").chain(words);
        let line: Line = clap::Parser::parse_from(words);
        let clock = Clock::fixed_at("2026-02-24T17:00:00Z".parse().unwrap());
        App::open(line.settings, clock).await.unwrap()
    }
}

/// The usual instance.
pub async fn instance() -> (App, Place) {
    let place = Place::new().await;
    let app = place.open("http://127.0.0.1:8080").await;
    (app, place)
}

/// A link without the part that every link has.
pub fn path_of(app: &App, link: &str) -> String {
    link.strip_prefix(app.settings.public_url.as_str())
        .unwrap()
        .to_owned()
}

/// The body of a form with a file, which stands behind its fields.
fn parts(fields: &[(&str, &str)], (name, file): (&str, &[u8])) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x\"\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    body
}
