//! Whether the day or the month stands first in `05/10/2025`: the country tells it, and other dates
//! of the same page do.

use url::Url;

/// What `05/10/2025` begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::enum_variant_names,
    reason = "what stands first is what they say"
)]
pub enum DateOrder {
    /// As in all countries but a few.
    DayFirst,
    /// As in East Asia, also where the year has two digits; where it stands last, the day is first.
    YearFirst,
    /// As in the United States.
    MonthFirst {
        /// Whether something says so; else it is only what is likeliest, and a date that could be
        /// two is one of which people have to be told.
        certain: bool,
    },
}

impl Default for DateOrder {
    fn default() -> Self {
        Self::MonthFirst { certain: false }
    }
}

impl DateOrder {
    /// Of a page in the language of `tag`, at `address`, that says `text`.
    pub(in crate::releases) fn of(tag: &str, address: Option<&Url>, text: &str) -> Self {
        Self::by_other_dates(text)
            .or_else(|| Self::by_country(address))
            .unwrap_or_else(|| Self::by_language(tag))
    }

    /// In a time zone: America's and the Pacific's without the countries south of the United States.
    pub(in crate::releases) fn of_zone(name: &str) -> Self {
        const UNITED_STATES: &[&str] = &[
            "America/New_York",
            "America/Chicago",
            "America/Denver",
            "America/Los_Angeles",
            "America/Phoenix",
            "America/Anchorage",
            "America/Detroit",
            "America/Boise",
            "America/Juneau",
            "America/Puerto_Rico",
            "Pacific/Honolulu",
            "Pacific/Guam",
        ];
        let certain = UNITED_STATES.contains(&name)
            || [
                "US/",
                "America/Indiana/",
                "America/Kentucky/",
                "America/North_Dakota/",
            ]
            .iter()
            .any(|region| name.starts_with(region));
        match name.split_once('/') {
            Some(("Europe" | "Asia" | "Africa" | "Australia" | "Atlantic" | "Indian", _)) => {
                Self::DayFirst
            }
            _ => Self::MonthFirst { certain },
        }
    }

    fn by_country(address: Option<&Url>) -> Option<Self> {
        let host = address?.host_str()?.trim_end_matches('.');
        let (_, ending) = host.rsplit_once('.')?;
        match ending {
            "gov" | "mil" | "us" => Some(Self::MonthFirst { certain: true }),
            // Both are written there.
            "ca" | "ph" => Some(Self::default()),
            // Endings of countries that stand for something else.
            "io" | "co" | "tv" | "me" | "ai" | "fm" | "ly" | "to" | "cc" | "ws" => None,
            "kr" | "jp" | "cn" | "tw" => Some(Self::YearFirst),
            country if country.len() == 2 && country.bytes().all(|b| b.is_ascii_lowercase()) => {
                Some(Self::DayFirst)
            }
            _ => None,
        }
    }

    fn by_language(tag: &str) -> Self {
        let tag = tag.trim().replace('_', "-").to_ascii_lowercase();
        match tag.split_once('-') {
            // Content systems say this of themselves wherever they are.
            Some(("en", "us")) | None if tag.starts_with("en") || tag.is_empty() => Self::default(),
            Some(("en", "ca" | "ph") | ("es", "us" | "pr")) => Self::default(),
            Some(("ko" | "ja" | "zh", _)) => Self::YearFirst,
            None if matches!(tag.as_str(), "ko" | "ja" | "zh") => Self::YearFirst,
            _ => Self::DayFirst,
        }
    }

    /// What other dates of the page say that have a number above twelve.
    fn by_other_dates(text: &str) -> Option<Self> {
        /// More of a page's text than this tells no more.
        const LONGEST: usize = 200_000;
        let bytes = text.as_bytes().get(..LONGEST).unwrap_or(text.as_bytes());
        let (mut days, mut months) = (0_usize, 0_usize);
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if !byte.is_ascii_digit() {
                at += 1;
                continue;
            }
            let start = at;
            while bytes
                .get(at)
                .is_some_and(|b| b.is_ascii_digit() || *b == b'/')
            {
                at += 1;
            }
            let date = text.get(start..at).unwrap_or_default();
            let pieces: Vec<u16> = date
                .split('/')
                .take(4)
                .map_while(|piece| piece.parse().ok())
                .collect();
            match pieces.as_slice() {
                [13..=31, 1..=12, 1990..=2100] => days += 1,
                [1..=12, 13..=31, 1990..=2100] => months += 1,
                _ => {}
            }
        }
        match (days, months) {
            (0, 0) => None,
            (_, 0) => Some(Self::DayFirst),
            (0, _) => Some(Self::MonthFirst { certain: true }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_country_and_other_dates_tell_the_order() {
        let month_first = DateOrder::MonthFirst { certain: true };
        for (tag, address, text, wanted) in [
            ("en", Some("https://doe.example.gov/x"), "", month_first),
            (
                "en",
                Some("https://town.example.uk/x"),
                "",
                DateOrder::DayFirst,
            ),
            (
                "en-GB",
                Some("https://town.example.org/x"),
                "",
                DateOrder::DayFirst,
            ),
            (
                "en-US",
                Some("https://town.example.org/x"),
                "",
                DateOrder::default(),
            ),
            (
                "en",
                None,
                "on 25/01/2026 and 03/04/2026",
                DateOrder::DayFirst,
            ),
            ("de", None, "1/25/2026", month_first),
            ("vi", None, "", DateOrder::DayFirst),
            ("", None, "13/13/2026 9/9", DateOrder::default()),
        ] {
            let address = address.map(|address| address.parse().unwrap());
            assert_eq!(
                DateOrder::of(tag, address.as_ref(), text),
                wanted,
                "{tag} {text}"
            );
        }
        assert_eq!(DateOrder::of_zone("America/Denver"), month_first);
        assert_eq!(DateOrder::of_zone("Europe/Berlin"), DateOrder::DayFirst);
        assert_eq!(DateOrder::of_zone("America/Toronto"), DateOrder::default());
        assert_eq!(DateOrder::of_zone("UTC"), DateOrder::default());
    }
}
