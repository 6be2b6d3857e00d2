//! What the newsletter, and its page in the archive, say in the office's stead, in each of its
//! languages.

use jiff::civil::Date;

use super::word_tables as tables;
pub(crate) use super::word_tables::FixedWords;
use crate::{month_names, office_name::within_a_sentence, reader_language::reader_language};

/// A text with what stands for its places, all at once: what is filled in is not looked at again.
fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 40);
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('{') {
        out.push_str(before);
        let (name, after) = from.split_once('}').unwrap_or((from, ""));
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(value);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

impl FixedWords {
    /// In the language of a BCP 47 tag; in English where we do not speak it.
    pub(crate) fn of(language: &str) -> &'static Self {
        match reader_language(language) {
            Some("es") => &tables::SPANISH,
            Some("ko") => &tables::KOREAN,
            Some("vi") => &tables::VIETNAMESE,
            Some("ar") => &tables::ARABIC,
            Some("zh-Hant") => &tables::TRADITIONAL_CHINESE,
            Some("zh-Hans") => &tables::SIMPLIFIED_CHINESE,
            _ => &tables::ENGLISH,
        }
    }

    /// Why the reader gets this: what they subscribed to and agreed to (C6). It is true of whoever
    /// came by the form, a sheet of paper or an older list, so it does not say where.
    pub(crate) fn why(&self, topic: &str, office: &str) -> String {
        let office = within_a_sentence(self.language, office);
        filled(self.why, &[("topic", topic), ("office", &office)])
    }

    /// The same to somebody on the press list, who did not ask.
    pub(crate) fn why_press(&self, office: &str) -> String {
        let office = within_a_sentence(self.language, office);
        filled(self.why_press, &[("office", &office)])
    }

    /// Who made it, and in what capacity (C7).
    pub(crate) fn prepared(&self, office: &str) -> String {
        let english = self.language == "en";
        let named = if english && !office.to_lowercase().contains("office") {
            format!("the office of {office}")
        } else {
            within_a_sentence(self.language, office).into_owned()
        };
        filled(self.prepared, &[("office", &named)])
    }

    /// How long it takes to read.
    pub(crate) fn time_to_read(&self, minutes: usize) -> String {
        match minutes {
            0 | 1 => self.minute.to_owned(),
            more => filled(self.minutes, &[("n", &more.to_string())]),
        }
    }

    /// The subject of a correction.
    pub(crate) fn correction(&self, subject: &str) -> String {
        filled(self.correction, &[("subject", subject)])
    }

    /// That words took the place of others; nothing is said of an empty side.
    pub(crate) fn became(&self, old: &str, new: &str) -> String {
        let text = match (old.is_empty(), new.is_empty()) {
            (true, _) => self.added,
            (_, true) => self.removed,
            _ => self.became,
        };
        let said = filled(text, &[("old", old), ("new", new)]);
        // “7:00 p.m.” ends the sentence itself.
        for (twice, once) in [
            (".”.", ".”"),
            (".».", ".»"),
            ("。」。", "。」"),
            ("。”。", "。”"),
        ] {
            if let Some(before) = said.strip_suffix(twice) {
                return format!("{before}{once}");
            }
        }
        said
    }

    /// The headline of a digest.
    pub(crate) fn releases(&self, number: usize, from: Date, to: Date) -> String {
        let days = self.days(from, to);
        filled(
            self.releases,
            &[("n", &number.to_string()), ("days", &days)],
        )
    }

    /// The subject of a digest: its most important release, and how many others there are.
    pub(crate) fn and_more(&self, subject: &str, more: usize) -> String {
        match more {
            0 => subject.to_owned(),
            1 => filled(self.and_one_more, &[("subject", subject)]),
            more => filled(
                self.and_more,
                &[("subject", subject), ("n", &more.to_string())],
            ),
        }
    }

    /// A day as readers write it.
    pub(crate) fn date(&self, date: Date) -> String {
        self.dated(self.day, date, date)
    }

    /// From one day to another, as short as can be.
    fn days(&self, from: Date, to: Date) -> String {
        let text = if from == to {
            self.day
        } else if from.year() != to.year() {
            self.days
        } else if from.month() != to.month() {
            self.days_of_year
        } else {
            self.days_of_month
        };
        self.dated(text, from, to)
    }

    fn dated(&self, text: &str, from: Date, to: Date) -> String {
        let month = |date: Date| {
            let name = month_names::name(self.months, date.month());
            if self.language == "en" {
                month_names::capitalized(name)
            } else {
                name.to_owned()
            }
        };
        filled(
            text,
            &[
                ("y", &from.year().to_string()),
                ("y2", &to.year().to_string()),
                ("m", &from.month().to_string()),
                ("m2", &to.month().to_string()),
                ("month", &month(from)),
                ("month2", &month(to)),
                ("d", &from.day().to_string()),
                ("e", &to.day().to_string()),
            ],
        )
    }

    /// A line of a text part that names an address. A question has its own mark.
    pub(super) fn labelled(&self, label: &str, address: &str) -> String {
        let joint = if label.ends_with(['?', '؟', '？']) {
            " "
        } else {
            self.colon
        };
        format!("{label}{joint}{address}")
    }
}

