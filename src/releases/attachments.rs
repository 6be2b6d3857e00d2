//! What a feed's item has beside its text: enclosures, `media:content`, a JSON Feed's attachments.
//! A letter as PDF, a film or a recording becomes a link with its name and size; a picture is shown
//! where the text has none, as the site's page does.

use feed_rs::model::{Entry, MediaContent, MediaObject};
use gazette_templates::{
    Document,
    document::{Block, Figure, Inline},
};
use serde_json::Value;
use url::Url;

use super::reading;

/// More than this is a feed's whole library.
const MOST: usize = 8;
/// Of more than this nobody looks which are the same.
const LISTED: usize = 200;

/// One thing that an item brings along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attachment {
    url: Url,
    kind: Kind,
    /// What the source calls it.
    title: String,
    size_bytes: Option<u64>,
    width: Option<u32>,
    height: Option<u32>,
    poster: Option<Url>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Picture,
    Audio,
    Video,
    Document,
}

/// What a feed's entry has beside its text. Addresses are relative to `base`.
/// `twin` is the entry as it reads without its `media:` elements, where it has such.
pub(super) fn of_entry(entry: &Entry, twin: Option<&Entry>, base: &Url) -> Vec<Attachment> {
    let mut found: Vec<Attachment> = Vec::new();
    for media in entry
        .media
        .iter()
        .chain(twin.into_iter().flat_map(|twin| &twin.media))
    {
        found.extend(of_media(media, base));
    }
    for link in &entry.links {
        if link.rel.as_deref() == Some("enclosure") {
            found.extend(attachment(
                base,
                &link.href,
                link.media_type.as_deref(),
                link.title.as_deref().unwrap_or_default(),
                link.length,
            ));
        }
    }
    settled(found)
}

fn of_media(media: &MediaObject, base: &Url) -> Vec<Attachment> {
    let said = |text: &Option<feed_rs::model::Text>| {
        text.as_ref().map(|text| reading::line(&text.content))
    };
    let title = said(&media.title)
        .or_else(|| said(&media.description))
        .unwrap_or_default();
    let thumbnail = media
        .thumbnails
        .iter()
        .find_map(|thumbnail| web(base, &thumbnail.image.uri));
    let one = |content: &MediaContent| {
        let kind = content.content_type.as_ref().map(ToString::to_string);
        let found = attachment(
            base,
            content.url.as_ref()?.as_str(),
            kind.as_deref(),
            &title,
            content.size,
        )?;
        let poster = thumbnail.clone().filter(|_| found.kind == Kind::Video);
        Some(Attachment {
            width: content.width,
            height: content.height,
            poster,
            ..found
        })
    };
    let mut found: Vec<Attachment> = media.content.iter().filter_map(one).collect();
    // A thumbnail alone stands for the item.
    if found.is_empty()
        && let Some(url) = thumbnail
    {
        found.extend(attachment(
            base,
            url.as_str(),
            Some("image/*"),
            &title,
            None,
        ));
    }
    found
}

