//! Days and times as readers write them, in each of their languages.

use jiff::civil::{Date, DateTime, Time};

use super::words::Words;

impl Words {
    /// A day: "November 27, 2026".
    #[must_use]
    pub fn date(&self, date: Date) -> String {
        self.day(date.year().into(), date.month().into(), date.day().into())
    }

    /// A month: "November 2026".
    #[must_use]
    pub fn month_of(&self, date: Date) -> String {
        self.month(date.year().into(), date.month().into())
    }

    /// A time of day: "6:00 p.m.".
    #[must_use]
    pub fn time_of_day(&self, time: Time) -> String {
        let hour = i64::from(time.hour());
        let half = if hour < 12 { "am" } else { "pm" };
        let of_half = match hour % 12 {
            0 => 12,
            hour => hour,
        };
        self.time(half, hour, of_half, &format!("{:02}", time.minute()))
    }

    /// A day and a time in a zone: "November 27, 2026, 11:55 p.m. PST".
    #[must_use]
    pub fn day_and_time(&self, at: DateTime, zone: &str) -> String {
        let (day, time) = (self.date(at.date()), self.time_of_day(at.time()));
        self.moment(&day, &time, zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_time_is_written_as_its_readers_write_it() {
        let at: DateTime = "2026-11-27T23:55".parse().unwrap();
        for (tag, shown) in [
            ("en", "November 27, 2026, 11:55 p.m. PST"),
            ("es-US", "27 de noviembre de 2026, 11:55 p. m. PST"),
            ("ko", "2026년 11월 27일 오후 11:55 PST"),
            ("vi", "23:55 PST, ngày 27 tháng 11 năm 2026"),
            ("zh-TW", "2026年11月27日 下午 11:55 PST"),
            ("zh-CN", "2026年11月27日 下午 11:55 PST"),
        ] {
            assert_eq!(Words::of(tag).day_and_time(at, "PST"), shown);
        }
        let english = Words::of("en");
        let midnight: DateTime = "2026-11-27T00:05".parse().unwrap();
        assert_eq!(english.time_of_day(midnight.time()), "12:05 a.m.");
        assert_eq!(english.month_of(date(2026, 2, 1)), "February 2026");
        assert_eq!(
            Words::of("es").month_of(date(2026, 2, 1)),
            "febrero de 2026"
        );
        for month in 1..=12 {
            for words in Words::all() {
                assert!(!words.month_of(date(2026, month, 1)).contains('$'));
            }
        }
    }
}
