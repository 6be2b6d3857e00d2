//! The demo's office site: a feed and its pages, on a port of its own.

use std::{
    fmt::Write,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse},
    routing::get,
};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::releases::sample;

/// A site that publishes one release more each time it is told to.
#[derive(Debug)]
pub struct Site {
    base: String,
    published: Arc<AtomicUsize>,
}

#[derive(Debug, Clone)]
struct Pages {
    base: String,
    published: Arc<AtomicUsize>,
}

impl Site {
    /// Opens the site with nothing but an old release in its feed.
    pub async fn open(stop: CancellationToken) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let published = Arc::new(AtomicUsize::new(1));
        let router = Router::new()
            .route(
                "/",
                get(|| async { Html("<title>Office</title><p>The office's site.") }),
            )
            .route("/feed/", get(feed))
            .route("/releases/{slug}/", get(page))
            .with_state(Pages {
                base: base.clone(),
                published: published.clone(),
            });
        tokio::spawn(async move {
            let served = axum::serve(listener, router)
                .with_graceful_shutdown(stop.cancelled_owned())
                .await;
            if let Err(error) = served {
                tracing::error!(%error, "the demo's site stopped");
            }
        });
        Ok(Self { base, published })
    }

    /// An address on the site.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Publishes the next release.
    pub fn publish(&self) {
        self.published.fetch_add(1, Ordering::SeqCst);
    }
}

async fn feed(State(pages): State<Pages>) -> impl IntoResponse {
    let now = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S +0000");
    let mut items = String::new();
    for release in sample::RELEASES
        .iter()
        .take(pages.published.load(Ordering::SeqCst))
        .rev()
    {
        let link = format!("{}/releases/{}/", pages.base, release.slug);
        let _ = write!(
            items,
            "<item><title>{}</title><link>{link}</link><guid isPermaLink=\"false\">{link}</guid><pubDate>{now}</pubDate>\
             <description>{}</description></item>",
            release.title, release.summary
        );
    }
    let feed = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rss version=\"2.0\"><channel><title>Press releases</title>\
         <link>{}/</link><description>The office's press releases</description>{items}</channel></rss>",
        pages.base
    );
    ([(header::CONTENT_TYPE, "application/rss+xml")], feed)
}

async fn page(
    State(pages): State<Pages>,
    Path(slug): Path<String>,
) -> Result<Html<&'static str>, StatusCode> {
    sample::RELEASES
        .iter()
        .take(pages.published.load(Ordering::SeqCst))
        .find(|release| release.slug == slug)
        .map(|release| Html(release.page))
        .ok_or(StatusCode::NOT_FOUND)
}