/// What an item of a JSON Feed has beside its text.
pub(super) fn of_json(item: &Value, base: &Url) -> Vec<Attachment> {
    let said = |object: &Value, name: &str| {
        object
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let listed = item.get("attachments").and_then(Value::as_array);
    let found = listed.into_iter().flatten().filter_map(|part| {
        attachment(
            base,
            &said(part, "url"),
            Some(&said(part, "mime_type")),
            &reading::line(&said(part, "title")),
            part.get("size_in_bytes").and_then(Value::as_u64),
        )
    });
    settled(found.collect())
}

fn attachment(
    base: &Url,
    address: &str,
    media_type: Option<&str>,
    title: &str,
    size_bytes: Option<u64>,
) -> Option<Attachment> {
    let url = web(base, address)?;
    let kind = kind(media_type.unwrap_or_default(), &ending(&url))?;
    Some(Attachment {
        url,
        kind,
        title: title.to_owned(),
        // Feeds that do not know it say 0 or 1.
        size_bytes: size_bytes.filter(|size| *size > 1),
        width: None,
        height: None,
        poster: None,
    })
}

fn web(base: &Url, address: &str) -> Option<Url> {
    reading::resolve(Some(base), address).filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// By its media type, else by how its address ends. A web page is none.
fn kind(media_type: &str, ending: &str) -> Option<Kind> {
    let media_type = media_type.trim().to_ascii_lowercase();
    let by_type = match media_type.split('/').next().unwrap_or_default() {
        "image" => Some(Kind::Picture),
        "audio" => Some(Kind::Audio),
        "video" => Some(Kind::Video),
        "application" if !media_type.ends_with("html+xml") => Some(Kind::Document),
        _ => None,
    };
    let by_ending = || match ending {
        "jpg" | "jpeg" | "png" | "gif" | "webp" | "avif" => Some(Kind::Picture),
        "mp3" | "m4a" | "ogg" | "oga" | "wav" => Some(Kind::Audio),
        "mp4" | "m4v" | "mov" | "webm" => Some(Kind::Video),
        "pdf" | "doc" | "docx" | "xls" | "xlsx" | "csv" | "ppt" | "pptx" | "rtf" | "odt"
        | "zip" => Some(Kind::Document),
        _ => None,
    };
    match by_type {
        // What a server that knows nothing better calls everything.
        Some(Kind::Document) if media_type == "application/octet-stream" => by_ending(),
        Some(kind) => Some(kind),
        None => by_ending(),
    }
}

fn ending(url: &Url) -> String {
    let name = url.path().rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((_, ending)) if ending.len() <= 4 => ending.to_ascii_lowercase(),
        _ => String::new(),
    }
}

/// Each address once: feeds list one picture as thumbnail, content and enclosure. The one that has a
/// name is the one that counts.
fn settled(found: Vec<Attachment>) -> Vec<Attachment> {
    let mut kept: Vec<Attachment> = Vec::new();
    for attachment in found.into_iter().take(LISTED) {
        match kept.iter_mut().find(|other| other.url == attachment.url) {
            Some(other) => {
                if other.title.is_empty() {
                    other.title = attachment.title;
                }
                other.size_bytes = other.size_bytes.or(attachment.size_bytes);
            }
            None => kept.push(attachment),
        }
    }
    kept.truncate(MOST);
    kept
}

/// Puts into the document what it does not have yet.
pub(super) fn add(document: &mut Document, attachments: &[Attachment]) {
    let mut known = Vec::new();
    addresses(&document.blocks, &mut known);
    let mut new: Vec<Block> = Vec::new();
    for attachment in attachments {
        if known.iter().any(|url| is_same(url, &attachment.url)) {
            continue;
        }
        if attachment.kind == Kind::Picture {
            let has_picture = document.blocks.iter().any(is_picture);
            // One that nothing is said of is decoration, and stays away.
            if !has_picture && !attachment.title.is_empty() {
                document.blocks.insert(0, picture(attachment));
            }
        } else {
            new.push(Block::Embed {
                title: name(attachment),
                url: attachment.url.clone(),
                poster: attachment.poster.clone(),
            });
        }
    }
    // The end stays the end.
    let at = match document.blocks.last() {
        Some(Block::EndMark(_)) => document.blocks.len() - 1,
        _ => document.blocks.len(),
    };
    document.blocks.splice(at..at, new);
}

fn picture(attachment: &Attachment) -> Block {
    Block::Figure(Figure {
        src: attachment.url.clone(),
        alt: attachment.title.clone(),
        caption: None,
        width: attachment.width,
        height: attachment.height,
        link: None,
    })
}

fn is_picture(block: &Block) -> bool {
    matches!(block, Block::Figure(_)) || block.inner().into_iter().flatten().any(is_picture)
}

/// `letter.pdf (PDF, 1.2 MB)`.
fn name(attachment: &Attachment) -> String {
    let file = attachment.url.path().rsplit('/').next().unwrap_or_default();
    let file = percent_encoding::percent_decode_str(file)
        .decode_utf8_lossy()
        .into_owned();
    let name = match attachment.title.as_str() {
        "" => reading::line(&file.replace('<', "&lt;")),
        title => title.to_owned(),
    };
    let mut about: Vec<String> = Vec::new();
    let ending = ending(&attachment.url);
    if !ending.is_empty() {
        about.push(ending.to_ascii_uppercase());
    }
    about.extend(attachment.size_bytes.map(size));
    if about.is_empty() {
        return name;
    }
    format!("{name} ({})", about.join(", ")).trim().to_owned()
}

/// As people say sizes of files.
fn size(bytes: u64) -> String {
    const KB: u64 = 1_000;
    const MB: u64 = 1_000 * KB;
    match bytes {
        0..KB => format!("{bytes} bytes"),
        KB..MB => format!("{} KB", (bytes + KB / 2) / KB),
        _ => {
            let tenths = (bytes + MB / 20) / (MB / 10);
            format!("{}.{} MB", tenths / 10, tenths % 10)
        }
    }
}

/// The same file by another scheme or with another fragment is the same file.
fn is_same(one: &Url, other: &Url) -> bool {
    (one.host(), one.path(), one.query()) == (other.host(), other.path(), other.query())
}

fn addresses(blocks: &[Block], known: &mut Vec<Url>) {
    fn of_run(text: &[Inline], known: &mut Vec<Url>) {
        for inline in text {
            if let Inline::Link { href, .. } = inline {
                known.push(href.clone());
            }
            of_run(inline.inner(), known);
        }
    }
    for block in blocks {
        match block {
            Block::Figure(figure) => {
                known.push(figure.src.clone());
                known.extend(figure.link.clone());
            }
            Block::Embed { url, .. } => known.push(url.clone()),
            _ => {}
        }
        block.runs().into_iter().for_each(|run| of_run(run, known));
        block
            .inner()
            .into_iter()
            .for_each(|inner| addresses(inner, known));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::{feeds, json_feed, reading::dates::Calendar};

    fn rss(parts: &str, text: &str) -> Vec<Block> {
        let address = "https://o.example/feed/".parse().unwrap();
        let feed = format!(
            "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
             xmlns:media=\"http://search.yahoo.com/mrss/\"><channel><title>O</title><item><title>A bridge opens</title>\
             <link>https://o.example/bridge</link>{parts}<content:encoded><![CDATA[{text}]]></content:encoded></item></channel></rss>"
        );
        let listing = feeds::read(&feed, &address, &Calendar::utc()).unwrap();
        listing.items[0].document.clone().unwrap().blocks
    }

    const TEXT: &str = "<p>The bridge is open to everyone again.</p><p>###</p>";

    #[test]
    fn a_letter_is_linked_with_its_name_and_size_and_a_named_picture_is_shown() {
        let blocks = rss(
            "<media:thumbnail url=\"https://o.example/p.png\"/>\
             <media:content url=\"https://o.example/p.png\" medium=\"image\"><media:title>The bridge on Monday</media:title></media:content>\
             <enclosure url=\"https://o.example/files/the%20letter.pdf\" length=\"1234567\" type=\"application/pdf\"/>",
            TEXT,
        );
        let [
            Block::Figure(figure),
            Block::Paragraph(_),
            Block::Embed { title, url, .. },
            Block::EndMark(_),
        ] = blocks.as_slice()
        else {
            panic!("{blocks:?}")
        };
        assert_eq!(figure.src.as_str(), "https://o.example/p.png");
        assert_eq!(figure.alt, "The bridge on Monday");
        assert_eq!(title, "the letter.pdf (PDF, 1.2 MB)");
        assert_eq!(url.as_str(), "https://o.example/files/the%20letter.pdf");
    }

    #[test]
    fn what_the_text_shows_already_comes_no_second_time() {
        let text = "<p>Read <a href=\"http://o.example/letter.pdf\">the letter</a>.</p><p><img src=\"/other.png\" alt=\"A ford\"></p>";
        let blocks = rss(
            "<enclosure url=\"https://o.example/letter.pdf\" length=\"0\" type=\"application/pdf\"/>\
             <media:content url=\"https://o.example/p.png\" type=\"image/png\"><media:title>The bridge</media:title></media:content>",
            text,
        );
        assert_eq!(blocks.len(), 2, "{blocks:?}");
    }

    #[test]
    fn films_and_recordings_are_links_and_a_picture_without_words_stays_away() {
        let blocks = rss(
            "<media:content url=\"https://o.example/v.mp4\" type=\"video/mp4\"><media:title>The speech</media:title>\
             <media:thumbnail url=\"https://o.example/v.jpg\"/></media:content>\
             <enclosure url=\"https://o.example/radio.mp3\" length=\"900\" type=\"audio/mpeg\"/>\
             <media:thumbnail url=\"https://o.example/decoration.png\"/>",
            TEXT,
        );
        let embeds: Vec<(&str, bool)> = blocks
            .iter()
            .filter_map(|block| match block {
                Block::Embed { title, poster, .. } => Some((title.as_str(), poster.is_some())),
                _ => None,
            })
            .collect();
        assert!(embeds.contains(&("The speech (MP4)", true)), "{blocks:?}");
        assert!(
            embeds.contains(&("radio.mp3 (MP3, 900 bytes)", false)),
            "{blocks:?}"
        );
        assert!(!blocks.iter().any(is_picture), "{blocks:?}");
    }

    #[test]
    fn a_json_feeds_attachments_are_linked_too() {
        let address = "https://o.example/feed.json".parse().unwrap();
        let feed = r#"{"version":"https://jsonfeed.org/version/1.1","title":"O","items":[{"id":"1","url":"https://o.example/1","title":"T",
            "content_html":"<p>Open again.</p>","attachments":[{"url":"/l.pdf","mime_type":"application/pdf","title":"The letter","size_in_bytes":52000},{"mime_type":"x"}]}]}"#;
        let listing = json_feed::read(feed, &address, &Calendar::utc()).unwrap();
        let blocks = &listing.items[0].document.as_ref().unwrap().blocks;
        let [Block::Paragraph(_), Block::Embed { title, url, .. }] = blocks.as_slice() else {
            panic!("{blocks:?}")
        };
        assert_eq!(
            (title.as_str(), url.as_str()),
            ("The letter (PDF, 52 KB)", "https://o.example/l.pdf")
        );
    }
}
