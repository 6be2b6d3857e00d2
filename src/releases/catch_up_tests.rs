//! What a list leaves out: from the site's sitemap where nothing else has it, and told where that has it not.

use std::fmt::Write;

use super::{
    site_tests::{HTML, RSS, Site, add, count, feed, instance, poll},
    tests::releases,
};
use crate::clock::{HOUR, MINUTE};

const OLD: [(&str, &str); 3] = [
    ("/news/doe-leads-letter-on-care", "Doe leads letter on care"),
    ("/news/statement-on-farm-bill", "Statement on the farm bill"),
    ("/news/office-opens-in-tustin", "Office opens in Tustin"),
];

const NEW: [(&str, &str); 2] = [
    ("/news/bridge-opens-on-monday", "Bridge opens on Monday"),
    ("/news/ferry-stops-for-good", "Ferry stops for good"),
];

const LEFT_OUT: &str = "/news/road-is-closed-for-repairs";

/// A page of its own for a release; `dated` stands in its head.
fn page(site: &Site, path: &str, title: &str, dated: &str) {
    let words = "The county says all that there is to say about it, in a sentence of some length.";
    site.page(
        path,
        HTML,
        &format!("<html><head>{dated}</head><body><article><h1>{title}</h1><p>{words}</p><p>It was said by the board of {title} today.</p></article></body></html>"),
    );
}

const TODAY: &str = "<meta property=\"article:published_time\" content=\"2024-02-16T14:30:00Z\">";

fn sitemap(pages: &[(&str, &str)]) -> String {
    let mut xml = "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">".to_owned();
    for (path, day) in pages {
        let modified = if day.is_empty() {
            String::new()
        } else {
            format!("<lastmod>{day}</lastmod>")
        };
        write!(xml, "<url><loc>SITE{path}</loc>{modified}</url>").unwrap();
    }
    xml + "</urlset>"
}

/// A feed that was seen with its old items, and lists none of them any more.
async fn pushed_off() -> (crate::app::App, Site, tempfile::TempDir) {
    let (app, site, folder) = instance().await;
    site.page("/feed", RSS, &feed("", &OLD));
    add(&app, &site.at("/feed")).await;
    assert_eq!(poll(&app).await.new, 0);
    for (path, title) in NEW {
        page(&site, path, title, TODAY);
    }
    site.page("/feed", RSS, &feed("", &NEW));
    (app, site, folder)
}

const EVERYTHING: [(&str, &str); 7] = [
    (OLD[0].0, "2024-01-16"),
    (NEW[0].0, "2024-02-16"),
    (NEW[1].0, "2024-02-16"),
    (LEFT_OUT, "2024-02-16T14:30:00Z"),
    // Unknown too: long ago, of another kind, and a list.
    ("/news/bridge-is-planned-for-years", "2019-05-04"),
    ("/about/our-office-and-its-staff", "2024-02-16"),
    ("/news/", "2024-02-16"),
];

#[tokio::test]
async fn what_a_feed_leaves_out_is_found_in_the_sites_sitemap() {
    for named in [false, true] {
        let (app, site, _folder) = pushed_off().await;
        page(&site, LEFT_OUT, "Road is closed for repairs", TODAY);
        if named {
            site.page(
                "/robots.txt",
                "text/plain",
                "User-agent: *\nSitemap: SITE/maps/all.xml.gz\n",
            );
            site.packed(
                "/maps/all.xml.gz",
                "<sitemapindex><sitemap><loc>SITE/maps/1.xml.gz</loc></sitemap></sitemapindex>",
            );
            site.packed("/maps/1.xml.gz", &sitemap(&EVERYTHING));
        } else {
            site.page("/sitemap.xml", "text/xml", &sitemap(&EVERYTHING));
        }
        assert_eq!(poll(&app).await.new, 3, "named: {named}");
        let found = releases(&app).await;
        assert!(found.iter().all(|(_, why, _)| why.is_empty()), "{found:?}");
        assert_eq!(
            count(
                &app,
                "release WHERE url LIKE '%road-is-closed%' AND title = 'Road is closed for repairs'"
            )
            .await,
            1
        );
        assert!(site.asked("/about/our-office-and-its-staff").is_empty());
        assert!(site.asked("/news/bridge-is-planned-for-years").is_empty());
        // It is known from now on.
        assert_eq!(poll(&app).await.new, 0);
    }
}

