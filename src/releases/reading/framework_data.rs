//! The article in the data of a page's framework (Next.js, Nuxt, Gatsby and their like), on pages that
//! leave it to a script to show it: markup in a string, or paragraphs as content systems store them.

use dom_query::Document as Page;
use serde_json::{Map, Value};

use super::{
    lines::{line, title_key},
    structured::Declared,
};

/// Data beyond this many letters is that of a whole site.
const LONGEST: usize = 2 << 20;

/// Values that are looked at, and how deep.
const MOST: usize = 50_000;
const DEEPEST: usize = 60;

/// Letters of the shortest text that is taken for an article.
const SHORTEST: usize = 160;

/// What stands in the data and could be the article.
#[derive(Debug, Default)]
struct Search {
    title: String,
    seen: usize,
    /// With their titles, as they are compared.
    found: Vec<(String, Declared)>,
}

/// The article called `title` in the page's data; of one without a title only where no other is there.
pub(super) fn article(page: &Page, title: &str) -> Option<Declared> {
    let mut search = Search {
        title: title_key(title),
        ..Search::default()
    };
    for script in page
        .select("script[type='application/json']")
        .nodes()
        .iter()
        .take(10)
    {
        let text = script.text();
        if text.len() <= LONGEST
            && let Ok(value) = serde_json::from_str::<Value>(&text)
        {
            search.look(&value, 0);
        }
    }
    let Search { title, found, .. } = search;
    let is_own = |own: &str| !own.is_empty() && (own == title || title.starts_with(own));
    let at = match found.as_slice() {
        [_] => Some(0),
        _ => found.iter().position(|(own, _)| is_own(own)),
    }?;
    found.into_iter().nth(at).map(|(_, declared)| declared)
}

impl Search {
    fn look(&mut self, value: &Value, depth: usize) {
        self.seen += 1;
        if depth > DEEPEST || self.seen > MOST {
            return;
        }
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.look(value, depth + 1)),
            Value::Object(object) if !self.take(object) => {
                object
                    .values()
                    .for_each(|value| self.look(value, depth + 1));
            }
            _ => {}
        }
    }

    /// Takes the object's text, where one of its values is a text.
    fn take(&mut self, object: &Map<String, Value>) -> bool {
        let says = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| object.get(*name)?.as_str())
                .map(str::to_owned)
        };
        let title = says(&["title", "headline", "name", "heading"]);
        let body = object
            .values()
            .filter_map(text_of)
            .max_by_key(String::len)
            .filter(|body| body.chars().count() >= SHORTEST);
        let (Some(body), Some(title)) = (body, title) else {
            return false;
        };
        let published = says(&[
            "publishedAt",
            "datePublished",
            "published_at",
            "publishDate",
            "publicationDate",
            "publishedDate",
            "published",
            "date",
            "first_publication_date",
            "createdAt",
        ]);
        self.found.push((
            title_key(&title),
            Declared {
                headline: Some(line(&title)),
                published,
                changed: None,
                body: Some(body),
            },
        ));
        true
    }
}

/// The text of a value: markup with paragraphs, or a list of blocks with words in them. A bare string
/// may be anything.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains("</p>").then(|| text.clone()),
        Value::Object(object) => {
            let inner = [
                "html", "rendered", "value", "content", "json", "document", "children",
            ]
            .iter()
            .find_map(|name| object.get(*name))?;
            text_of(inner)
        }
        Value::Array(blocks) => {
            let paragraphs: Vec<String> = blocks
                .iter()
                .take(2_000)
                .filter_map(Value::as_object)
                .filter(|block| is_block(block))
                .map(|block| words_of(&Value::Object(block.clone()), 0))
                .map(|words| line(&words))
                .filter(|words| !words.is_empty())
                .collect();
            (!paragraphs.is_empty()).then(|| paragraphs.join("\n"))
        }
        _ => None,
    }
}

/// A paragraph of Portable Text, Contentful, Slate or Lexical: it has a kind, and parts.
fn is_block(block: &Map<String, Value>) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| block.contains_key(*name));
    has(&["_type", "nodeType", "type"]) && has(&["children", "content", "text", "spans"])
}

fn words_of(value: &Value, depth: usize) -> String {
    if depth > 12 {
        return String::new();
    }
    let inner = |name: &str| value.get(name).filter(|inner| !inner.is_null());
    for name in ["text", "value"] {
        if let Some(text) = inner(name).and_then(Value::as_str) {
            return text.to_owned();
        }
    }
    ["children", "content"]
        .iter()
        .find_map(|name| inner(name)?.as_array())
        .map(|parts| {
            parts
                .iter()
                .map(|part| words_of(part, depth + 1))
                .collect::<Vec<_>>()
                .concat()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "The board approved a bus line to the airport, which is to run every twenty minutes from five in the morning until midnight, on all days of the week and on holidays, too.";

    fn found(data: &serde_json::Value, title: &str) -> Option<String> {
        let page = format!("<script type='application/json'>{data}</script>");
        article(&Page::from(page), title)?.body
    }

    #[test]
    fn the_text_is_found_however_the_content_system_stores_it() {
        let portable = serde_json::json!({"a": [{"title": "Bus", "body": [{"_type": "block", "children": [{"text": LONG}]}]}]});
        let contentful = serde_json::json!({"title": "Bus", "text": {"json": {"nodeType": "document", "content": [{"nodeType": "paragraph", "content": [{"nodeType": "text", "value": LONG}]}]}}});
        let markup = serde_json::json!({"props": {"post": {"title": "Bus", "content": {"rendered": format!("<p>{LONG}</p>")}}}});
        for data in [portable, contentful] {
            assert_eq!(found(&data, "Bus").as_deref(), Some(LONG), "{data}");
        }
        assert!(found(&markup, "Bus").unwrap().contains(LONG));
    }

    #[test]
    fn of_several_texts_the_one_of_this_page_is_taken_or_none() {
        let one = |title: &str, text: &str| serde_json::json!({"title": title, "html": format!("<p>{text} {LONG}</p>")});
        let both = serde_json::json!([one("Bus", "First."), one("Train", "Second.")]);
        assert!(found(&both, "Train").unwrap().contains("Second."));
        assert_eq!(found(&both, "Ferry"), None);
        assert_eq!(
            found(
                &serde_json::json!({"title": "Bus", "cookie": "A sentence."}),
                "Bus"
            ),
            None
        );
    }
}
