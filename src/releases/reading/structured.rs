//! What a page says about its article in JSON-LD (schema.org): headline, date, the words themselves.

use dom_query::Document as Page;
use serde_json::Value;

use super::lines::line;

/// The article that a page declares for machines.
#[derive(Debug, Default, Clone)]
pub(super) struct Declared {
    pub headline: Option<String>,
    pub published: Option<String>,
    /// When it was changed last.
    pub changed: Option<String>,
    /// The words of the article, sometimes with markup.
    pub body: Option<String>,
}

/// Data beyond this many letters is no description of an article.
const LONGEST: usize = 1 << 20;

/// How deep lists and graphs are followed.
const DEEPEST: usize = 6;

/// The article that the page's JSON-LD describes; of several, the one that says most.
pub(super) fn article(page: &Page) -> Declared {
    let mut best = Declared::default();
    for script in page
        .select("script[type*='ld+json']")
        .nodes()
        .iter()
        .take(20)
    {
        let text = script.text();
        if text.len() > LONGEST {
            continue;
        }
        let text = text.trim().trim_end_matches(';');
        let value = serde_json::from_str::<Value>(text)
            // Line ends inside strings are the mistake that is met most.
            .or_else(|_| serde_json::from_str(&text.replace(['\n', '\r', '\t'], " ")));
        if let Ok(value) = value {
            gather(&value, &mut best, 0);
        }
    }
    best
}

fn gather(value: &Value, best: &mut Declared, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(values) => {
            for value in values.iter().take(60) {
                gather(value, best, depth + 1);
            }
        }
        Value::Object(object) => {
            // Some leave out what it is, and say when it was published.
            let kind = object.get("@type");
            if kind.is_some_and(is_article)
                || kind.is_none() && depth == 0 && object.contains_key("datePublished")
            {
                let found = Declared {
                    headline: said(value, "headline").or_else(|| said(value, "name")),
                    published: said(value, "datePublished").or_else(|| said(value, "dateCreated")),
                    changed: said(value, "dateModified"),
                    body: said(value, "articleBody").filter(|body| body.chars().count() >= 120),
                };
                let says = |one: &Declared| {
                    usize::from(one.headline.is_some())
                        + usize::from(one.published.is_some())
                        + 2 * usize::from(one.body.is_some())
                };
                if says(&found) > says(best) {
                    let changed = best.changed.take();
                    *best = found;
                    best.changed = best.changed.take().or(changed);
                } else if best.changed.is_none() {
                    best.changed = found.changed;
                }
            }
            for key in ["@graph", "mainEntity", "mainEntityOfPage", "hasPart"] {
                if let Some(inner) = object.get(key) {
                    gather(inner, best, depth + 1);
                }
            }
        }
        _ => {}
    }
}

fn is_article(kind: &Value) -> bool {
    let is_one = |kind: &str| {
        let kind = kind.rsplit(['/', ':']).next().unwrap_or(kind);
        kind.ends_with("Article")
            || kind.ends_with("Posting")
            || kind.ends_with("PressRelease")
            || matches!(kind, "Report" | "WebPage" | "SpecialAnnouncement")
    };
    match kind {
        Value::String(kind) => is_one(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(is_one),
        _ => false,
    }
}

fn said(value: &Value, key: &str) -> Option<String> {
    let said = value.get(key)?.as_str()?.trim();
    if said.is_empty() {
        return None;
    }
    Some(if key == "articleBody" {
        said.to_owned()
    } else {
        line(said)
    })
}
