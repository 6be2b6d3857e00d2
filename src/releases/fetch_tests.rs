//! How sites are asked: as far as they redirect, by whom, and no more at once than they bear (F11).

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing::any};
use futures_util::future::join_all;
use url::Url;

use super::{
    fetch::{FetchError, Fetcher, GLANCES},
    politeness::Politeness,
    site_tests::{HTML, instance},
    ssrf_guard::SsrfGuard,
};
use crate::{app::App, office::Office};

const TEST_TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn f11_five_redirects_are_followed_and_six_are_refused() {
    let (app, site, _folder) = instance().await;
    site.page("/0", HTML, "<p>Here it is.</p>");
    for number in 1..=6 {
        let next = format!("SITE/{}", number - 1);
        site.answer(&format!("/{number}"), 302, &[("location", &next)], "");
    }
    let fetcher = Fetcher::new(&app).await.unwrap();
    let at = |path: &str| -> Url { site.at(path).parse().unwrap() };
    let body = fetcher.body(&at("/5")).await.unwrap();
    assert_eq!(body.url, at("/0"));
    let error = fetcher.body(&at("/6")).await.unwrap_err();
    assert!(matches!(error, FetchError::Redirects(_)), "{error}");
    assert_eq!(site.asked("/0").len(), 1);

    // The same when only a glance is taken.
    let seen = fetcher.probe(&at("/5"), false, TEST_TIMEOUT).await.unwrap();
    assert_eq!(seen.status, 200);
    let error = fetcher
        .probe(&at("/6"), false, TEST_TIMEOUT)
        .await
        .unwrap_err();
    assert!(matches!(error, FetchError::Redirects(_)), "{error}");
}

#[tokio::test]
async fn f11_a_site_is_told_who_asks_and_whom_to_write_to() {
    let (app, site, _folder) = instance().await;
    site.page("/", HTML, "<p>Here.</p>");
    let agent = async || {
        let fetcher = Fetcher::new(&app).await.unwrap();
        fetcher.body(&site.url.parse().unwrap()).await.unwrap();
        let asked = site.asked("/").pop().unwrap();
        asked.headers["user-agent"].to_str().unwrap().to_owned()
    };
    let nameless = agent().await;
    assert!(nameless.starts_with("Gazette/") && nameless.ends_with("(+http://127.0.0.1:8080)"));
    let office = [
        ("name", "Office of Rep. Jane Doe"),
        ("from", "news@doe.example"),
        ("postal-address", "1 Main St"),
    ];
    Office::set_all(&app.db, "operator", &office, 0)
        .await
        .unwrap();
    let named = agent().await;
    assert!(
        named.ends_with("(+http://127.0.0.1:8080; news@doe.example)"),
        "{named}"
    );
}

/// A fetcher for which 127.0.0.1 is a host like others.
async fn stranger(app: &App) -> Fetcher {
    let politeness = Arc::new(Politeness::with_pause(Duration::ZERO));
    let mut fetcher = Fetcher::with_politeness(app, politeness).await.unwrap();
    let mut settings = app.settings.clone();
    settings.public_url = "https://news.doe.example".parse().unwrap();
    settings.fetch_allow = vec!["127.0.0.1".to_owned()];
    fetcher.guard = SsrfGuard::of(&settings);
    fetcher
}

#[tokio::test]
async fn f11_no_redirect_leads_inside() {
    let (app, site, _folder) = instance().await;
    let fetcher = stranger(&app).await;
    for (number, inside) in [
        "http://127.0.0.2/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.2]/",
        "http://2130706434/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.7/",
        "https://192.168.0.1/admin",
        "https://[fd00::1]/",
        "file:///etc/passwd",
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/{number}");
        site.answer(&path, 302, &[("location", inside)], "");
        let at: Url = site.at(&path).parse().unwrap();
        let read = fetcher.body(&at).await.unwrap_err();
        let glance = fetcher.probe(&at, false, TEST_TIMEOUT).await.unwrap_err();
        for error in [read, glance] {
            let refused = matches!(
                error,
                FetchError::Private(_)
                    | FetchError::Elsewhere(..)
                    | FetchError::Plain(_)
                    | FetchError::Scheme(_)
            );
            assert!(refused, "{inside}: {error}");
        }
    }
}

#[tokio::test]
async fn f11_a_host_is_glanced_at_by_two_at_most_however_many_links_lead_there() {
    let (app, _site, _folder) = instance().await;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, highest) = (now.clone(), most.clone());
    let router = Router::new().fallback(any(move || async move {
        let here = counted.fetch_add(1, Ordering::SeqCst) + 1;
        highest.fetch_max(here, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
        counted.fetch_sub(1, Ordering::SeqCst);
        "here"
    }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });

    let fetcher = stranger(&app).await;
    let glances = (0..30).map(|number| {
        let url: Url = format!("{host}/{number}").parse().unwrap();
        let fetcher = &fetcher;
        async move { fetcher.probe(&url, number % 2 == 0, TEST_TIMEOUT).await }
    });
    for seen in join_all(glances).await {
        assert_eq!(seen.unwrap().status, 200);
    }
    assert_eq!(most.load(Ordering::SeqCst), GLANCES);
}

#[tokio::test]
async fn f11_a_host_that_has_had_enough_is_asked_nothing_more() {
    for (status, headers) in [
        (429, vec![]),
        (429, vec![("retry-after", "120")]),
        (503, vec![("retry-after", "120")]),
    ] {
        let (app, site, _folder) = instance().await;
        site.page("/a", HTML, "here");
        site.answer("/busy", status, &headers, "");
        let fetcher = stranger(&app).await;
        let glance = async |path: &str| {
            let url = site.at(path).parse().unwrap();
            fetcher.probe(&url, false, TEST_TIMEOUT).await
        };
        assert_eq!(glance("/a").await.unwrap().status, 200);
        let asked = site.asked("/a").len();
        for path in ["/busy", "/a"] {
            let error = glance(path).await.unwrap_err();
            let FetchError::Later(_, seconds) = error else {
                panic!("{error}")
            };
            let wanted = if headers.is_empty() { 60 } else { 120 };
            assert!((wanted - 5..=wanted).contains(&seconds), "{seconds}");
        }
        assert_eq!(site.asked("/a").len(), asked, "it is left alone");
        assert_eq!(site.asked("/busy").len(), 1, "HEAD, and no GET behind it");
    }
}

#[tokio::test]
async fn a_check_for_browsers_is_called_by_its_name() {
    let (app, site, _folder) = instance().await;
    site.answer("/header", 403, &[("cf-mitigated", "challenge")], "");
    site.answer("/page", 503, &[], "<title>Just a moment...</title>");
    site.answer("/other", 403, &[], "<title>Forbidden</title>");
    let fetcher = Fetcher::new(&app).await.unwrap();
    let ask = async |path: &str| {
        fetcher
            .body(&site.at(path).parse().unwrap())
            .await
            .unwrap_err()
    };
    for path in ["/header", "/page"] {
        let error = ask(path).await;
        assert!(matches!(error, FetchError::Challenge(..)), "{error}");
        assert!(error.to_string().contains("Gazette's User-Agent"));
    }
    assert!(matches!(ask("/other").await, FetchError::Status(..)));
}
