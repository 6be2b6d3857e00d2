//! Taking a date apart: numbers, months and the words around them.

use jiff::{
    civil::{Date, Time},
    tz::{Offset, TimeZone},
};

use unicode_normalization::UnicodeNormalization;

use super::{date_words, order::DateOrder, written::Written};

/// What a date is made of, as far as it was found.
#[derive(Debug, Default)]
pub(super) struct Parts {
    order: DateOrder,
    /// Day and month the other way round, where both could be meant.
    swapped: Option<(i8, i8)>,
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    time: Option<Time>,
    offset: Option<Offset>,
    /// The zone that is named without saying whether it is summer there: `ET`.
    zone: Option<&'static str>,
    /// The next number is a month: `tháng 2`.
    month_follows: bool,
    /// What is said before the time, `오후 2:30`: whether it is after noon.
    afternoon: Option<bool>,
    /// What was taken for the month may also be a day of the week: `mar`.
    month_or_weekday: bool,
    other_words: usize,
}

impl Parts {
    pub(super) fn of(text: &str, order: DateOrder) -> Self {
        let mut parts = Self {
            order,
            ..Self::default()
        };
        // Nothing that is a date is longer.
        if text.len() > 120 {
            parts.other_words = 1;
            return parts;
        }
        let text = parted(without_zone_name(text));
        let tokens: Vec<&str> = text
            .split(|c: char| {
                c.is_whitespace() || matches!(c, ',' | '،' | '(' | ')' | '|' | ';' | '–' | '—')
            })
            .filter(|token| !token.is_empty())
            .collect();
        let mut rest = tokens.as_slice();
        while let Some((token, after)) = rest.split_first() {
            rest = after;
            if let Some(date) = spaced_out(token, after) {
                parts.take_joined(&date);
                rest = after.get(2..).unwrap_or_default();
            } else {
                parts.take(token.trim_end_matches('.'));
            }
        }
        parts
    }

    /// Whether there is anything but a date.
    pub(super) fn says_more(&self) -> bool {
        self.other_words > 0
    }

    fn take(&mut self, token: &str) {
        if matches!(token, "" | "-" | "/" | "•" | "·")
            || (self.time.is_some() && self.take_offset(token))
        {
            return;
        }
        if token.contains(':') {
            self.take_time(token);
        } else if self.year.is_some() && self.time.is_none() && is_dotted_time(token) {
            self.take_time(&token.replace('.', ":"));
        } else if let Some(time) = date_words::clock(token) {
            self.take_time(&time);
        } else if let Ok(date) = token.parse::<Date>() {
            (self.year, self.month, self.day) =
                (Some(date.year()), Some(date.month()), Some(date.day()));
        } else if token.contains(['-', '/']) || is_dotted(token) {
            self.take_joined(token);
        } else {
            self.take_word(token);
        }
    }

    fn take_word(&mut self, word: &str) {
        let lower = word.to_lowercase();
        if self.take_signed(&lower) || self.take_half(&lower) {
            return;
        }
        if std::mem::take(&mut self.month_follows)
            && let Ok(month) = lower.parse()
        {
            self.month = Some(month);
            return;
        }
        let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        match (digits.parse::<i16>(), lower.get(digits.len()..)) {
            (Ok(year), Some("")) if digits.len() == 4 => self.year = Some(year),
            (Ok(day), Some("" | "st" | "nd" | "rd" | "th" | "er" | "º" | "°" | "ª"))
                if digits.len() <= 2 =>
            {
                if self.day.is_none() {
                    self.day = i8::try_from(day).ok();
                } else {
                    self.other_words += 1;
                }
            }
            // `2 pm`, after the time was taken apart from it.
            _ if matches!(lower.as_str(), "am" | "pm" | "a.m" | "p.m") => self.shift_to(&lower),
            _ => match date_words::month(&lower) {
                Some(month) if self.month.is_none() => {
                    self.month = Some(month);
                    self.month_or_weekday = date_words::is_filler(&lower);
                }
                // `mar. 4 mai`: the first was a day of the week.
                Some(month) if self.month_or_weekday => {
                    self.month = Some(month);
                    self.month_or_weekday = false;
                }
                _ if date_words::is_filler(&lower) => {}
                _ => self.other_words += 1,
            },
        }
    }

