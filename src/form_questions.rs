//! What the form may ask beside the address: the ZIP code, held against the district's list, and questions of
//! the office's own in its readers' languages. All of it is optional.

use std::ops::RangeInclusive;

/// The ZIP codes of a district.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZipCodes(Vec<RangeInclusive<u32>>);

impl ZipCodes {
    /// Reads a list: `92602, 92604-92606 92780`.
    ///
    /// # Errors
    /// The part that is no ZIP code, in words for who typed it.
    pub fn parse(list: &str) -> Result<Self, String> {
        let parts = list.split([',', ';', ' ', '\n', '\t']).map(str::trim);
        let parts = parts.filter(|part| !part.is_empty());
        let ranges = parts.map(|part| {
            let (from, to) = part.split_once(['-', '–']).unwrap_or((part, part));
            match (five_digits(from), five_digits(to)) {
                (Some(from), Some(to)) if from <= to => Ok(from..=to),
                _ => Err(format!(
                    "`{part}` must be a ZIP code of five digits, or a range such as 92602-92606"
                )),
            }
        });
        ranges.collect::<Result<Vec<_>, _>>().map(Self)
    }

    /// Whether the form asks for none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a ZIP code, as [`zip_code`] writes it, is in the district.
    #[must_use]
    pub fn contains(&self, zip: &str) -> bool {
        five_digits(zip).is_some_and(|zip| self.0.iter().any(|range| range.contains(&zip)))
    }
}

fn five_digits(text: &str) -> Option<u32> {
    let text = text.trim();
    (text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// The five digits of a ZIP code as people type it, ZIP+4 too. `None`: it is none, and is left out.
#[must_use]
pub fn zip_code(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let (zip, more) = typed.split_at_checked(5).unwrap_or((typed, ""));
    let more = more.trim_start_matches(['-', ' ', '–']);
    let is_plus_four = more.len() == 4 && more.bytes().all(|b| b.is_ascii_digit());
    five_digits(zip)?;
    (more.is_empty() || is_plus_four).then(|| zip.to_owned())
}

/// Characters of a question, and of an answer.
pub const LONGEST: usize = 300;

/// A question of the office's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    text: String,
    translations: Vec<(String, String)>,
}

impl Question {
    /// Reads `How did you hear of us?; es=¿Cómo supo de nosotros?`.
    ///
    /// # Errors
    /// What is wrong with it, in words for who typed it.
    pub fn parse(setting: &str) -> Result<Self, String> {
        let mut parts = setting
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let text = parts.next().ok_or("must be a question")?.to_owned();
        let mut translations = Vec::new();
        for part in parts {
            let translation = part
                .split_once('=')
                .map(|(tag, text)| (tag.trim(), text.trim()));
            match translation {
                Some((tag, text)) if (2..=8).contains(&tag.len()) && !text.is_empty() => {
                    translations.push((tag.to_owned(), text.to_owned()));
                }
                _ => {
                    return Err(format!(
                        "{part}: write it as LANGUAGE=QUESTION, such as es=¿Cómo supo de nosotros?"
                    ));
                }
            }
        }
        let all = translations.iter().map(|(_, text)| text).chain([&text]);
        if all.into_iter().any(|text| text.chars().count() > LONGEST) {
            return Err(format!("must have at most {LONGEST} characters"));
        }
        Ok(Self { text, translations })
    }

    /// As it is written, whichever way it was typed: the languages by their tags.
    #[must_use]
    pub fn as_written(&self) -> String {
        let mut translations = self.translations.clone();
        translations.sort();
        let translations = translations
            .iter()
            .map(|(tag, text)| format!("; {tag}={text}"));
        std::iter::once(self.text.clone())
            .chain(translations)
            .collect()
    }

    /// Whether it is what somebody was asked, in whatever language.
    #[must_use]
    pub fn was_asked_as(&self, asked: &str) -> bool {
        self.text == asked || self.translations.iter().any(|(_, text)| text == asked)
    }

    /// The question for readers of this language; where it is in none of theirs, as it stands first.
    #[must_use]
    pub fn in_language(&self, language: &str) -> &str {
        let found = self
            .translations
            .iter()
            .find(|(tag, _)| tag.eq_ignore_ascii_case(language));
        found.map_or(&self.text, |(_, text)| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_district_has_single_codes_and_ranges() {
        let district = ZipCodes::parse("92602, 92604-92606\n92780;01001").unwrap();
        for (zip, is_in) in [
            ("92602", true),
            ("92603", false),
            ("92605", true),
            ("92780", true),
            ("01001", true),
            ("1001", false),
            ("", false),
        ] {
            assert_eq!(district.contains(zip), is_in, "{zip}");
        }
        assert!(ZipCodes::parse(" ").unwrap().is_empty());
        for wrong in ["9260", "92606-92602", "Tustin", "92602/92604"] {
            assert!(ZipCodes::parse(wrong).unwrap_err().contains(wrong));
        }
    }

    #[test]
    fn a_zip_code_is_read_as_people_type_it() {
        for (typed, zip) in [
            ("92780", Some("92780")),
            (" 92780-1234 ", Some("92780")),
            ("92780 1234", Some("92780")),
            ("927801234", Some("92780")),
            ("92780-12", None),
            ("9278", None),
            ("Tustin", None),
            ("９２７８０", None),
            ("", None),
        ] {
            assert_eq!(zip_code(typed).as_deref(), zip, "{typed}");
        }
    }

    #[test]
    fn a_question_is_asked_in_the_readers_language() {
        let question =
            Question::parse("How did you hear of us?; es=¿Cómo supo de nosotros?").unwrap();
        assert_eq!(question.in_language("es"), "¿Cómo supo de nosotros?");
        assert_eq!(question.in_language("ko"), "How did you hear of us?");
        for wrong in ["", "x; y", "x; es=", &"x".repeat(301)] {
            assert!(Question::parse(wrong).is_err(), "{wrong}");
        }
    }
}
