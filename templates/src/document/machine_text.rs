//! Text that only machines should see: template marks, shortcodes that nothing has replaced, markup
//! shown as words, filler, and letters that were decoded wrongly.

/// Some of it in `text`, short enough to show.
pub(super) fn first(text: &str) -> Option<String> {
    let found = [
        between(text, "{{", "}}"),
        between(text, "{%", "%}"),
        between(text, "<%", "%>"),
        between(text, "<?", "?>"),
        between(text, "${", "}"),
        between(text, "*|", "|*"),
        between(text, "%%", "%%").filter(|found| found.len() > 4),
        shortcode(text),
        tag(text),
        entity(text),
        formula(text),
        filler(text),
        wrong_letters(text),
    ];
    let first = found.into_iter().flatten().next()?;
    Some(crate::shortened::shortened(first, 60))
}

/// How long a mark of a template can be; two marks further apart are not one.
const LONGEST_BYTES: usize = 300;

fn between<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    text.match_indices(open).take(50).find_map(|(at, _)| {
        let rest = text.get(at + open.len()..)?;
        let ends = near(rest).find(close)?;
        text.get(at..at + open.len() + ends + close.len())
    })
}

/// The next few letters.
fn near(text: &str) -> &str {
    let end = (0..=LONGEST_BYTES.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// `[name attribute="value"]` and `[/name]`. "[H.R. 1234]" and "[the bridge]" are words.
fn shortcode(text: &str) -> Option<&str> {
    text.match_indices('[').take(500).find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let ends = near(rest).find([']', '['])?;
        let inside = rest.get(..ends).filter(|_| rest[ends..].starts_with(']'))?;
        let name_of = |text: &str| {
            let length = text
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
                .unwrap_or(text.len());
            text.starts_with(|c: char| c.is_ascii_alphabetic())
                .then_some(length)
        };
        let is_code = if let Some(name) = inside.strip_prefix('/') {
            name_of(name) == Some(name.len())
        } else {
            let name = name_of(inside)?;
            let attributes = inside.get(name..)?;
            (attributes.starts_with(' ') && has_attribute(attributes))
                || inside.get(..name)?.contains('_')
        };
        is_code.then(|| text.get(at..at + ends + 2)).flatten()
    })
}

/// ` id="5"`, ` width=”300″`.
fn has_attribute(text: &str) -> bool {
    text.match_indices('=').any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 1..).unwrap_or_default();
        before.ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
            && after.starts_with(|c: char| {
                c.is_ascii_alphanumeric() || matches!(c, '"' | '\'' | '“' | '”' | '″' | '‘' | '’')
            })
    })
}

/// `</p>`, `<br />`, `<div class=`: markup that a page shows as words. An act may be called
/// "<Save Our Schools>".
fn tag(text: &str) -> Option<&str> {
    const NAMES: &[&str] = &[
        "p", "br", "div", "span", "a", "strong", "em", "b", "i", "ul", "ol", "li", "img", "h1",
        "h2", "h3", "h4", "table", "tr", "td", "script", "style", "iframe", "section", "sup",
        "sub",
    ];
    text.match_indices('<').take(500).find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let ends = near(rest).find(['>', '<'])?;
        let inside = rest.get(..ends).filter(|_| rest[ends..].starts_with('>'))?;
        let name = inside.trim_start_matches('/');
        let length = name
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(name.len());
        NAMES
            .contains(&name.get(..length)?)
            .then(|| text.get(at..at + ends + 2))
            .flatten()
    })
}

/// `&nbsp;`, `&#8217;` as words.
fn entity(text: &str) -> Option<&str> {
    const NAMES: &[&str] = &[
        "nbsp", "amp", "lt", "gt", "quot", "apos", "rsquo", "lsquo", "rdquo", "ldquo", "mdash",
        "ndash", "hellip", "copy", "reg", "bull", "middot", "eacute", "ntilde", "uuml", "ouml",
        "auml", "shy", "zwnj",
    ];
    text.match_indices('&').take(500).find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let ends = near(rest).find(';').filter(|ends| *ends <= 10)?;
        let inside = rest.get(..ends)?;
        let is_number = inside.strip_prefix('#').is_some_and(|number| {
            let digits = number.strip_prefix(['x', 'X']).unwrap_or(number);
            !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit())
        });
        (is_number || NAMES.contains(&inside))
            .then(|| text.get(at..at + ends + 2))
            .flatten()
    })
}

/// TeX, which a script of the page would draw.
fn formula(text: &str) -> Option<&str> {
    [
        "\\frac{", "\\sqrt{", "\\begin{", "\\sum_", "\\text{", "\\cdot", "\\times ", "\\leq",
        "\\geq",
    ]
    .into_iter()
    .find_map(|mark| {
        let at = text.find(mark)?;
        text.get(at..at + mark.len())
    })
}

fn filler(text: &str) -> Option<&str> {
    text.match_indices(['L', 'l'])
        .take(5_000)
        .find_map(|(at, _)| {
            let words = text.get(at..at + "lorem ipsum".len())?;
            words.eq_ignore_ascii_case("lorem ipsum").then_some(words)
        })
}

/// UTF-8 read as Windows-1252, or letters that nothing could be made of.
fn wrong_letters(text: &str) -> Option<&str> {
    [
        "â€", "Ã©", "Ã±", "Ã¡", "Ã³", "Ã¼", "Ã¶", "Ã¤", "Â\u{a0}", "\u{fffd}",
    ]
    .into_iter()
    .find_map(|mark| {
        let at = text.find(mark)?;
        text.get(at..at + mark.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_the_site_is_found_and_an_offices_words_are_not() {
        for (text, found) in [
            ("Dear {{ first_name }}, hello", "{{ first_name }}"),
            ("by %%sitename%% today", "%%sitename%%"),
            ("see {% include x %}", "{% include x %}"),
            ("Hello *|FNAME|*", "*|FNAME|*"),
            (
                "[contact-form-7 id=”123″ title=”Contact”]",
                "[contact-form-7 id=”123″ title=”Contact”]",
            ),
            ("text [/vc_row] more", "[/vc_row]"),
            ("text [vc_row] more", "[vc_row]"),
            ("he said.</p> <p>And", "</p>"),
            ("A&nbsp;B", "&nbsp;"),
            ("Doe&#8217;s", "&#8217;"),
            ("Lorem ipsum dolor", "Lorem ipsum"),
            ("It costs \\frac{1}{2}", "\\frac{"),
            ("the officeâ€™s", "â€"),
            ("a \u{fffd} b", "\u{fffd}"),
        ] {
            assert_eq!(first(text).as_deref(), Some(found), "{text}");
        }
        for text in [
            "The bill [H.R. 1234] passed, she said. “It [the bridge] is safe.”",
            "[sic] [Applause.] [emphasis added] [see p. 5] [1] [a=b]",
            "The <Save Our Schools> Act & more; AT&T; R&D",
            "up 5%% of 100% and 20%",
            "a < b and c > d",
            "{not code} and (c) 100 % sure",
        ] {
            assert_eq!(first(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_of_nothing_but_marks_is_looked_through_quickly() {
        let text = "[<&{{%%\\${".repeat(60_000);
        let started = std::time::Instant::now();
        let _ = first(&text);
        assert!(started.elapsed() < std::time::Duration::from_secs(5));
    }
}
