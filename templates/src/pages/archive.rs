//! The archive: what was mailed, on the web, and as an Atom feed (RFC 4287).

use jiff::civil::Date;
use maud::{Markup, PreEscaped, html};
use serde_json::json;
use url::Url;

use super::words::Words;
use crate::{
    document::{Block, Document, html as document_html},
    reader_language::{own_name, reader_language},
};

/// The list's content, below the page's own frame.
#[derive(Debug)]
pub struct ArchivePage<'a> {
    /// The newest first.
    pub entries: Vec<ArchiveEntry<'a>>,
    /// Address of the page with the next older ones.
    pub older: Option<String>,
    /// What was looked for.
    pub search: ArchiveSearch<'a>,
}

/// What a reader looks for.
#[derive(Debug)]
pub struct ArchiveSearch<'a> {
    /// As typed.
    pub words: &'a str,
    /// The short name and the name of each topic.
    pub topics: &'a [(&'a str, &'a str)],
    /// The short name of the one chosen; empty: all.
    pub topic: &'a str,
    /// The first day of each month that has newsletters, the newest first.
    pub months: &'a [Date],
    /// The one chosen; none: all.
    pub month: Option<Date>,
}

impl ArchiveSearch<'_> {
    fn narrows(&self) -> bool {
        !self.words.trim().is_empty() || !self.topic.is_empty() || self.month.is_some()
    }
}

/// One line of the list.
#[derive(Debug)]
pub struct ArchiveEntry<'a> {
    /// What it was called.
    pub subject: &'a str,
    /// The language that it is in.
    pub language: &'a str,
    /// Its topic.
    pub topic: &'a str,
    /// When it was published, in the office's zone.
    pub date: Date,
    /// Its own page.
    pub url: String,
}

/// One newsletter's page.
#[derive(Debug)]
pub struct IssuePage<'a> {
    /// What it was called.
    pub subject: &'a str,
    /// Whose it is.
    pub office: &'a str,
    /// Its topic.
    pub topic: &'a str,
    /// When it was published, in the office's zone.
    pub date: Date,
    /// The same instant as RFC 3339 has it.
    pub published: &'a str,
    /// What it says.
    pub document: &'a Document,
    /// A word of the office above it, a paragraph on each line.
    pub intro: Option<&'a str>,
    /// Where the office's logo stands, for what is shown of a shared link.
    pub logo_url: Option<&'a str>,
    /// The office's own site.
    pub site_url: Option<&'a str>,
    /// The release on the office's own site.
    pub release_url: Option<&'a str>,
    /// This page.
    pub url: &'a str,
    /// The same newsletter in other languages.
    pub versions: &'a [IssueVersion],
}

/// A newsletter in another language.
#[derive(Debug)]
pub struct IssueVersion {
    /// BCP 47.
    pub language: String,
    /// Its page.
    pub url: String,
}

impl IssueVersion {
    /// What the language calls itself.
    fn name(&self) -> &str {
        let name = reader_language(&self.language).map(own_name);
        name.filter(|name| !name.is_empty())
            .unwrap_or(&self.language)
    }
}

/// The list.
#[must_use]
pub fn list(words: &Words, page: &ArchivePage<'_>) -> Markup {
    html! {
        h1 { (words.archive) }
        @if !page.entries.is_empty() || page.search.narrows() { (search(words, &page.search)) }
        @if page.entries.is_empty() {
            p role="status" { @if page.search.narrows() { (words.nothing_found) } @else { (words.nothing_yet) } }
        }
        @for month in page.entries.chunk_by(|one, next| one.date.first_of_month() == next.date.first_of_month()) {
            @if let Some(first) = month.first() { h2 { (words.month_of(first.date)) } }
            ul class="archive" {
                @for entry in month {
                    li {
                        a href=(entry.url) lang=(entry.language) { (entry.subject) }
                        " "
                        span class="muted" {
                            bdi { (entry.topic) } " · " time datetime=(entry.date) { (words.date(entry.date)) }
                        }
                    }
                }
            }
        }
        nav aria-label=(words.archive) {
            @if let Some(older) = &page.older {
                p { a href=(older) rel="next" { (words.older) } }
            }
            p { a href=(words.link("/")) { (words.get_by_email) } " · " a href="/archive/feed.xml" type="application/atom+xml" { (words.feed) } }
        }
    }
}

