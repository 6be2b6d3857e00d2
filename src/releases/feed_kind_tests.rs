//! Feeds of every dialect, written in the odd ways that sites write them: each item that can be read is
//! read, with all of its text, and one that cannot is named (F5, F6).

use std::fmt::Write;

use proptest::prelude::*;

use super::{
    SourceKind,
    fetch::{Body, Validators},
    items::Listing,
    reader::{Found, read_now},
    reading::{self, dates::Calendar},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Rss(&'static str),
    Rdf(&'static str),
    Atom(&'static str),
    Json,
}

use Dialect::{Atom, Json, Rdf, Rss};

const DIALECTS: [Dialect; 16] = [
    Rss("<rss version=\"2.0\">"),
    Rss("<rss version=\"0.91\">"),
    Rss("<rss version='0.92'>"),
    Rss("<rss>"),
    Rss(
        "<rss version=\"2.0\" xmlns=\"http://backend.userland.com/rss2\" xmlns:media=\"http://search.yahoo.com/mrss/\">",
    ),
    Rss(
        "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">",
    ),
    Rdf(
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\">",
    ),
    Rdf(
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://my.netscape.com/rdf/simple/0.9/\">",
    ),
    Rdf(
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0\">",
    ),
    Rdf("<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"),
    Atom("<feed xmlns=\"http://www.w3.org/2005/Atom\">"),
    Atom("<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\">"),
    Atom("<feed xmlns=\"http://www.w3.org/2005/Atom/\" xml:base=\"https://town.example/base/\">"),
    Atom("<feed>"),
    Atom("<feed xml:lang='en' xmlns='https://www.w3.org/2005/Atom'>"),
    Json,
];

/// What one item says, by the number of each way to write it.
#[derive(Debug, Clone)]
struct Written {
    title: usize,
    link: usize,
    id: usize,
    date: usize,
    text: usize,
    odd: usize,
}

fn written() -> impl Strategy<Value = Written> {
    (
        0..9_usize,
        0..6_usize,
        0..5_usize,
        0..5_usize,
        0..7_usize,
        0..24_usize,
    )
        .prop_map(|(title, link, id, date, text, odd)| Written {
            title,
            link,
            id,
            date,
            text,
            odd,
        })
}

/// A word that no other item has.
fn word(number: usize) -> String {
    format!("bridge{number}x")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn title(one: &Written, number: usize) -> Option<String> {
    let name = word(number);
    Some(match one.title {
        0 => return None,
        1 => format!("<![CDATA[The {name} opens to all]]>"),
        2 => format!("The &lt;b&gt;{name}&lt;/b&gt; opens to all"),
        3 => format!("R&D on the {name} opens to all"),
        4 => format!("The <i>{name}</i> opens to all"),
        5 => format!("The {name} is < 5 m high, open to all"),
        6 => format!("The&nbsp;{name} &ndash; &trade; open to all"),
        7 => format!("&amp;lt;em&amp;gt;{name}&amp;lt;/em&amp;gt; opens to all"),
        _ => format!("The {name} opens&#146; to all"),
    })
}

/// The text ends with a word of its own, which shows that all of it was read.
fn text(one: &Written, number: usize) -> Option<String> {
    let name = word(number);
    Some(match one.text {
        0 => return None,
        1 => format!("All may walk on the {name} today &amp; after, says end{name}."),
        2 => escaped(&format!(
            "<p>All may walk on the {name}.</p><p>So says <b>end{name}</b></p>"
        )),
        3 => format!("<![CDATA[<p>All may walk on the {name}.</p><p>So says end{name}</p>]]>"),
        4 => format!("All <b>may</b> walk on the {name}, says <a href=\"/x\">end{name}</a>"),
        5 => format!("<p>All may walk<br>on the {name}. <p>So says end{name}"),
        _ => format!("<![CDATA[All may walk]]> on the <i>{name}</i>, says end{name}"),
    })
}

fn element(name: &str, inner: Option<String>) -> String {
    inner.map_or_else(String::new, |inner| format!("<{name}>{inner}</{name}>"))
}

fn item(dialect: Dialect, one: &Written, number: usize) -> String {
    let path = format!("/news/{}", word(number));
    let address = format!("https://town.example{path}");
    let is_atom = matches!(dialect, Atom(_));
    let mut inner = String::new();
    let heading = title(one, number);
    let says = text(one, number);
    // What has none of the three says nothing; the others have at least one.
    let link = if heading.is_none() && says.is_none() {
        one.link.max(1)
    } else {
        one.link
    };
    if is_atom {
        let kind = ["", " type=\"html\"", " type='text/html' mode='escaped'"][one.title % 3];
        if let Some(heading) = heading {
            write!(inner, "<title{kind}>{heading}</title>").unwrap();
        }
    } else {
        inner.push_str(&element("title", heading));
    }
    let href = match link {
        1 => path.clone(),
        2 => address.clone(),
        3 => format!("\n  {address}\n"),
        4 => format!("{address}?a=1&b=2"),
        _ => format!("{address}#part"),
    };
    match (link, is_atom) {
        (0, _) => {}
        (_, true) => write!(inner, "<link rel=\"alternate\" href=\"{href}\"/>").unwrap(),
        (5, false) => write!(inner, "<link href=\"{href}\"/>").unwrap(),
        (3, false) => write!(inner, "<link><![CDATA[{href}]]></link>").unwrap(),
        (_, false) => write!(inner, "<link>{href}</link>").unwrap(),
    }
    let id = match one.id {
        0 => None,
        1 => Some(format!("tag:town.example,2026:{number}")),
        2 => Some("N/A".to_owned()),
        3 => Some(String::new()),
        _ => Some(format!("{number}")),
    };
    inner.push_str(&element(if is_atom { "id" } else { "guid" }, id));
    let date = match one.date {
        0 => None,
        1 => Some("Tue, 02 Jun 2026 08:00:00 GMT"),
        2 => Some("2026-06-02T08:00:00Z"),
        3 => Some("2. Juni 2026"),
        _ => Some("soon"),
    };
    let dated = if is_atom {
        ["published", "issued", "updated"]
    } else {
        ["pubDate", "pubdate", "dc:date"]
    };
    inner.push_str(&element(dated[number % 3], date.map(str::to_owned)));
    if is_atom {
        let (name, kind) = [
            ("summary", "html"),
            ("content", "html"),
            ("content", "text/html\" mode=\"escaped"),
        ][one.text % 3];
        if let Some(says) = says {
            write!(inner, "<{name} type=\"{kind}\">{says}</{name}>").unwrap();
        }
    } else {
        inner.push_str(&element(
            if one.text.is_multiple_of(2) {
                "description"
            } else {
                "content:encoded"
            },
            says,
        ));
    }
    // One in several items is odd.
    inner.push_str(match one.odd {
        0 => "</b>",
        1 => "<x:y>z</x:y>",
        2 => "<media:title>Photo</media:title>",
        3 => "<unclosed>",
        4 => "<category>&copy; a & b</category>",
        5 => "\u{1}\u{b}",
        6 => "<a b=c>d</a>",
        7 => "<!-- <item> a comment -->",
        _ => "",
    });
    let name = if is_atom { "entry" } else { "item" };
    let about = if matches!(dialect, Rdf(_)) {
        format!(" rdf:about=\"{address}\"")
    } else {
        String::new()
    };
    format!("<{name}{about}>{inner}</{name}>\n")
}

fn json_item(one: &Written, number: usize) -> String {
    let mut item = serde_json::Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            item.insert(name.to_owned(), value.into());
        }
    };
    let link = if one.title == 0 && one.text == 0 {
        1
    } else {
        one.link
    };
    put(
        "title",
        title(one, number).filter(|title| !title.contains("CDATA")),
    );
    let has_title = one.title > 1;
    put(
        "url",
        (link > 0 || !has_title).then(|| format!("/news/{}", word(number))),
    );
    put(
        "id",
        (one.id != 2)
            .then(|| number.to_string())
            .or(Some("same".to_owned())),
    );
    put(
        "content_html",
        text(one, number).filter(|text| !text.contains("CDATA")),
    );
    serde_json::Value::Object(item).to_string()
}

fn feed(dialect: Dialect, items: &[Written], odd: usize) -> String {
    let each = |make: &dyn Fn(&Written, usize) -> String, between: &str| {
        let all: Vec<String> = items
            .iter()
            .enumerate()
            .map(|(number, one)| make(one, number))
            .collect();
        all.join(between)
    };
    let xml = |one: &Written, number: usize| item(dialect, one, number);
    let all = each(&xml, "");
    let body = match dialect {
        Json => {
            let end = ["]}", ",]}", "]", ""][odd % 4];
            return format!(
                "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"Town\",\"items\":[{}{end}",
                each(&json_item, ",\n")
            );
        }
        Rss(root) => match odd {
            0 => format!("{root}<channel><title>Town</title></channel>{all}</rss>"),
            1 => format!("{root}{all}</rss>"),
            2 => format!("{root}<channel><title>Town <b></title>{all}</channel></rss>"),
            3 => format!("{root}<channel><title>Town</title>{all}"),
            _ => format!("{root}<channel><title>Town</title>{all}</channel></rss>"),
        },
        Rdf(root) => match odd {
            0 => format!("{root}<channel><title>Town</title>{all}</channel></rdf:RDF>"),
            _ => format!(
                "{root}<channel rdf:about=\"/\"><title>Town</title><items><rdf:Seq><rdf:li resource=\"/\"/></rdf:Seq></items></channel>{all}</rdf:RDF>"
            ),
        },
        Atom(root) => match odd {
            0 => format!("{root}<title/>{all}</feed>"),
            1 => format!("{root}<title type=\"text/plain\">Town & co</title>{all}"),
            _ => format!(
                "{root}<title>Town</title><id>t</id><updated>2026-06-02T08:00:00Z</updated>{all}</feed>"
            ),
        },
    };
    match odd {
        4 => format!("\u{feff}\n\n  {body}"),
        5 => format!(
            "<!-- made by hand -->\n<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n{body}"
        ),
        6 => format!(
            "<br />\n<b>Warning</b>: strtotime() in <b>/srv/feed.php</b> on line 7<br />\n<?xml version=\"1.0\"?>{body}"
        ),
        7 => format!("<?xml version=\"1.0\"?>\n<!DOCTYPE rss [<!ENTITY nbsp \"&#160;\">]>\n{body}"),
        8 => format!("<?xml version=\"1.0\"?>{body}<script>track()</script>"),
        9 => body
            .replace("<item>", "<ITEM>")
            .replace("</item>", "</ITEM>")
            .replace("<title>", "<Title>")
            .replace("</title>", "</Title>")
            .replace("<link>", "<LINK>")
            .replace("</link>", "</LINK>"),
        10 => format!(
            "<?xml version=\"1.0\"?><?xml-stylesheet href=\"/s.xsl\"?>\n{body}\n<!-- cached -->"
        ),
        _ => format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{body}"),
    }
}

fn listing(source: &str) -> Option<Listing> {
    let body = Body {
        url: "https://town.example/feed".parse().unwrap(),
        bytes: source.as_bytes().to_vec(),
        content_type: String::new(),
        validators: Validators::default(),
        headers: Box::default(),
    };
    match read_now(&Calendar::utc(), SourceKind::Feed, &body)? {
        Found::Listing(listing) => Some(*listing),
        Found::Index(_) => None,
    }
}

/// What is wrong with what was read: an item that is neither there nor named, or of which a part is missing.
fn complaint(listing: Option<Listing>, items: &[Written], is_cut: bool) -> Option<String> {
    let Some(listing) = listing else {
        return (!is_cut).then(|| "it is no feed".to_owned());
    };
    let mut wrong = String::new();
    let mut identities: Vec<&str> = Vec::new();
    for (number, one) in items.iter().enumerate() {
        let name = word(number);
        let is_it = |item: &&super::items::Item| {
            item.title.contains(&name)
                || item
                    .url
                    .as_ref()
                    .is_some_and(|url| url.path().contains(&name))
                || item
                    .document
                    .as_ref()
                    .is_some_and(|document| reading::words(document).contains(&name))
        };
        let found: Vec<_> = listing.items.iter().filter(is_it).collect();
        let is_named = listing
            .set_aside
            .iter()
            .any(|aside| aside.item.contains(&name));
        match found.as_slice() {
            [] if is_named || is_cut => {}
            [] => writeln!(wrong, "{number} is lost").unwrap(),
            [item] => {
                identities.push(&item.identity);
                let words = item
                    .document
                    .as_ref()
                    .map(reading::words)
                    .unwrap_or_default();
                let is_json_cdata = text(one, number).is_some_and(|text| text.contains("CDATA"));
                if one.text > 0
                    && !words.contains(&format!("end{name}"))
                    && !(is_json_cdata && listing.format == "JSON Feed")
                {
                    writeln!(wrong, "{number} says only {words:?}").unwrap();
                }
                if one.title > 0
                    && item.title.contains(&name)
                    && !item.title.contains("to all")
                    && item.title.contains("The")
                {
                    writeln!(wrong, "{number} is called {:?}", item.title).unwrap();
                }
                if item.title == "Photo" {
                    writeln!(wrong, "{number} is called as its picture").unwrap();
                }
            }
            _ => writeln!(wrong, "{number} is there {} times", found.len()).unwrap(),
        }
    }
    let all = identities.len();
    identities.sort_unstable();
    identities.dedup();
    if identities.len() < all {
        writeln!(wrong, "items share a key").unwrap();
    }
    (!wrong.is_empty()).then(|| {
        let shown: Vec<String> = listing
            .items
            .iter()
            .map(|item| format!("{} {:?}", item.title, item.url.as_ref().map(url::Url::path)))
            .collect();
        format!("{wrong}{shown:#?}\n{:?}", listing.set_aside)
    })
}

/// `FEED_CASES=20000` tries more of them.
fn cases() -> u32 {
    std::env::var("FEED_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(256)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn every_item_of_a_feed_of_any_kind_is_read_or_named(
        dialect in 0..DIALECTS.len(),
        items in prop::collection::vec(written(), 1..6),
        odd in 0..20_usize,
    ) {
        let source = feed(DIALECTS[dialect], &items, odd);
        let wrong = complaint(listing(&source), &items, false);
        prop_assert!(wrong.is_none(), "{}\n-- of\n{source}", wrong.unwrap_or_default());
    }

    #[test]
    fn a_feed_that_is_cut_off_loses_no_item_before_the_cut_and_shows_no_half_of_one(
        dialect in 0..DIALECTS.len(),
        items in prop::collection::vec(written(), 2..6),
        at in 0..1_000_usize,
    ) {
        let source = feed(DIALECTS[dialect], &items, 11);
        let mut cut = source.len() * at / 1_000;
        while !source.is_char_boundary(cut) {
            cut -= 1;
        }
        let cut = &source[..cut];
        let ends = if DIALECTS[dialect] == Json { "}" } else if matches!(DIALECTS[dialect], Atom(_)) { "</entry>" } else { "</item>" };
        let whole = cut.matches(ends).count();
        let found = listing(cut);
        let read = found.as_ref().map_or(0, |listing| listing.items.len());
        prop_assert!(read <= whole, "{read} of {whole}\n{cut}");
        let wrong = complaint(found, &items[..whole.min(items.len())], whole == 0);
        prop_assert!(wrong.is_none(), "{}\n-- of\n{cut}", wrong.unwrap_or_default());
    }
}
