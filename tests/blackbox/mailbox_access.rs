//! The built-in mailbox holds working invitations: it opens to nobody but who sits at the machine.

use gazette::accounts;
use reqwest::{StatusCode, header::HeaderMap};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::app::{TestApp, form_token};

const HTTPS: [&str; 2] = ["--public-url", "https://news.doe.example"];

/// What a proxy on this machine may add to a request, whoever it speaks for.
const THROUGH_A_PROXY: [(&str, &str); 42] = [
    ("x-envoy-external-address", "203.0.113.9"),
    ("x-envoy-internal", "true"),
    ("x-request-id", "5f2c"),
    ("x-b3-traceid", "5f2c"),
    ("traceparent", "00-5f2c-01"),
    ("fly-client-ip", "203.0.113.9"),
    ("x-azure-clientip", "203.0.113.9"),
    ("x-azure-socketip", "203.0.113.9"),
    ("x-azure-ref", "5f2c"),
    ("x-arr-ssl", "2048|256"),
    ("x-arr-log-id", "5f2c"),
    ("disguised-host", "news.doe.example"),
    ("forwarded-for", "203.0.113.9"),
    ("x-forwarded", "for=203.0.113.9"),
    ("x-scheme", "https"),
    ("x-original-uri", "/mailbox"),
    ("x-cluster-client-ip", "203.0.113.9"),
    ("fastly-client-ip", "203.0.113.9"),
    ("cdn-loop", "cdn.example"),
    ("cf-ray", "5f2c-LAX"),
    ("x-amzn-trace-id", "Root=1-5f2c"),
    ("x-cloud-trace-context", "5f2c/1"),
    ("x-varnish", "5"),
    ("x-proxyuser-ip", "203.0.113.9"),
    ("max-forwards", "10"),
    ("front-end-https", "on"),
    ("x-forwarded-for", "unknown"),
    ("x-forwarded-for", ""),
    ("x-forwarded-for", "203.0.113.9"),
    ("x-forwarded-for", "203.0.113.9:4711"),
    ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-for", "_hidden, 127.0.0.1"),
    ("x-forwarded-host", "news.doe.example"),
    ("x-forwarded-proto", "https"),
    ("forwarded", "for=203.0.113.9"),
    ("forwarded", "for=127.0.0.1"),
    ("x-real-ip", "203.0.113.9"),
    ("x-real-ip", "127.0.0.1"),
    ("cf-connecting-ip", "203.0.113.9"),
    ("true-client-ip", "203.0.113.9"),
    ("via", "1.1 proxy"),
    ("x-client-ip", ""),
];

async fn status(app: &TestApp, path: &str, header: Option<(&str, &str)>) -> StatusCode {
    let mut request = app.client.get(app.url(path));
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    request.send().await.unwrap().status()
}

