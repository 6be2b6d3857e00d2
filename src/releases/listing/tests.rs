//! Lists as sites have them.

use super::*;

fn read(html: &str, address: &Url) -> Option<Listing> {
    super::read(html, address, &Calendar::utc())
}

fn listed(html: &str) -> Vec<String> {
    let address = "https://o.example/news/".parse().unwrap();
    let listing = read(html, &address);
    let items = listing.map(|listing| listing.items).unwrap_or_default();
    items
        .iter()
        .map(|item| {
            let date = item.published.map(|at| at.to_string());
            format!(
                "{} {} {}",
                date.as_deref().map_or("-", |date| &date[..10]),
                item.url.as_ref().unwrap().path(),
                item.title
            )
        })
        .collect()
}

const WANTED: [&str; 3] = [
    "2024-02-16 /a Doe leads letter on veterans’ care",
    "2024-02-15 /b Statement on the farm bill vote",
    "2024-02-12 /c Office opens in Tustin on Monday",
];

const MENU: &str = "<nav><ul><li><a href=/x>About the whole office and me</a><li><a href=/y>Help with a federal agency</a><li><a href=/z>Contact us at our offices</a></ul></nav>";

/// The same three releases as different systems list them.
fn three(before: &str, each: &str, after: &str) -> String {
    let releases = [
        (
            "/a",
            "Doe leads letter on veterans’ care",
            "February 16, 2024",
        ),
        ("/b", "Statement on the farm bill vote", "02/15/2024"),
        ("/c", "Office opens in Tustin on Monday", "Feb. 12, 2024"),
    ];
    let items: String = releases
        .iter()
        .enumerate()
        .map(|(at, (url, title, date))| {
            each.replace("URL", url)
                .replace("TITLE", title)
                .replace("DATE", date)
                .replace("ODD", if at % 2 == 0 { "odd" } else { "even" })
        })
        .collect();
    format!("<body>{MENU}{before}{items}{after}")
}

#[test]
fn a_list_is_found_however_it_is_built() {
    for (what, html) in [
        (
            "a list",
            three(
                "<ul>",
                "<li><a href=URL>TITLE</a> <span>DATE</span></li>",
                "</ul>",
            ),
        ),
        (
            "articles",
            three(
                "<main>",
                "<article class='ODD'><header><h2><a href=URL>TITLE</a></h2></header><p>DATE | Press Release</p><p>The start of it …</p><a href=URL>Read more</a></article>",
                "</main>",
            ),
        ),
        (
            "cards",
            three(
                "<div class=grid>",
                "<div class='row ODD'><div class=card><img src=x><h3>TITLE</h3><time>DATE</time><a href=URL>Read more</a></div></div>",
                "</div>",
            ),
        ),
        (
            "a table",
            three(
                "<table><tr><th>Date</th><th>Title</th></tr>",
                "<tr class=ODD><td>DATE</td><td><a href=URL>TITLE</a></td></tr>",
                "</table>",
            ),
        ),
        (
            "a definition list",
            three(
                "<dl>",
                "<dt>DATE</dt><dd><a href=URL>TITLE</a></dd>",
                "</dl>",
            ),
        ),
        (
            "headings in a row",
            three(
                "<div>",
                "<h3><a href=URL>TITLE</a></h3><p>DATE</p><p>The start of it, which says a lot.</p>",
                "</div>",
            ),
        ),
        (
            "dates before headings",
            three(
                "<div>",
                "<p>DATE</p><h3><a href=URL>TITLE</a></h3>",
                "</div>",
            ),
        ),
        (
            "lines",
            three(
                "<div><b>News</b><br>",
                "DATE - <a href=URL>TITLE</a><br>",
                "</div>",
            ),
        ),
        (
            "links around all",
            three(
                "<div>",
                "<a href=URL><div><p>DATE</p><p><strong>TITLE</strong></p></div></a>",
                "</div>",
            ),
        ),
    ] {
        if what == "links around all" {
            // The whole card is the link: its words hold the date too.
            let found = listed(&html);
            assert_eq!(found.len(), 3, "{what}: {found:?}");
            assert!(found[0].starts_with("2024-02-16 /a "), "{found:?}");
            continue;
        }
        assert_eq!(listed(&html), WANTED, "{what}");
    }
}

#[test]
fn the_newest_release_may_stand_before_the_list() {
    let html = three(
        "<main><section><div class=hero><h1><a href=/new>The newest release of them all</a></h1><p>February 20, 2024</p></div></section><ul>",
        "<li><a href=URL>TITLE</a> <span>DATE</span></li>",
        "</ul></main>",
    );
    let found = listed(&html);
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(found[0], "2024-02-20 /new The newest release of them all");
}

#[test]
fn a_menu_or_an_error_page_is_no_list() {
    for html in [
        MENU,
        "<ul><li><a href=/a>Home</a><li><a href=/b>News</a><li><a href=/c>Contact</a></ul>",
        "<h1>We will be back soon</h1><p>The site is down for <a href=/x>maintenance of its database</a>.",
        "<ul><li><a href=/a>Read the whole release here</a><li><a href=/b>Read the whole release here</a><li><a href=/c>Read the whole release here</a></ul>",
        "",
    ] {
        assert!(listed(html).is_empty(), "{html}");
    }
}

