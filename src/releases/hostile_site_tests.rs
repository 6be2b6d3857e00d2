//! Sites that would have no end: files that unpack to many times their size, answers that come a letter at
//! a time, lists that lead back to themselves.

use std::{io::Write, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{Instant, sleep},
};
use url::Url;

use super::{
    fetch::{FetchError, Fetcher, Validators},
    look,
    politeness::Politeness,
    site_tests::{HTML, NOW, Site, add, instance, list, poll},
};
use crate::{app::App, clock::Clock, delivery::testing};

async fn fetcher(app: &App, timeout: Duration) -> Fetcher {
    let politeness = Arc::new(Politeness::with_pause(Duration::ZERO));
    let mut fetcher = Fetcher::with_politeness(app, politeness).await.unwrap();
    fetcher.timeout = timeout;
    fetcher
}

/// A server that answers each question with `head`, then `piece` again and again, with a pause between.
async fn endless(head: String, piece: Vec<u8>, pause: Duration, pieces: usize) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (head, piece) = (head.clone(), piece.clone());
            tokio::spawn(async move {
                let mut question = [0; 1_024];
                let asked = socket.read(&mut question).await.unwrap_or(0);
                let is_robots = question[..asked].starts_with(b"GET /robots.txt ");
                if is_robots {
                    let none =
                        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    return socket.write_all(none.as_bytes()).await;
                }
                socket.write_all(head.as_bytes()).await?;
                for _ in 0..pieces {
                    socket.write_all(&piece).await?;
                    if !pause.is_zero() {
                        sleep(pause).await;
                    }
                }
                Ok(())
            });
        }
    });
    format!("http://{address}/feed").parse().unwrap()
}

#[tokio::test]
async fn an_answer_that_drips_is_not_waited_for_to_its_end() {
    let (app, _folder) = testing::app(Clock::fixed_at(NOW.parse().unwrap())).await;
    let patience = Duration::from_millis(400);
    let drip = Duration::from_millis(20);
    let begun = "HTTP/1.1 200 OK\r\ncontent-type: application/rss+xml\r\n\r\n<rss>";
    for (head, piece) in [
        (begun, b"<item></item>".to_vec()),
        // The head itself never ends.
        ("HTTP/1.1 200 OK\r\n", b"x-more: 1\r\n".to_vec()),
    ] {
        let url = endless(head.to_owned(), piece, drip, 10_000).await;
        let fetcher = fetcher(&app, patience).await;
        let asked = Instant::now();
        let error = fetcher.get(&url, &Validators::default()).await.unwrap_err();
        assert!(matches!(error, FetchError::Network(..)), "{error}");
        // With its robots.txt; an answer to the end would take minutes.
        assert!(asked.elapsed() < 20 * patience, "{:?}", asked.elapsed());
    }
}

#[tokio::test]
async fn what_unpacks_to_many_times_its_size_is_refused_at_the_limit() {
    let (app, _folder) = testing::app(Clock::fixed_at(NOW.parse().unwrap())).await;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..200 {
        packer.write_all(&vec![b' '; 1_000_000]).unwrap();
    }
    let bomb = packer.finish().unwrap();
    assert!(bomb.len() < 400_000, "{}", bomb.len());
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/rss+xml\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        bomb.len()
    );
    let url = endless(head, bomb, Duration::ZERO, 1).await;
    let fetcher = fetcher(&app, Duration::from_secs(30)).await;
    let error = fetcher.get(&url, &Validators::default()).await.unwrap_err();
    assert!(matches!(error, FetchError::Large(..)), "{error}");
}

#[tokio::test]
async fn an_answer_without_an_end_is_refused_at_the_limit() {
    let (app, _folder) = testing::app(Clock::fixed_at(NOW.parse().unwrap())).await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n".to_owned();
    let url = endless(head, vec![b'a'; 64 * 1_024], Duration::ZERO, 100_000).await;
    let fetcher = fetcher(&app, Duration::from_secs(30)).await;
    let error = fetcher.get(&url, &Validators::default()).await.unwrap_err();
    assert!(matches!(error, FetchError::Large(..)), "{error}");
}

