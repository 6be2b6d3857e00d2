//! The form on a site of the office's own: a small script, plain HTML, and a WordPress shortcode.

use maud::{Markup, html};
use serde_json::json;

use super::words::Words;

/// Without its words: `WORDS` stands for them.
const SCRIPT: &str = include_str!("../../assets/widget.js");

/// What the form on another site says.
#[derive(Debug, Clone, Copy)]
pub struct Widget<'a> {
    /// Our own address, without a slash at its end.
    pub page: &'a str,
    /// Whose news it is.
    pub office: &'a str,
    /// Where the policy stands, as a whole address.
    pub policy: &'a str,
    /// The short names of what is asked for; none: everything.
    pub topics: &'a [String],
    /// Whether the ZIP code is asked for.
    pub asks_zip: bool,
    /// The office's own questions.
    pub questions: &'a [&'a str],
    /// Tells the text that its sender agrees to from every other.
    pub consent_mark: &'a str,
}

impl Widget<'_> {
    /// What may be said beside the address: a field's name, and its label.
    fn asks(&self, words: &Words) -> Vec<(&'static str, String)> {
        let zip = self.asks_zip.then(|| ("zip", words.optional(words.zip)));
        let questions = self.questions.iter();
        let questions = questions.map(|question| ("about", words.optional(question)));
        zip.into_iter().chain(questions).collect()
    }
}

/// A line of the script without the blanks that only people need: those beside a sign, outside of texts.
fn without_blanks(line: &str) -> String {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let (mut code, mut in_text) = (String::with_capacity(line.len()), false);
    let mut rest = line.chars().peekable();
    while let Some(letter) = rest.next() {
        in_text ^= letter == '"';
        let parts_words = is_word(code.chars().next_back()) && is_word(rest.peek().copied());
        if letter != ' ' || in_text || parts_words {
            code.push(letter);
        }
    }
    code
}

/// The script, with its words. Comments, indentation and blanks stay here.
#[must_use]
pub fn script(words: &Words, widget: &Widget<'_>) -> String {
    let said = json!({
        "page": widget.page,
        "policy": widget.policy,
        "topics": widget.topics,
        "language": words.tag,
        "email": words.email,
        "subscribe": words.subscribe,
        "consent": format!("{} {}", words.consent(widget.office), words.frequency),
        "privacy": words.privacy,
        "optional": words.optional("{text}"),
        "zip": if widget.asks_zip { words.zip } else { "" },
        "asks": widget.questions,
        "done": words.sending_to("{address}"),
        "likely": words.did_you_mean("{address}"),
        "mark": widget.consent_mark,
        "wrong": words.address_wrong,
        "failed": words.failed,
    });
    let lines = SCRIPT.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.starts_with("//"));
    let code: Vec<String> = lines.map(without_blanks).collect();
    // Whatever a name says, it cannot end the element or the line that it stands in.
    let said = said
        .to_string()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    code.join("\n").replace("WORDS", &said)
}

/// The same form as plain HTML, for sites that allow no script.
#[must_use]
pub fn plain_form(words: &Words, widget: &Widget<'_>, site: Option<&str>) -> Markup {
    html! {
        form method="post" action={ (widget.page) "/subscribe" } lang=(words.tag) dir=(words.direction().as_str()) {
            label for="news-email" { (words.email) } " "
            input id="news-email" name="email" type="email" required maxlength="254" autocomplete="email"; " "
            input type="hidden" name="lang" value=(words.tag);
            input type="hidden" name="consent" value=(widget.consent_mark);
            @for topic in widget.topics { input type="hidden" name="topic" value=(topic); }
            @if let Some(site) = site { input type="hidden" name="page" value=(site); }
            @for question in widget.questions { input type="hidden" name="asked" value=(question); }
            @for (at, (name, label)) in widget.asks(words).iter().enumerate() {
                @let id = format!("news-about-{at}");
                label for=(id) { (label) } " "
                input id=(id) name=(name) maxlength="300"; " "
            }
            button { (words.subscribe) }
            p { (words.consent(widget.office)) " " (words.frequency) " " a href=(widget.policy) { (words.privacy) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(words: &Words, widget: &Widget<'_>) -> String {
        let script = script(words, widget);
        assert!(!script.contains("</script"));
        let octets = script.len();
        assert!(octets < 3 * 1024, "{}: {octets} octets", words.tag);
        script
    }

    #[test]
    fn the_script_is_small_in_every_language_and_no_name_breaks_out_of_it() {
        let widget = Widget {
            page: "https://news.example.gov",
            office: "Office </script> of \"Rep.\" Jane\u{2028}Doe",
            policy: "https://news.example.gov/privacy",
            topics: &["press".to_owned()],
            asks_zip: false,
            questions: &[],
            consent_mark: "0123abcd",
        };
        for words in Words::all() {
            let script = small(words, &widget);
            let asking = Widget {
                asks_zip: true,
                questions: &[
                    "How did you hear </script> of us?",
                    "What should we know about you?",
                ],
                ..widget
            };
            let asks = small(words, &asking);
            assert!(asks.contains("\"zip\":\"") && asks.contains("\"asks\":[\"How did you hear"));
            let plain = plain_form(words, &asking, None).0;
            assert!(plain.contains("name=\"zip\"") && plain.contains("name=\"about\""));
            assert!(plain.contains("name=\"asked\""));
            assert!(!script.contains('\u{2028}'));
            assert!(!script.contains("WORDS") && !script.contains("iframe"));
            let form = plain_form(words, &widget, Some("https://doe.example.gov")).0;
            assert!(form.contains("name=\"page\" value=\"https://doe.example.gov\""));
        }
    }
}