    /// `2024년`, `2月`, `16日`; `tháng` stands before the number of its month.
    fn take_signed(&mut self, word: &str) -> bool {
        if word == "tháng" {
            self.month_follows = true;
            return true;
        }
        let word = word
            .strip_prefix("中華")
            .unwrap_or(word)
            .trim_start_matches("民國")
            .trim_start_matches("民国");
        if word.is_empty() {
            return true;
        }
        let number = word.trim_end_matches(SIGNS);
        let Ok(value) = number.parse::<i16>() else {
            return false;
        };
        let small = i8::try_from(value).ok();
        match word.get(number.len()..) {
            Some("年" | "년") if number.len() == 4 => self.year = Some(value),
            Some("年") if of_the_republic(number).is_some() => {
                self.year = of_the_republic(number);
            }
            Some("月" | "월") => self.month = small,
            Some("日" | "일" | "号" | "號") => self.day = small,
            _ => return false,
        }
        true
    }

    /// Which half of the day the time is in, where that is said before it.
    fn take_half(&mut self, word: &str) -> bool {
        match word {
            "오전" | "上午" | "午前" => self.afternoon = Some(false),
            "오후" | "下午" | "午後" => self.afternoon = Some(true),
            _ => return false,
        }
        true
    }

    /// `2024-02-16` and `2024.02.16`; `16-Feb-24` of RFC 850; `2/16/2024` or `16.02.24`, whose order
    /// the country tells, unless only one is possible.
    fn take_joined(&mut self, token: &str) {
        let pieces: Vec<&str> = token.split(['-', '/', '.']).collect();
        let &[first, second, third] = pieces.as_slice() else {
            self.other_words += 1;
            return;
        };
        let year = |text: &str| match (text.len(), text.parse::<i16>().ok()?) {
            (2, year) if year < 70 => Some(2000 + year),
            (2, year) => Some(1900 + year),
            (4, year) => Some(year),
            _ => None,
        };
        let number = |text: &str| text.parse::<i8>().ok();
        let years_first = self.order == DateOrder::YearFirst
            && first.len() == 2
            && third.len() <= 2
            && number(second).is_some_and(|month| (1..=12).contains(&month))
            && number(third).is_some_and(|day| (1..=31).contains(&day));
        if first.len() == 4 || years_first {
            (self.year, self.month, self.day) = (year(first), number(second), number(third));
        } else if let Some(counted) = of_the_republic(first) {
            (self.year, self.month, self.day) = (Some(counted), number(second), number(third));
        } else if let Some(month) = date_words::month(&second.to_lowercase()) {
            (self.year, self.month, self.day) = (year(third), Some(month), number(first));
        } else {
            // Whoever writes dots and the whole year puts the day first, but few offices of one
            // country.
            let day_first = match self.order {
                DateOrder::DayFirst | DateOrder::YearFirst => true,
                DateOrder::MonthFirst { certain } => {
                    token.contains('.') && third.len() == 4 && !certain
                }
            };
            (self.month, self.day) = match (number(first), number(second)) {
                (Some(day @ 13..=31), Some(month @ 1..=12)) => (Some(month), Some(day)),
                (Some(one @ 1..=12), Some(two @ 1..=12)) => {
                    let (month, day) = if day_first { (two, one) } else { (one, two) };
                    let is_told = matches!(
                        self.order,
                        DateOrder::DayFirst
                            | DateOrder::YearFirst
                            | DateOrder::MonthFirst { certain: true }
                    );
                    self.swapped = (one != two && !is_told).then_some((day, month));
                    (Some(month), Some(day))
                }
                month_first => month_first,
            };
            self.year = year(third);
        }
        if self.day.is_none() || self.month.is_none() || self.year.is_none() {
            self.other_words += 1;
        }
    }