#[tokio::test]
async fn sitemaps_that_name_one_another_are_asked_once_each_and_said_to() {
    let (app, site, _folder) = instance().await;
    let index = |path: &str| {
        format!(
            "<sitemapindex><sitemap><loc>SITE{path}</loc></sitemap><sitemap><loc>SITE/one.xml</loc></sitemap></sitemapindex>"
        )
    };
    site.page("/one.xml", "text/xml", &index("/two.xml"));
    site.page("/two.xml", "text/xml", &index("/one.xml"));
    let said = match look(&app, &site.at("/one.xml")).await {
        Ok(found) => format!("{} {:?}", found.found, found.set_aside),
        Err(error) => error.to_string(),
    };
    assert!(said.contains("within another one"), "{said}");
    let asked = site.asked("/one.xml").len() + site.asked("/two.xml").len();
    assert!(asked <= 6, "{asked}");
}

/// A feed whose every part is all new and leads to another one.
fn part(number: usize, next: usize) -> String {
    let item = |at: usize| {
        format!(
            "<item><title>Release {number} {at}</title><link>SITE/r/{number}/{at}</link><pubDate>Fri, 16 Feb 2024 14:59:00 +0000</pubDate><description>In short.</description></item>"
        )
    };
    format!(
        "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>Office</title><atom:link rel=\"next\" href=\"SITE/feed?part={next}\"/>{}{}</channel></rss>",
        item(1),
        item(2)
    )
}

fn asked_for_feeds(site: &Site) -> usize {
    site.asked("/feed").len()
}

#[tokio::test]
async fn parts_that_lead_on_without_an_end_are_followed_for_a_while_only() {
    let rss = "application/rss+xml";
    // To itself, to the one before, and to ever new ones.
    for (name, next_of) in [
        ("itself", (|_| 0) as fn(usize) -> usize),
        ("back and forth", |number| usize::from(number == 0)),
        ("ever new", |number| number + 1),
    ] {
        let (app, site, _folder) = instance().await;
        site.page("/feed", rss, &part(1_000, 1_000));
        add(&app, &site.at("/feed")).await;
        poll(&app).await;
        let before = asked_for_feeds(&site);
        site.page("/feed", rss, &part(0, next_of(0)));
        for number in 0..200 {
            let path = format!("/feed?part={number}");
            site.page(&path, rss, &part(number, next_of(number)));
        }
        let summary = poll(&app).await;
        let asked = asked_for_feeds(&site) - before;
        assert!((1..=5).contains(&asked), "{name}: {asked}");
        assert!(summary.new >= 2, "{name}: {summary:?}");
        // Nothing of the last look is listed any more: a person looks at what may be missing.
        assert_eq!(summary.held, summary.new, "{name}: {summary:?}");
    }
}

#[tokio::test]
async fn a_page_of_releases_that_names_itself_as_the_next_one_is_read_once() {
    let (app, site, _folder) = instance().await;
    let page = |items: &[(&str, &str)]| list(items) + "<a rel=next href=/news>Next</a>";
    let old = [
        ("/a", "Doe leads letter on care"),
        ("/b", "Statement on the farm bill"),
        ("/c", "Office opens in Tustin"),
    ];
    site.page("/news", HTML, &page(&old));
    add(&app, &site.at("/news")).await;
    poll(&app).await;
    let before = site.asked("/news").len();
    site.page(
        "/news",
        HTML,
        &page(&[
            ("/d", "Mobile office visits towns"),
            ("/e", "Bridge opens to walkers today"),
            ("/f", "Ferry makes its last crossing"),
        ]),
    );
    assert_eq!(poll(&app).await.new, 3);
    assert!(site.asked("/news").len() - before <= 2);
}