#[tokio::test]
async fn an_old_page_that_was_touched_is_held_and_never_mailed_by_itself() {
    for (dated, why) in [
        (
            "<meta property=\"article:published_time\" content=\"2019-05-04T10:00:00Z\">",
            "48 hours",
        ),
        ("", "neither that nor its page says when"),
    ] {
        let (app, site, _folder) = pushed_off().await;
        page(&site, LEFT_OUT, "Road is closed for repairs", dated);
        site.page("/sitemap.xml", "text/xml", &sitemap(&EVERYTHING));
        let polled = poll(&app).await;
        assert_eq!((polled.new, polled.held), (3, 1), "{dated}");
        let held = releases(&app).await;
        assert!(
            held.iter().any(|(_, reason, _)| reason.contains(why)),
            "{held:?}"
        );
    }
}

#[tokio::test]
async fn what_no_sitemap_tells_is_told_to_staff_whatever_its_number() {
    let undated: Vec<(&str, &str)> = EVERYTHING.iter().map(|(path, _)| (*path, "")).collect();
    let many: Vec<String> = (0..30)
        .map(|n| format!("/news/road-{n}-is-closed"))
        .collect();
    let mut flood = EVERYTHING.to_vec();
    flood.extend(many.iter().map(|path| (path.as_str(), "2024-02-16")));
    for (sitemap, what) in [
        (None, "none"),
        // It has not heard of what the feed lists.
        (Some(sitemap(&EVERYTHING[..1])), "stale"),
        (Some(sitemap(&undated)), "undated"),
        (Some(sitemap(&flood)), "flood"),
        (Some("<html>not found</html>".to_owned()), "page"),
    ] {
        let (app, site, _folder) = pushed_off().await;
        if let Some(sitemap) = sitemap {
            site.page("/sitemap.xml", "text/xml", &sitemap);
        }
        let polled = poll(&app).await;
        assert_eq!(polled.held, polled.new, "{what}");
        for (_, why, _) in releases(&app).await {
            assert!(
                why.contains("on 16 February 2024, saw") && why.contains("come and gone"),
                "{what}: {why}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_of_one_item_has_a_gap_only_where_the_last_look_was_long_ago() {
    for (late, held) in [(MINUTE, 0), (3 * HOUR, 1)] {
        let (app, site, _folder) = instance().await;
        site.page("/feed", RSS, &feed("", &OLD[..1]));
        add(&app, &site.at("/feed")).await;
        poll(&app).await;
        page(&site, NEW[0].0, NEW[0].1, TODAY);
        site.page("/feed", RSS, &feed("", &NEW[..1]));
        app.clock.advance_ms(late);
        let polled = poll(&app).await;
        assert_eq!((polled.new, polled.held), (1, held), "{late}");
    }
}

#[tokio::test]
async fn items_that_share_an_address_or_a_title_and_a_day_are_not_taken_for_each_other_f7() {
    let (app, site, _folder) = instance().await;
    let item = |id: usize, title: &str, link: &str| {
        format!(
            "<item><title>{title}</title><link>SITE{link}</link><guid isPermaLink=\"false\">{id}</guid><pubDate>Fri, 16 Feb 2024 12:00:00 +0000</pubDate></item>"
        )
    };
    let shown = |items: &[String]| feed(&items.concat(), &[]);
    let mut items = vec![
        item(1, "Bridge opens", "/news#1"),
        item(2, "Ferry stops", "/news#2"),
        item(3, "Notice", "/n/3"),
    ];
    site.page("/feed", RSS, &shown(&items));
    add(&app, &site.at("/feed")).await;
    assert_eq!(poll(&app).await.new, 0);
    // The same page as two others; the title and the day of another.
    items.insert(0, item(4, "Road is closed", "/news#4"));
    items.insert(0, item(5, "Notice", "/n/5"));
    site.page("/feed", RSS, &shown(&items));
    assert_eq!(poll(&app).await.new, 2);
    // A site that moved says the same under other ids and addresses.
    let moved: Vec<String> = items
        .iter()
        .map(|item| {
            item.replace("false\">", "false\">new-")
                .replace("SITE/n", "SITE/new/n")
        })
        .collect();
    site.page("/feed", RSS, &shown(&moved));
    assert_eq!(poll(&app).await.new, 0);
}
