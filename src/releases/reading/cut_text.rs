//! Whether a list's text of an item breaks off: it ends in `…`, `[…]` or `Read more`. Then its page has the rest.

use super::lines::line;

/// What such a text ends with, in small letters.
const ENDS: &[&str] = &[
    "…",
    "...",
    "[…]",
    "[...]",
    "(…)",
    "(...)",
    "read more",
    "read the rest",
    "continue reading",
    "see more",
    "weiterlesen",
    "mehr lesen",
    "leer más",
    "seguir leyendo",
    "lire la suite",
    "en savoir plus",
    "leggi tutto",
    "continua a leggere",
    "leia mais",
    "continue lendo",
    "lees meer",
    "lees verder",
    "더보기",
    "더 보기",
    "阅读全文",
    "閱讀全文",
    "继续阅读",
    "繼續閱讀",
    "đọc tiếp",
    "xem thêm",
];

/// Whether the markup breaks off.
pub(in crate::releases) fn breaks_off(html: &str) -> bool {
    let text = line(html).to_lowercase();
    // WordPress adds this behind all it says.
    let own = text
        .rfind("the post ")
        .filter(|at| {
            text.get(*at..)
                .is_some_and(|rest| rest.contains(" appeared first on "))
        })
        .map_or(text.as_str(), |at| text.get(..at).unwrap_or_default());
    let own = own.trim_end_matches([' ', '→', '»', '›', '>', '\u{a0}', '.']);
    let whole = text.trim_end();
    ENDS.iter().any(|end| own.ends_with(end))
        || own.len() < whole.len() && {
            let dots = whole.get(own.len()..).unwrap_or_default().trim();
            dots.starts_with("...")
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_breaks_off_is_known_by_its_end() {
        for html in [
            "<p>The bridge opens on Monday, and it will&hellip;</p>",
            "<p>The bridge opens [&hellip;]</p><p>The post <a>Bridge</a> appeared first on <a>Town</a>.</p>",
            "<p>The bridge opens and that it will <a href='/a'>Read more</a></p>",
            "<p>The bridge opens, and...</p>",
            "<p>The bridge</p><p><a class='more-link'>Continue reading →</a></p>",
            "<p>Die Brücke wird</p><a>Weiterlesen »</a>",
        ] {
            assert!(breaks_off(html), "{html}");
        }
        for html in [
            "<p>The bridge opens on Monday.</p>",
            "<p>“And so on …”</p>",
            "<p>The bridge opens.</p><p>The post <a>Bridge</a> appeared first on <a>Town</a>.</p>",
            "",
        ] {
            assert!(!breaks_off(html), "{html}");
        }
    }
}
