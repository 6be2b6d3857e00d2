//! What a page says about itself.

use dom_query::Document as Page;
use url::Url;

use super::{
    date_lines,
    dates::{self, DateFound, DateOrder},
    headline::{self, Headline},
    language,
    link_targets::resolve,
    structured::{self, Declared},
};
use crate::releases::ssrf_guard::same_organisation;

/// What is not the release but about it.
#[derive(Debug)]
pub(super) struct Head {
    pub headline: Headline,
    /// What the page says about its article for machines.
    pub declared: Declared,
    /// The date that its head or its JSON-LD says.
    pub published: Option<DateFound>,
    /// When it was made, as they say.
    pub created: Option<DateFound>,
    /// When it was changed last, as they say.
    pub changed: Option<DateFound>,
    /// The address that it gives itself for those who share it.
    pub shared: Option<Url>,
    /// The day that stands before or behind the headline, in its line.
    pub dated_headline: Option<DateFound>,
    /// What dates of numbers begin with here.
    pub order: DateOrder,
    pub canonical: Option<Url>,
    pub feeds: Vec<Url>,
    /// Where the page says that it stands in other languages.
    pub alternates: Vec<String>,
    pub language: String,
    pub direction: Option<String>,
    pub base: Option<Url>,
}

/// Reads the page's head, and the headings and dates in its body.
pub(super) fn read(page: &Page, address: Option<&Url>) -> Head {
    let resolved =
        |selector: &str| attribute(page, selector, "href").and_then(|href| resolve(address, &href));
    let canonical = resolved("link[rel=canonical]");
    // `<base>` rules the page's links; without it and without an address, the page's own word does.
    let base = resolved("base[href]")
        .or_else(|| address.cloned())
        .or_else(|| canonical.clone());
    let declared = structured::article(page);
    let tag = declared_language(page, address.or(canonical.as_ref()));
    let spoken = tag.is_empty().then(|| spoken_language(page)).flatten();
    let order = DateOrder::of(
        spoken.unwrap_or(&tag),
        address.or(canonical.as_ref()),
        &page.text(),
    );
    let dates = dates_of(page, &declared, order);
    let shared = attribute(
        page,
        "meta[property='og:url'], meta[name='og:url']",
        "content",
    )
    .and_then(|said| resolve(address, &said));
    let mut headline = headline::find(page, &declared);
    let with_day = date_lines::beside_headline(&headline.text, order);
    let dated_headline = with_day.map(|(bare, found)| {
        headline.text = bare;
        found
    });
    Head {
        headline,
        dated_headline,
        published: dates.published,
        created: dates.created,
        changed: dates.changed,
        shared,
        declared,
        order,
        feeds: feeds(page, address),
        alternates: alternates(page, address),
        language: language::primary(&tag).unwrap_or_else(|| "en".to_owned()),
        direction: attribute(page, "html", "dir"),
        canonical,
        base,
    }
}

/// What heads call the date of publication, the surest first: the value of `property`, `name`,
/// `itemprop` or `http-equiv`, in lower case and without signs between its words.
const PUBLISHED: &[&str] = &[
    "articlepublishedtime",
    "ogarticlepublishedtime",
    "datepublished",
    "ogpublishedtime",
    "ogdatepublished",
    "rnewsdatepublished",
    "articlepublished",
    "publishedtime",
    "firstpublishedtime",
    "dctermsissued",
    "dcdateissued",
    "dcissued",
    "pubdate",
    "publishdate",
    "publisheddate",
    "publicationdate",
    "originalpublicationdate",
    "datepublication",
    "firstpublished",
    "firstpublishdate",
    "parselypubdate",
    "btpubdate",
    "sailthrudate",
    "cxenseparserecspublishtime",
    "shareaholicarticlepublishedtime",
    "articlepubdate",
    "articlepublicationdate",
    "articledateoriginal",
    "articleoriginaldate",
    "citationpublicationdate",
    "citationonlinedate",
    "citationdate",
    "prismpublicationdate",
    "releasedate",
    "dateposted",
    "postdate",
    "newsdate",
    "displaydate",
    "dctermsdate",
    "dcdate",
    "date",
    "ogregdate",
    "regdate",
    "timestamp",
    "articledate",
    "contentdate",
    "weibaoarticlecreateat",
    "weiboarticlecreateat",
];