/// What stands between a sentence and the next: the wide marks of Chinese bring their own room.
pub(super) fn space_after(sentence: &str) -> &'static str {
    if sentence.ends_with(['？', '。', '！', '：']) {
        ""
    } else {
        " "
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn each_language_has_its_own_words_and_chinese_goes_by_its_script() {
        for (tag, language) in [
            ("en-US", "en"),
            ("ES", "es"),
            ("ko_KR", "ko"),
            ("vi", "vi"),
            ("ar-EG", "ar"),
            ("zh", "zh-Hans"),
            ("zh-CN", "zh-Hans"),
            ("zh-Hant", "zh-Hant"),
            ("zh-TW", "zh-Hant"),
            ("zh-Hans-HK", "zh-Hans"),
            ("tl", "en"),
        ] {
            assert_eq!(FixedWords::of(tag).language, language, "{tag}");
        }
    }

    #[test]
    fn days_are_as_short_as_can_be() {
        let english = FixedWords::of("en");
        for (from, to, says) in [
            (date(2026, 11, 21), date(2026, 11, 27), "November 21–27"),
            (date(2026, 11, 27), date(2026, 11, 27), "November 27, 2026"),
            (
                date(2026, 11, 30),
                date(2026, 12, 4),
                "November 30 – December 4",
            ),
            (
                date(2026, 12, 28),
                date(2027, 1, 1),
                "December 28, 2026 – January 1, 2027",
            ),
        ] {
            assert_eq!(english.days(from, to), says);
        }
        let days = |tag| FixedWords::of(tag).releases(8, date(2026, 11, 21), date(2026, 11, 27));
        assert_eq!(days("es"), "8 comunicados, 21–27 de noviembre");
        assert_eq!(days("zh-TW"), "8 篇新聞稿，11月21日至27日");
        assert_eq!(days("ko"), "보도자료 8건, 11월 21–27일");
    }

    #[test]
    fn every_place_of_every_text_is_filled_and_what_fills_it_is_left_alone() {
        for tag in ["en", "es", "ko", "vi", "zh-Hans", "zh-Hant", "ar"] {
            let fixed = FixedWords::of(tag);
            let said = [
                fixed.why("{office}", "Office of X"),
                fixed.why_press("X"),
                fixed.prepared("X"),
                fixed.time_to_read(1),
                fixed.time_to_read(12),
                fixed.correction("X"),
                fixed.became("1", "2"),
                fixed.became("", "2"),
                fixed.became("1", ""),
                fixed.releases(8, date(2026, 11, 30), date(2027, 1, 2)),
                fixed.and_more("X", 1),
                fixed.and_more("X", 7),
                fixed.date(date(2026, 2, 24)),
            ];
            for text in said {
                let rest = text.replacen("{office}", "", 1);
                assert!(!rest.contains(['{', '}']) && !text.is_empty(), "{text}");
            }
            assert!(fixed.time_to_read(12).contains("12"));
            assert!(fixed.became("one", "two").contains("one"));
        }
    }
}