#[test]
fn lists_without_dates_and_in_other_scripts_are_lists() {
    let html = "<ul><li><a href=/2024/2/16/a>의원이 재향 군인 법안을 발의했다</a><li><a href=/b>농업 법안 표결에 대한 성명</a><li><a href=/c>터스틴 사무소 개소 안내문</a></ul>";
    let found = listed(html);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("2024-02-16 ") && found[1].starts_with("- /b"));
}

/// `DAY TITLE PATH` of each item.
fn rows(html: &str) -> Vec<String> {
    let address = "https://town.example/news".parse().unwrap();
    let listing = read(html, &address).unwrap();
    let row = |item: Item| {
        let day = item
            .published
            .map_or("-".to_owned(), |at| at.strftime("%F").to_string());
        format!("{day} {} {}", item.title, item.url.unwrap().path())
    };
    listing.items.into_iter().map(row).collect()
}

const TITLES: [&str; 3] = [
    "The fair opens on the common this week",
    "New hours for the swimming hall in summer",
    "Water main on Long Street is repaired",
];

fn list_of(item: impl Fn(usize, &str) -> String) -> String {
    TITLES
        .iter()
        .enumerate()
        .map(|(number, title)| item(9 - number, title))
        .collect()
}

fn expected(dated: bool) -> Vec<String> {
    let day = |number: usize| {
        if dated {
            format!("2026-06-0{number}")
        } else {
            "-".to_owned()
        }
    };
    let row =
        |(number, title): (usize, &&str)| format!("{} {title} /{}", day(9 - number), 9 - number);
    TITLES.iter().enumerate().map(row).collect()
}

#[test]
fn a_date_in_three_boxes_behind_words_or_under_its_month_is_read() {
    let boxes = list_of(|day, title| {
        format!(
            "<div class=row><div class=when><b>June</b><i>{day}</i><u>2026</u></div><div><h3><a href=/{day}>{title}</a></h3></div><p>More of it.</p></div>"
        )
    });
    let german = list_of(|day, title| {
        format!(
            "<li><p>Pressemitteilung Nr. {day}/2026 vom {day}. Juni 2026</p><h3><a href=/{day}>{title}</a></h3></li>"
        )
    });
    let months =
        list_of(|day, title| format!("<li><span>{day}</span> <a href=/{day}>{title}</a></li>"));
    for page in [
        format!("<body><div>{boxes}</div></body>"),
        format!("<html lang=de><body><ul>{german}</ul></body></html>"),
        format!("<body><div><h2>June 2026</h2><ul>{months}</ul></div></body>"),
    ] {
        assert_eq!(rows(&page), expected(true), "{page}");
    }
}

#[test]
fn the_day_stands_first_where_the_language_or_the_country_has_it_so() {
    let list = list_of(|day, title| {
        format!("<li><a href=/{day}>{title}</a> <span>0{day}/06/2026</span></li>")
    });
    let french = format!("<html lang=fr><body><ul>{list}</ul></body></html>");
    assert_eq!(rows(&french), expected(true));
    let read_at = |address: &str| {
        let html = format!("<html lang=en><body><ul>{list}</ul></body></html>");
        let listing = read(&html, &address.parse().unwrap()).unwrap();
        listing.items[0].clone()
    };
    let british = read_at("https://town.example.uk/news");
    assert_eq!(
        british.published.unwrap().to_string(),
        "2026-06-09T12:00:00Z"
    );
    let american = read_at("https://town.example.gov/news");
    assert_eq!(
        american.published.unwrap().to_string(),
        "2026-09-06T12:00:00Z"
    );
    assert_eq!(american.notes.date, reading::Certainty::Certain);
    // Nothing tells; a person is asked.
    let unclear = read_at("https://town.example/news");
    assert_ne!(unclear.notes.date, reading::Certainty::Certain);
}

#[test]
fn the_next_part_of_a_list_is_found() {
    let list = list_of(|day, title| format!("<li><a href=/{day}>{title}</a></li>"));
    let address: Url = "https://town.example/news".parse().unwrap();
    for (pager, next) in [
        (
            "<a rel=next href='?page=1'>2</a>",
            Some("https://town.example/news?page=1"),
        ),
        (
            "<ul class=pager><li><a href='/news/page/2'>Next ›</a></li></ul>",
            Some("https://town.example/news/page/2"),
        ),
        (
            "<div class=pagination><a href='/news/page/2'>Next ›</a></div>",
            Some("https://town.example/news/page/2"),
        ),
        (
            "<nav role=navigation><a href='/n/2' aria-label='Nächste Seite'>2</a></nav>",
            Some("https://town.example/n/2"),
        ),
        (
            "<div class=page><a href='/other'>Next steps</a></div>",
            None,
        ),
        ("<a rel=next href='javascript:more()'>more</a>", None),
    ] {
        let listing = read(&format!("<body><ul>{list}</ul>{pager}</body>"), &address).unwrap();
        assert_eq!(listing.next.as_ref().map(Url::as_str), next, "{pager}");
    }
}

#[test]
fn a_calendar_of_events_is_no_list_of_releases() {
    let news = list_of(|day, title| format!("<li><a href=/{day}>{title}</a></li>"));
    let events = list_of(|day, _| {
        format!(
            "<li>July {day}, 2026 <a href=/e{day}>Open evening number {day} of the council in the old hall</a></li>"
        )
    });
    let page = format!("<main><ul>{news}</ul><h2>Upcoming events</h2><ul>{events}</ul></main>");
    assert_eq!(rows(&page), expected(false));
}