/// What they call the day on which the page was made: it was published then, or some days later.
const CREATED: &[&str] = &[
    "dcdatecreated",
    "dctermscreated",
    "dccreated",
    "datecreated",
    "articlecreated",
    "created",
    "creationdate",
    "createddate",
];

/// What they call the date of the last change: it says more than nothing.
const CHANGED: &[&str] = &[
    "articlemodifiedtime",
    "ogarticlemodifiedtime",
    "ogupdatedtime",
    "ogmodifiedtime",
    "datemodified",
    "dateupdate",
    "dateupdated",
    "dctermsmodified",
    "dcdatemodified",
    "dcmodified",
    "lastmodified",
    "lastmod",
    "modified",
    "updated",
    "updatedtime",
    "revised",
    "revisiondate",
    "lastupdate",
    "lastupdated",
    "articleupdated",
];

/// The dates that the head and the marked-up data say: JSON-LD before the rest. Dates in the body
/// are read where the article is.
fn dates_of(page: &Page, declared: &Declared, order: DateOrder) -> Dates {
    // `2026-06-09-16:22:00`: sites of China's offices.
    let day_of = |at: &str| {
        let (day, time) = at.trim().split_at_checked(10)?;
        (time.starts_with('-') && time.contains(':'))
            .then(|| dates::alone_in(day, order))
            .flatten()
    };
    let read = |at: &str| {
        day_of(at)
            .or_else(|| dates::written_in(at, order))
            .or_else(|| dates::compact(at))
    };
    let mut dates = Dates {
        published: declared.published.as_deref().and_then(read),
        created: None,
        changed: declared.changed.as_deref().and_then(read),
    };
    let (mut published, mut created, mut changed) = (usize::MAX, usize::MAX, usize::MAX);
    for node in page
        .select("meta, [itemprop][datetime], [itemprop][content]")
        .nodes()
        .iter()
        .take(400)
    {
        // `<meta pubdate="pubDate" content="…">` is met, too.
        let name = ["property", "name", "itemprop", "http-equiv", "pubdate"]
            .iter()
            .find_map(|attribute| node.attr(attribute))
            .unwrap_or_default();
        let said = ["content", "datetime", "value"]
            .iter()
            .filter_map(|attribute| node.attr(attribute))
            .find(|said| !said.trim().is_empty())
            .unwrap_or_default();
        if said.len() > 60 || !said.contains(|c: char| c.is_ascii_digit()) {
            continue;
        }
        for word in name.split_whitespace().take(4) {
            let word: String = word
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_lowercase())
                .collect();
            let rank = |names: &[&str]| names.iter().position(|name| *name == word);
            for (names, best, date) in [
                (PUBLISHED, &mut published, &mut dates.published),
                (CREATED, &mut created, &mut dates.created),
                (CHANGED, &mut changed, &mut dates.changed),
            ] {
                if let Some(rank) = rank(names).filter(|rank| *rank < *best)
                    && (*best < usize::MAX || date.is_none())
                    && let Some(found) = read(&said)
                {
                    *best = rank;
                    *date = Some(found);
                }
            }
        }
    }
    dates
}

/// What the head says of when.
#[derive(Debug, Default)]
struct Dates {
    published: Option<DateFound>,
    created: Option<DateFound>,
    changed: Option<DateFound>,
}

