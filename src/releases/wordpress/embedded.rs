//! What `WordPress` puts into a post's answer beside the post: the names of its categories, and the
//! picture that the site shows above it.
//!
//! A site may refuse any of it, and then gives an error in its place: that takes nothing else of the
//! post with it.

use gazette_templates::{
    Document,
    document::{Block, Figure},
};
use serde_json::Value;
use url::Url;

use crate::releases::reading;

/// The parameter `_embed`.
pub(super) const WANTED: &str = "wp:term,wp:featuredmedia";

/// Twice the width of a mail.
const WIDEST: u64 = 1_200;

/// What the post is filed under, by name: a slug is what a category was called once, without the
/// letters that an address cannot hold.
pub(super) fn categories(embedded: &Value) -> Vec<String> {
    every(embedded, "wp:term")
        .filter_map(Value::as_array)
        .flatten()
        .filter(|term| said(term, "taxonomy") == "category")
        .map(|term| reading::line(said(term, "name")))
        .filter(|name| !name.is_empty())
        .collect()
}

/// Puts the post's own picture above a text that has none, as the site's page does. One that
/// nothing is said of is decoration, and stays away.
pub(super) fn show_picture(document: &mut Document, embedded: &Value, base: &Url) {
    if has_picture(&document.blocks) {
        return;
    }
    if let Some(figure) = every(embedded, "wp:featuredmedia").find_map(|at| figure(at, base)) {
        document.blocks.insert(0, Block::Figure(figure));
    }
}

fn figure(media: &Value, base: &Url) -> Option<Figure> {
    if said(media, "media_type") != "image" {
        return None;
    }
    let alt = reading::line(said(media, "alt_text"));
    let caption = media
        .get("caption")
        .map(|caption| said(caption, "rendered"));
    let caption = reading::fragment(caption.unwrap_or_default(), "", "en", Some(base));
    let caption = match caption.blocks.into_iter().next() {
        Some(Block::Paragraph(words)) => Some(words),
        _ => None,
    };
    if alt.is_empty() && caption.is_none() {
        return None;
    }
    let details = media.get("media_details").unwrap_or(&Value::Null);
    let (address, sides) = match smaller(details) {
        Some(size) => (said(size, "source_url"), size),
        None => (said(media, "source_url"), details),
    };
    let side = |name: &str| {
        let pixels = sides.get(name).and_then(Value::as_u64);
        pixels.and_then(|pixels| u32::try_from(pixels).ok())
    };
    let (width, height) = (side("width"), side("height"));
    let src = reading::resolve(Some(base), address)
        .filter(|src| matches!(src.scheme(), "http" | "https"))?;
    Some(Figure {
        src,
        alt,
        caption,
        width,
        height,
        link: None,
    })
}

/// The widest of the sizes that the site keeps of a picture, up to what a mail can show.
fn smaller(details: &Value) -> Option<&Value> {
    let width = |size: &Value| size.get("width").and_then(Value::as_u64).unwrap_or(0);
    if width(details) <= WIDEST {
        return None;
    }
    let sizes = details.get("sizes")?.as_object()?.values();
    sizes
        .filter(|size| (WIDEST / 2..=WIDEST).contains(&width(size)))
        .max_by_key(|size| width(size))
}

fn has_picture(blocks: &[Block]) -> bool {
    blocks.iter().any(|block| {
        matches!(block, Block::Figure(_)) || block.inner().into_iter().any(has_picture)
    })
}

fn every<'v>(embedded: &'v Value, relation: &str) -> impl Iterator<Item = &'v Value> {
    let found = embedded.get(relation).and_then(Value::as_array);
    found.into_iter().flatten()
}

fn said<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn categories_have_their_names_in_any_script() {
        let embedded = json!({"wp:term": [
            [{"taxonomy": "category", "name": "재향 군인", "slug": "%ec%9e%ac"},
             {"taxonomy": "category", "name": "Cựu chiến binh &amp; gia đình"}],
            {"code": "rest_forbidden", "message": "Sorry"},
            [{"taxonomy": "post_tag", "name": "water"}, {"code": "rest_term_invalid"}],
        ]});
        let names = ["재향 군인", "Cựu chiến binh & gia đình"];
        assert_eq!(categories(&embedded), names);
        for nothing in [json!(null), json!([]), json!({"wp:term": {}}), json!("x")] {
            assert!(categories(&nothing).is_empty(), "{nothing}");
        }
    }

    fn shown(content: &str, media: &Value) -> Vec<Block> {
        let base = "https://o.example/2024/bridge/".parse().unwrap();
        let mut document = reading::fragment(content, "A bridge opens", "en", Some(&base));
        show_picture(&mut document, &json!({"wp:featuredmedia": [media]}), &base);
        document.blocks
    }

    #[test]
    fn e6_a_post_without_a_picture_has_the_one_that_its_page_shows() {
        let media = json!({
            "media_type": "image", "alt_text": "Jane Doe &amp; the mayor cut a ribbon",
            "caption": {"rendered": "<p>Photo: <em>R. Roe</em></p>\n"},
            "source_url": "http://o.example/ribbon.jpg",
            "media_details": {"width": 4000, "height": 3000, "sizes": {
                "large": {"width": 1024, "height": 768, "source_url": "http://o.example/ribbon-1024.jpg"},
                "thumbnail": {"width": 150, "height": 150, "source_url": "http://o.example/ribbon-150.jpg"}}},
        });
        let blocks = shown("<p>The bridge is open.</p>", &media);
        let [Block::Figure(figure), Block::Paragraph(_)] = blocks.as_slice() else {
            panic!("{blocks:?}")
        };
        assert_eq!(figure.src.as_str(), "https://o.example/ribbon-1024.jpg");
        assert_eq!(figure.alt, "Jane Doe & the mayor cut a ribbon");
        assert_eq!((figure.width, figure.height), (Some(1024), Some(768)));
        assert!(figure.caption.is_some());

        let own =
            "<p>The bridge is open.</p><blockquote><img src=/other.jpg alt=Bridge></blockquote>";
        assert_eq!(shown(own, &media).len(), 2, "it has a picture");
    }

    #[test]
    fn a_featured_picture_that_is_none_or_says_nothing_stays_away() {
        for media in [
            json!({"media_type": "image", "alt_text": "", "source_url": "https://o.example/a.jpg"}),
            json!({"media_type": "file", "alt_text": "Letter", "source_url": "https://o.example/a.pdf"}),
            json!({"media_type": "image", "alt_text": "A bridge", "source_url": "data:image/png,x"}),
            json!({"media_type": "image", "alt_text": "A bridge"}),
            json!({"code": "rest_forbidden", "message": "Sorry", "data": {"status": 401}}),
        ] {
            assert_eq!(shown("<p>Open.</p>", &media).len(), 1, "{media}");
        }
    }
}
