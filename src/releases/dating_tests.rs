//! When a release was published, where its site does not say in which zone (F10).

use super::site_tests::{HTML, Site, add, count, instance, list, poll};
use crate::{app::App, clock::HOUR, office::Office};

/// An office in Seoul, where it is midnight, and its page that lists one old release.
async fn seoul() -> (App, Site, tempfile::TempDir) {
    let (app, site, folder) = instance().await;
    let zone = [("time-zone", "Asia/Seoul")];
    Office::set_all(&app.db, "operator", &zone, 0)
        .await
        .unwrap();
    (app, site, folder)
}

const OLD: [(&str, &str); 3] = [
    ("/b", "Statement on the farm bill"),
    ("/c", "Office opens in Tustin"),
    ("/d", "Mobile office visits towns"),
];

#[tokio::test]
async fn what_is_dated_today_does_not_wait_for_noon_f10() {
    let (app, site, _folder) = seoul().await;
    // Half past eight in the morning of February 17.
    app.clock.advance_ms(8 * HOUR + HOUR / 2);
    site.page("/news", HTML, &list(&OLD));
    add(&app, &site.at("/news")).await;
    poll(&app).await;
    let new = "<li><a href=/new>Something new today</a> 2024년 2월 17일</li>";
    let page = list(&OLD).replace("<ul>", &format!("<ul>{new}"));
    site.page("/news", HTML, &page);
    site.page(
        "/new",
        HTML,
        "<article><h1>Something new today</h1><p>There is something new to say in Seoul.</p></article>",
    );
    let polled = poll(&app).await;
    assert_eq!((polled.new, polled.held), (1, 0));
    assert_eq!(count(&app, "release WHERE state = 'settled'").await, 1);
}

#[tokio::test]
async fn what_is_dated_tomorrow_waits_until_then_in_the_offices_zone_f10() {
    let (app, site, _folder) = seoul().await;
    let feed = |items: &str| {
        format!("<rss version=\"2.0\"><channel><title>O</title>{items}</channel></rss>")
    };
    let old = "<item><title>Old</title><link>SITE/old</link><pubDate>2024-02-16</pubDate></item>";
    site.page("/feed", "application/rss+xml", &feed(old));
    add(&app, &site.at("/feed")).await;
    poll(&app).await;
    let new = "<item><title>New</title><link>SITE/new</link><pubDate>2024-02-17T09:00:00</pubDate></item>";
    site.page(
        "/feed",
        "application/rss+xml",
        &feed(&format!("{new}{old}")),
    );
    site.page(
        "/new",
        HTML,
        "<article><h1>New</h1><p>There is something new to say in Seoul.</p></article>",
    );
    assert_eq!(poll(&app).await.new, 1);
    app.clock.advance_ms(9 * HOUR - 1);
    assert_eq!(super::settle_due(&app).await.unwrap(), 0);
    app.clock.advance_ms(1);
    assert_eq!(super::settle_due(&app).await.unwrap(), 1);
}