    fn take_time(&mut self, token: &str) {
        let lower = token.to_lowercase();
        // `下午2:30`
        let from = lower.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
        let (half, lower) = lower.split_at(from);
        if !half.is_empty() && !self.take_half(half) {
            self.other_words += 1;
        }
        let clock = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '.');
        let mut numbers = clock.split(':').map(|part| {
            part.split('.')
                .next()
                .unwrap_or_default()
                .parse::<i8>()
                .unwrap_or(-1)
        });
        let (hour, minute, second) = (
            numbers.next().unwrap_or(-1),
            numbers.next().unwrap_or(0),
            numbers.next().unwrap_or(0),
        );
        match Time::new(hour, minute, second.min(59), 0) {
            Ok(time) => self.time = Some(time),
            Err(_) => self.other_words += 1,
        }
        self.shift_to(lower.get(clock.len()..).unwrap_or_default());
        match self.afternoon.take() {
            Some(true) => self.shift_to("pm"),
            Some(false) => self.shift_to("am"),
            None => {}
        }
    }

    fn shift_to(&mut self, half: &str) {
        let Some(time) = self.time else { return };
        let hour = match (half.bytes().next(), time.hour()) {
            (Some(b'p'), hour @ 1..=11) => hour + 12,
            (Some(b'a'), 12) => 0,
            (_, hour) => hour,
        };
        self.time = Time::new(hour, time.minute(), time.second(), 0).ok();
    }

    fn take_offset(&mut self, token: &str) -> bool {
        let upper = token.to_ascii_uppercase();
        self.zone = match upper.as_str() {
            "ET" => Some("America/New_York"),
            "CT" => Some("America/Chicago"),
            "MT" => Some("America/Denver"),
            "PT" => Some("America/Los_Angeles"),
            _ => self.zone,
        };
        let hours = match upper.as_str() {
            "UT" | "UTC" | "GMT" | "Z" | "WET" => 0,
            "CET" | "MEZ" | "BST" | "WEST" => 1,
            "CEST" | "MESZ" | "EET" => 2,
            "EEST" => 3,
            "ICT" => 7,
            "KST" | "JST" => 9,
            "EST" | "CDT" => -5,
            "EDT" => -4,
            "CST" | "MDT" => -6,
            "MST" | "PDT" => -7,
            "PST" => -8,
            "ET" | "CT" | "MT" | "PT" => return true,
            _ => return self.take_numeric_offset(token),
        };
        self.offset = Offset::from_hours(hours).ok();
        true
    }

    /// `+0200`, `-05:00`, `GMT+7`, `UTC-5`.
    fn take_numeric_offset(&mut self, token: &str) -> bool {
        let upper = token.to_ascii_uppercase();
        let named = ["GMT", "UTC"]
            .iter()
            .find_map(|zone| upper.strip_prefix(zone));
        let number = named.unwrap_or(&upper);
        let sign = match number.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return false,
        };
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let Ok(number) = digits.parse::<i32>() else {
            return false;
        };
        let number = match digits.len() {
            4 | 3 => number,
            1 | 2 if named.is_some() => number * 100,
            _ => return false,
        };
        self.offset = Offset::from_seconds(sign * (number / 100 * 3600 + number % 100 * 60)).ok();
        self.offset.is_some()
    }

    pub(super) fn written(&self) -> Option<Written> {
        self.on(self.month?, self.day?)
    }

    /// The date with day and month the other way round, where both could be meant.
    pub(super) fn swapped(&self) -> Option<Written> {
        let (month, day) = self.swapped?;
        self.on(month, day)
    }

    fn on(&self, month: i8, day: i8) -> Option<Written> {
        let date = Date::new(self.year?, month, day).ok()?;
        let Some(time) = self.time else {
            return Some(Written::Day(date));
        };
        let local = date.to_datetime(time);
        let zone = match (self.offset, self.zone) {
            (Some(offset), _) => Some(TimeZone::fixed(offset)),
            // Where the system knows no zones, the office's own is the better guess.
            (None, Some(name)) => TimeZone::get(name).ok(),
            (None, None) => None,
        };
        match zone {
            Some(zone) => Some(Written::Instant(zone.to_timestamp(local).ok()?)),
            None => Some(Written::Local(local)),
        }
    }
}