/// A request as it stands on the wire; the first line of the answer.
async fn raw(app: &TestApp, request: &str) -> String {
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn through_a_proxy_no_page_of_the_mailbox_opens() {
    for flags in [&HTTPS[..], &[]] {
        let app = TestApp::start_with(flags).await;
        app.sign_up("ana@example.org").await;
        for path in [
            "/mailbox",
            "/mailbox/1",
            "/mailbox/1/source",
            "/mailbox/1/html",
        ] {
            for header in THROUGH_A_PROXY {
                let status = status(&app, path, Some(header)).await;
                assert_eq!(status, 404, "{flags:?} {path} {header:?}");
            }
        }
        for header in THROUGH_A_PROXY {
            let shown = status(&app, "/metrics", Some(header)).await;
            assert_eq!(shown, 404, "{flags:?} {header:?}");
        }
    }
}

/// What browsers send to a server of their own machine, as they send it.
const DIRECT: [&str; 3] = [
    "Connection: keep-alive\r\nsec-ch-ua: \"Chromium\";v=\"140\"\r\nsec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Linux\"\r\n\
     Upgrade-Insecure-Requests: 1\r\nUser-Agent: Mozilla/5.0\r\nAccept: text/html\r\nSec-Fetch-Site: none\r\n\
     Sec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\nAccept-Encoding: gzip, br\r\n\
     Accept-Language: en-US,en;q=0.9\r\nCache-Control: max-age=0\r\nPragma: no-cache\r\nCookie: a=b\r\n",
    "User-Agent: Mozilla/5.0 Firefox/140.0\r\nAccept: text/html\r\nAccept-Language: en\r\nAccept-Encoding: gzip\r\n\
     DNT: 1\r\nSec-GPC: 1\r\nConnection: keep-alive\r\nReferer: http://127.0.0.1:8080/\r\nPriority: u=0, i\r\n\
     If-None-Match: \"x\"\r\n",
    "User-Agent: curl/8.14\r\nAccept: */*\r\n",
];

#[tokio::test]
async fn a_browser_at_this_machine_opens_it_and_a_request_that_only_proxies_make_does_not() {
    let app = TestApp::start().await;
    let host = app.address();
    for headers in DIRECT {
        let request =
            format!("GET /mailbox HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n");
        let answer = raw(&app, &request).await;
        assert!(answer.contains(" 200 "), "{headers}: {answer}");
    }
    // As nginx asks by default; and as a client asks a proxy (RFC 9112 §3.2.2).
    for line in [
        "GET /mailbox HTTP/1.0".to_owned(),
        format!("GET http://{host}/mailbox HTTP/1.1"),
        format!("GET https://{host}/mailbox HTTP/1.1"),
        "GET http://news.doe.example/mailbox HTTP/1.1".to_owned(),
    ] {
        let request = format!("{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = raw(&app, &request).await;
        assert!(!answer.contains(" 200 "), "{line}: {answer}");
    }
}

#[tokio::test]
async fn with_a_public_address_it_is_shut_to_this_machine_too() {
    let app = TestApp::start_with(&HTTPS).await;
    app.sign_up("ana@example.org").await;
    for path in [
        "/mailbox",
        "/mailbox/1",
        "/mailbox/1/source",
        "/mailbox/1/html",
    ] {
        assert_eq!(status(&app, path, None).await, 404, "{path}");
    }
    for path in ["/staff/mailbox", "/staff/mailbox/1/source"] {
        assert_eq!(
            status(&app, path, None).await,
            303,
            "{path} asks to sign in"
        );
    }
}

#[tokio::test]
async fn another_name_that_was_pointed_at_this_machine_opens_nothing() {
    let app = TestApp::start().await;
    assert_eq!(status(&app, "/mailbox", None).await, 200);
    for host in [
        "Host: evil.example\r\n",
        "Host: localhost.evil.example\r\n",
        "Host: 127.0.0.1\r\nHost: evil.example\r\n",
        "Host: \r\n",
        "",
    ] {
        let version = if host.is_empty() { "1.0" } else { "1.1" };
        let request = format!("GET /mailbox HTTP/{version}\r\n{host}Connection: close\r\n\r\n");
        let answer = raw(&app, &request).await;
        assert!(!answer.contains(" 200 "), "{host:?}: {answer}");
    }
}

/// A browser that keeps cookies although they are for https only: here TLS ends before us.
struct Browser<'a> {
    app: &'a TestApp,
    cookies: Vec<(String, String)>,
}

impl Browser<'_> {
    fn take(&mut self, headers: &HeaderMap) {
        for set in headers.get_all("set-cookie") {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    fn cookie(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    async fn get(&mut self, path: &str) -> (StatusCode, String) {
        let request = self.app.client.get(self.app.url(path));
        let answer = request
            .header("cookie", self.cookie())
            .send()
            .await
            .unwrap();
        self.take(answer.headers());
        (answer.status(), answer.text().await.unwrap())
    }

    async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> StatusCode {
        let (_, page) = self.get(path).await;
        let mut form = vec![("form_token", form_token(&page))];
        form.extend_from_slice(fields);
        let request = self.app.client.post(self.app.url(path));
        let answer = request
            .header("cookie", self.cookie())
            .header("origin", "https://news.doe.example")
            .form(&form)
            .send()
            .await
            .unwrap();
        self.take(answer.headers());
        answer.status()
    }
}

#[tokio::test]
async fn an_admin_reads_it_in_the_console_and_readiness_says_that_mail_goes_nowhere() {
    let app = TestApp::start_with(&HTTPS).await;
    app.sign_up("reader@example.org").await;
    let link = accounts::first_account_link(&app.app)
        .await
        .unwrap()
        .unwrap();
    let link = link.strip_prefix(HTTPS[1]).unwrap().to_owned();
    let mut admin = Browser {
        app: &app,
        cookies: Vec::new(),
    };
    let account = [
        ("email", "ana@doe.example"),
        ("password", "correct horse battery"),
    ];
    assert_eq!(admin.submit(&link, &account).await, 303);
    let (status, list) = admin.get("/staff/mailbox").await;
    assert_eq!(status, 200);
    assert!(list.contains("href=\"/staff/mailbox/1\""), "{list}");
    assert!(!list.contains("\"/mailbox"), "{list}");
    let (status, mail) = admin.get("/staff/mailbox/1").await;
    assert!(
        status == 200 && mail.contains("reader@example.org"),
        "{mail}"
    );
    assert_eq!(admin.get("/staff/mailbox/1/html").await.0, 200);
    assert_eq!(admin.get("/mailbox").await.0, 404);

    let ready = app.get("/health/ready").await;
    assert_eq!(ready.status(), 503);
    let ready: serde_json::Value = ready.json().await.unwrap();
    assert!(
        ready["why"].to_string().contains("GAZETTE_SMTP_URL"),
        "{ready}"
    );
}

#[tokio::test]
async fn with_a_relay_nobody_finds_a_mailbox() {
    let app = TestApp::start_with(&["--smtp-url", "smtp://127.0.0.1:9"]).await;
    assert_eq!(status(&app, "/mailbox", None).await, 404);
}