/// The feeds that the page links to, comments last; after them the interface of `WordPress`.
fn feeds(page: &Page, address: Option<&Url>) -> Vec<Url> {
    let mut found: Vec<(bool, Url)> = page
        .select("link[rel~=alternate]")
        .nodes()
        .iter()
        .filter(|link| {
            let kind = link.attr_or("type", "").to_ascii_lowercase();
            kind.contains("rss") || kind.contains("atom") || kind.contains("feed+json")
        })
        .filter_map(|link| {
            Some((
                link.attr_or("href", "").contains("comments"),
                resolve(address, &link.attr("href")?)?,
            ))
        })
        .collect();
    found.sort_by_key(|(comments, _)| *comments);
    let rest = attribute(page, "link[rel='https://api.w.org/']", "href")
        .and_then(|href| resolve(address, &href))
        .and_then(|api| wordpress_posts(&api));
    found.into_iter().map(|(_, url)| url).chain(rest).collect()
}

/// Where the site's posts are listed: both forms of the interface's address.
fn wordpress_posts(api: &Url) -> Option<Url> {
    let mut posts = api.clone();
    if api.query().is_some() {
        let route = api
            .query_pairs()
            .find(|(name, _)| name == "rest_route")?
            .1
            .into_owned();
        posts.query_pairs_mut().clear().append_pair(
            "rest_route",
            &format!("{}/wp/v2/posts", route.trim_end_matches('/')),
        );
        return Some(posts);
    }
    posts.set_path(&format!("{}/wp/v2/posts", api.path().trim_end_matches('/')));
    Some(posts)
}

/// The tag of the page's language. `zh` alone does not say in which letters: there what else the page
/// says of it tells, and the language under which it stands among its own versions.
fn declared_language(page: &Page, address: Option<&Url>) -> String {
    let own = page
        .select("link[rel~=alternate][hreflang]")
        .nodes()
        .iter()
        .find(|link| {
            let target = link.attr("href").and_then(|href| resolve(address, &href));
            target.is_some() && target.as_ref() == address
        })
        .and_then(|link| link.attr("hreflang"))
        .map(|tag| tag.to_string());
    let tags: Vec<String> = [
        attribute(page, "html", "lang"),
        attribute(page, "html", "xml:lang"),
        attribute(page, "meta[http-equiv='content-language' i]", "content"),
        attribute(page, "meta[property='og:locale']", "content"),
        own,
    ]
    .into_iter()
    .flatten()
    .collect();
    let first = tags.first().cloned().unwrap_or_default();
    if !first.eq_ignore_ascii_case("zh") {
        return first;
    }
    let letters = tags
        .iter()
        .find(|tag| tag.to_ascii_lowercase().starts_with("zh") && tag.len() > 2);
    letters.cloned().unwrap_or(first)
}

/// What the paragraphs of a page speak that declares no language.
fn spoken_language(page: &Page) -> Option<&'static str> {
    /// More tells no more.
    const ENOUGH_BYTES: usize = 6_000;
    let mut says = String::new();
    for paragraph in page.select("p").nodes() {
        if says.len() > ENOUGH_BYTES {
            break;
        }
        says.push_str(&paragraph.text());
        says.push(' ');
    }
    language::spoken_by(&says)
}

/// Languages that one release may be in.
const MOST_LANGUAGES: usize = 12;

/// Where the page says that it stands in other languages, on the same organisation's site.
fn alternates(page: &Page, address: Option<&Url>) -> Vec<String> {
    page.select("link[rel~=alternate][hreflang]")
        .nodes()
        .iter()
        .filter(|link| link.attr_or("hreflang", "").as_ref() != "x-default")
        .filter_map(|link| resolve(address, &link.attr("href")?))
        .filter(|url| address.is_none_or(|own| same_organisation(own, url)))
        .map(String::from)
        .take(MOST_LANGUAGES)
        .collect()
}

fn attribute(page: &Page, selector: &str, name: &str) -> Option<String> {
    let value = page.select_single(selector).attr(name)?.trim().to_owned();
    (!value.is_empty()).then_some(value)
}