fn search(words: &Words, search: &ArchiveSearch<'_>) -> Markup {
    html! {
        form method="get" action="/archive" role="search" class="search" {
            input type="hidden" name="lang" value=(words.tag);
            div class="field" {
                label for="q" { (words.search_archive) }
                input type="search" id="q" name="q" value=(search.words) maxlength="200" autocomplete="off";
            }
            @if search.topics.len() > 1 {
                div class="field" {
                    label for="topic" { (words.topic_choice) }
                    select id="topic" name="topic" {
                        option value="" { (words.all_topics) }
                        @for (slug, name) in search.topics {
                            option value=(slug) selected[*slug == search.topic] { (name) }
                        }
                    }
                }
            }
            @if !search.months.is_empty() {
                div class="field" {
                    label for="month" { (words.month_choice) }
                    select id="month" name="month" {
                        option value="" { (words.all_months) }
                        @for month in search.months {
                            @let chosen = search.month.is_some_and(|chosen| chosen.first_of_month() == *month);
                            option value=(month.strftime("%Y-%m")) selected[chosen] { (words.month_of(*month)) }
                        }
                    }
                }
            }
            button class="quiet" { (words.search_button) }
        }
    }
}

/// How feed readers find the feed.
#[must_use]
pub fn list_head(words: &Words) -> Markup {
    let title = words.archive;
    html! {
        link rel="alternate" type="application/atom+xml" href="/archive/feed.xml" title=(title);
    }
}

/// One newsletter, which is in its own language.
#[must_use]
pub fn issue(words: &Words, page: &IssuePage<'_>) -> Markup {
    html! {
        article lang=(page.document.language) dir=(page.document.direction.as_str()) {
            p class="muted" lang=(words.tag) dir=(words.direction().as_str()) {
                (page.topic) " · " time datetime=(page.date) { (words.date(page.date)) }
            }
            h1 { (page.document.headline().unwrap_or_else(|| page.subject.to_owned())) }
            @for version in page.versions {
                p { a href=(version.url) hreflang=(version.language) lang=(version.language) { (version.name()) } }
            }
            (intro_of(page.intro))
            (document_html::web_below_headline(page.document))
        }
        nav aria-label=(words.archive) {
            @if let Some(url) = page.release_url {
                p { a href=(url) { (words.read_at_source) } }
            }
            p { a href=(words.link("/archive")) { (words.archive) } " · " a href=(words.link("/")) { (words.get_by_email) } }
        }
    }
}

/// What a newsletter's page says about itself to search engines and to those who share it: the
/// release on the office's own site is the original.
#[must_use]
pub fn issue_head(words: &Words, page: &IssuePage<'_>) -> Markup {
    let description = crate::email::preview(page.subject, page.document);
    let picture = first_picture(&page.document.blocks).map(Url::as_str);
    let picture = picture.or(page.logo_url);
    html! {
        link rel="canonical" href=(page.release_url.unwrap_or(page.url));
        @for version in page.versions {
            link rel="alternate" hreflang=(version.language) href=(version.url);
        }
        (list_head(words))
        meta property="og:type" content="article";
        meta property="og:title" content=(page.subject);
        meta property="og:url" content=(page.url);
        meta property="og:site_name" content=(page.office);
        meta property="og:locale" content=(page.document.language.replace('-', "_"));
        meta property="article:published_time" content=(page.published);
        meta property="article:section" content=(page.topic);
        @if let Some(description) = &description {
            meta property="og:description" content=(description);
            meta name="description" content=(description);
        }
        @if let Some(picture) = picture {
            meta property="og:image" content=(picture);
        }
        // Data, not a script: nothing runs, so the policy that forbids scripts has nothing to say.
        script type="application/ld+json" { (PreEscaped(article(page, description.as_deref(), picture))) }
    }
}