/// What stands behind the numbers of a date in Chinese, Japanese and Korean.
/// Taiwan's offices count the years from 1912 on: `115` is 2026. No other number of a date has three
/// digits.
fn of_the_republic(year: &str) -> Option<i16> {
    let counted: i16 = year.parse().ok()?;
    (year.len() == 3 && (100..200).contains(&counted)).then(|| counted + 1911)
}

const SIGNS: [char; 8] = ['年', '月', '日', '号', '號', '년', '월', '일'];

/// The text with a space behind each sign of a date, and none before it. `월요일` and `日曜日` after a
/// number are days of the week.
fn parted(text: &str) -> String {
    let mut parted = String::with_capacity(text.len() + 8);
    let mut chars = text.nfkc().peekable();
    while let Some(c) = chars.next() {
        let c = western_digit(c);
        let end = parted.trim_end().len();
        let of_number = SIGNS.contains(&c)
            && parted
                .get(..end)
                .is_some_and(|before| before.ends_with(|before: char| before.is_ascii_digit()))
            && !matches!(chars.peek(), Some('요' | '曜'));
        if of_number {
            parted.truncate(end);
        }
        parted.push(c);
        if of_number {
            parted.push(' ');
        }
    }
    parted
}

/// `٤` is 4: the digits of Arabic and of Persian.
fn western_digit(c: char) -> char {
    let from = match c {
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        _ => return c,
    };
    (u32::from(c) - u32::from(from))
        .checked_add(u32::from('0'))
        .and_then(char::from_u32)
        .unwrap_or(c)
}

/// `2024. 2. 16.`, as Koreans write it.
fn spaced_out(year: &str, after: &[&str]) -> Option<String> {
    let number = |token: &str, digits: std::ops::RangeInclusive<usize>| {
        let number = token.strip_suffix('.')?;
        let is_number = number.bytes().all(|b| b.is_ascii_digit());
        (is_number && digits.contains(&number.len())).then(|| number.to_owned())
    };
    let &[month, day, ..] = after else {
        return None;
    };
    let day = format!("{}.", day.trim_end_matches('.'));
    let (year, month) = (number(year, 4..=4)?, number(month, 1..=2)?);
    Some(format!("{year}-{month}-{}", number(&day, 1..=2)?))
}

/// The text without what JavaScript puts behind a date: `(Central European Summer Time)`.
fn without_zone_name(text: &str) -> &str {
    match text.rsplit_once(" (") {
        Some((before, zone)) if zone.ends_with("Time)") => before,
        _ => text,
    }
}

fn is_dotted(token: &str) -> bool {
    let pieces: Vec<&str> = token.split('.').collect();
    let is_number = |piece: &str| piece.bytes().all(|b| b.is_ascii_digit());
    match pieces.as_slice() {
        // `12.may.2026`
        [day, month, year] => {
            is_number(day)
                && is_number(year)
                && (is_number(month)
                    || (!day.is_empty() && date_words::month(&month.to_lowercase()).is_some()))
        }
        _ => false,
    }
}

/// `14.05`, as times are written in Italy and in the Netherlands.
fn is_dotted_time(token: &str) -> bool {
    token.split_once('.').is_some_and(|(hour, minute)| {
        minute.len() == 2
            && hour.parse::<u8>().is_ok_and(|hour| hour < 24)
            && minute.parse::<u8>().is_ok_and(|minute| minute < 60)
    })
}
