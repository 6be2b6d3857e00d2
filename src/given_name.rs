//! Names that people give: to an office, a topic, an account, a passkey, an event. One rule for all of them,
//! and nothing is cut or dropped in silence: what does not do is refused, with the reason.

use unicode_normalization::UnicodeNormalization;

/// Why a name does not do, in words that follow "the name".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is too long; characters it has, and may have.
    #[error("must have at most {most} characters; this one has {has}")]
    TooLong {
        /// Characters it has.
        has: usize,
        /// Characters it may have.
        most: usize,
    },
    /// It has a line break, a tab or another control character.
    #[error("must be one line without control characters; U+{:04X} stands in it", u32::from(*.0))]
    Control(char),
    /// It has a mark that turns the direction of what stands after it, also outside the name.
    #[error(
        "must be without marks that turn the direction of the text; U+{:04X} stands in it, which nobody can see: type the name instead of pasting it", u32::from(*.0)
    )]
    Direction(char),
    /// It has a character that nobody sees, or consists of such.
    #[error(
        "must be without invisible characters; U+{:04X} stands in it: type the name instead of pasting it", u32::from(*.0)
    )]
    Invisible(char),
}

/// A name with one space between its words; empty where nothing was typed.
///
/// Left-to-right and right-to-left marks (U+200E, U+200F, U+061C) may stand in it, and the joiners that Persian
/// and emoji are written with: they change nothing outside of it.
///
/// # Errors
/// See [`NameError`]; `most` is how many characters it may have.
pub fn checked(name: &str, most: usize) -> Result<String, NameError> {
    let name = name.trim();
    for c in name.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            return Err(NameError::Control(c));
        }
        if turns_direction(c) {
            return Err(NameError::Direction(c));
        }
        if hides(c) {
            return Err(NameError::Invisible(c));
        }
    }
    if let Some(only) = name.chars().next()
        && name.chars().all(is_mark_of_direction_or_joiner)
    {
        return Err(NameError::Invisible(only));
    }
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        has if has > most => Err(NameError::TooLong { has, most }),
        _ => Ok(name),
    }
}

/// Characters that turn the direction of the text behind them: embeddings, overrides and isolates (UAX #9).
#[must_use]
pub fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that nobody sees and no script needs: two names that differ in them look the same.
#[must_use]
pub fn hides(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{AD}' | '\u{E0000}'..='\u{E001F}')
}

fn is_mark_of_direction_or_joiner(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200C}'..='\u{200F}' | '\u{61C}' | '\u{FE00}'..='\u{FE0F}')
}

/// By what a reader tells two names apart: neither by capitals nor by spaces, nor by which of several ways
/// Unicode writes the same letters.
#[must_use]
pub fn key(name: &str) -> String {
    let seen = name
        .nfkc()
        .filter(|c| !turns_direction(*c) && !hides(*c))
        .filter(|c| c.is_whitespace() || !is_mark_of_direction_or_joiner(*c));
    // To capitals first: "ß" and "SS", and all forms of sigma, become one.
    let folded: String = seen
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_turns_hides_or_breaks_a_line_is_refused_and_none_is_cut() {
        for c in ('\u{202A}'..='\u{202E}').chain('\u{2066}'..='\u{2069}') {
            let name = format!("Office of {c}Jane Doe");
            assert_eq!(checked(&name, 80), Err(NameError::Direction(c)));
            let says = NameError::Direction(c).to_string();
            assert!(says.contains(&format!("U+{:04X}", u32::from(c))), "{says}");
        }
        for c in ['\0', '\u{7}', '\n', '\t', '\u{85}', '\u{7f}', '\u{2028}'] {
            assert_eq!(checked(&format!("a{c}b"), 80), Err(NameError::Control(c)));
        }
        assert_eq!(
            checked("a\u{200B}b", 80),
            Err(NameError::Invisible('\u{200B}'))
        );
        assert_eq!(
            checked("\u{200F}\u{200E}", 80),
            Err(NameError::Invisible('\u{200F}'))
        );
        let long = "a".repeat(5_000);
        let refused = checked(&long, 80).unwrap_err();
        assert_eq!(
            refused,
            NameError::TooLong {
                has: 5_000,
                most: 80
            }
        );
        assert!(refused.to_string().len() < 100, "it is not repeated");
        // Characters and not bytes: 80 Korean ones do.
        assert_eq!(checked(&"한".repeat(80), 80).unwrap(), "한".repeat(80));
        assert!(checked(&"한".repeat(81), 80).is_err());
    }

    #[test]
    fn what_scripts_need_may_stand_in_a_name() {
        for (typed, kept) in [
            ("  Jane   Doe ", "Jane Doe"),
            ("", ""),
            (" \t ", ""),
            ("مکتب نمی\u{200C}دانم", "مکتب نمی\u{200C}دانم"),
            ("مكتب\u{200F}", "مكتب\u{200F}"),
            ("👩\u{200D}🚀 Space", "👩\u{200D}🚀 Space"),
            ("제인 도 의원실", "제인 도 의원실"),
        ] {
            assert_eq!(checked(typed, 80).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn names_that_read_the_same_have_one_key() {
        for same in [
            "veterans",
            "VETERANS",
            " Veterans ",
            "Ｖｅｔｅｒａｎｓ",
            "Vete\u{AD}rans",
            "Veterans\u{200D}",
        ] {
            assert_eq!(key(same), key("Veterans"), "{same:?}");
        }
        assert_eq!(key("Educacio\u{301}n"), key("EDUCACIÓN"));
        assert_eq!(key("Straße"), key("STRASSE"));
        assert_eq!(key("News  from\u{A0}Tustin"), key("news from tustin"));
        assert_eq!(key("ΝΕΑΣ"), key("νεας"));
        assert_ne!(key("Veterans"), key("Veteran"));
        assert_ne!(key("Año"), key("Ano"));
        assert!(key(" \u{200B} ").is_empty());
    }
}