/// The same as schema.org has it.
fn article(page: &IssuePage<'_>, description: Option<&str>, picture: Option<&str>) -> String {
    let mut office = json!({ "@type": "GovernmentOrganization", "name": page.office });
    if let Some(url) = page.site_url {
        office["url"] = url.into();
    }
    if let Some(logo) = page.logo_url {
        office["logo"] = json!({ "@type": "ImageObject", "url": logo });
    }
    let mut article = json!({
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": page.subject,
        "datePublished": page.published,
        "inLanguage": page.document.language,
        "articleSection": page.topic,
        "url": page.url,
        "mainEntityOfPage": page.release_url.unwrap_or(page.url),
        "author": office,
        "publisher": office,
    });
    if let Some(description) = description {
        article["description"] = description.into();
    }
    if let Some(picture) = picture {
        article["image"] = picture.into();
    }
    // Whatever a release says, it cannot end the element that it stands in.
    let escaped = [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")];
    escaped
        .into_iter()
        .fold(article.to_string(), |json, (c, code)| json.replace(c, code))
}

fn first_picture(blocks: &[Block]) -> Option<&Url> {
    blocks.iter().find_map(|block| match block {
        Block::Figure(figure) => Some(&figure.src),
        Block::Quote(blocks) => first_picture(blocks),
        _ => None,
    })
}

/// One newsletter in the feed.
#[derive(Debug)]
pub struct FeedEntry<'a> {
    /// Its own page: also its identity, so it must never change.
    pub url: String,
    /// What it was called.
    pub subject: &'a str,
    /// Its topic.
    pub topic: &'a str,
    /// RFC 3339.
    pub published: String,
    /// What it says.
    pub document: &'a Document,
    /// A word of the office above it, a paragraph on each line.
    pub intro: Option<&'a str>,
}

/// The feed of the archive. `base` is the public URL; `updated` the newest entry's time, RFC 3339.
#[must_use]
pub fn feed(base: &str, office: &str, updated: &str, entries: &[FeedEntry<'_>]) -> String {
    let (base, office) = (xml(base), xml(office));
    let mut feed = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <id>{base}/archive/feed.xml</id>\n<title>{office}</title>\n<updated>{updated}</updated>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{base}/archive/feed.xml\"/>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{base}/archive\"/>\n\
         <author><name>{office}</name></author>\n"
    );
    feed.extend(entries.iter().map(feed_entry));
    feed.push_str("</feed>\n");
    feed
}

fn feed_entry(entry: &FeedEntry<'_>) -> String {
    format!(
        "<entry>\n<id>{url}</id>\n<title>{title}</title>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"{url}\"/>\n\
         <published>{published}</published>\n<updated>{published}</updated>\n\
         <category term=\"{topic}\"/>\n\
         <content type=\"html\" xml:lang=\"{language}\">{content}</content>\n</entry>\n",
        url = xml(&entry.url),
        title = xml(entry.subject),
        published = entry.published,
        topic = xml(entry.topic),
        language = xml(&entry.document.language),
        content = xml(&feed_content(entry).0),
    )
}

fn feed_content(entry: &FeedEntry<'_>) -> Markup {
    html! { (intro_of(entry.intro)) (document_html::web(entry.document)) }
}

/// The office's own words above a release.
fn intro_of(intro: Option<&str>) -> Markup {
    html! { @for line in intro.into_iter().flat_map(str::lines) { p { em { (line) } } } }
}

/// Text within XML 1.0, which allows no control characters but these three, and neither U+FFFE nor
/// U+FFFF.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
