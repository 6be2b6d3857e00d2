//! What went to people who had not asked for it, by quarter: the numbers that the House's report of
//! mass communications asks for (C2).

use jiff::{civil::Date, tz::TimeZone};
use sea_orm::{DbErr, FromQueryResult};
use serde::Serialize;

use super::{Audience, Counts, MASS, NewsletterError, Result, store::live_counts};
use crate::{
    app::App,
    clock::{Timestamp, instant},
    csv_file::CsvFile,
    db::{self, sql_value},
    house::blackout_at,
    office::Office,
    values,
};

/// A quarter of a year, as the office's calendar has it: `2026Q3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarter {
    year: i16,
    /// 1 to 4.
    number: i8,
}

/// One newsletter that went to the press list.
#[derive(Debug, Clone, Serialize)]
pub struct ReportLine {
    /// `newsletter.id`
    pub newsletter: i64,
    /// The day on which sending began, in the office's zone.
    pub date: Date,
    /// Its subject.
    pub subject: String,
    /// Whether it was a news release to the media.
    pub news_release: bool,
    /// How many got it.
    pub recipients: u64,
    /// To how many it went who did not ask and are not covered by the exception for the media.
    pub unsolicited: u64,
    /// Whether these are so many that it is a mass communication.
    pub mass_communication: bool,
    /// Whether it was sent in the knowledge of a blackout.
    pub in_blackout: bool,
}

impl Quarter {
    /// The one that `at` lies in.
    #[must_use]
    pub fn of(at: Timestamp, zone: &TimeZone) -> Self {
        let day = zone.to_datetime(at).date();
        Self {
            year: day.year(),
            number: (day.month() - 1) / 3 + 1,
        }
    }

    fn begins(self, zone: &TimeZone) -> Result<i64> {
        let month = (self.number - 1) * 3 + 1;
        let day = Date::new(self.year, month, 1)
            .and_then(|day| day.at(0, 0, 0, 0).to_zoned_datetime(zone.clone()));
        match day {
            Ok(day) => Ok(day.timestamp().as_millisecond()),
            Err(error) => Err(NewsletterError::Wrong(format!("no such quarter: {error}"))),
        }
    }

    /// The one before; none before the year 2000.
    #[must_use]
    pub fn before(self) -> Option<Self> {
        match self.number {
            1 if self.year <= 2000 => None,
            1 => Some(Self {
                year: self.year - 1,
                number: 4,
            }),
            number => Some(Self {
                number: number - 1,
                ..self
            }),
        }
    }

    /// As people say it: `October to December 2026`.
    #[must_use]
    pub fn words(self) -> String {
        let months = match self.number {
            1 => "January to March",
            2 => "April to June",
            3 => "July to September",
            _ => "October to December",
        };
        format!("{months} {}", self.year)
    }

    fn after(self) -> Self {
        match self.number {
            4 => Self {
                year: self.year + 1,
                number: 1,
            },
            number => Self {
                number: number + 1,
                ..self
            },
        }
    }
}

impl std::fmt::Display for Quarter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}Q{}", self.year, self.number)
    }
}

impl std::str::FromStr for Quarter {
    type Err = NewsletterError;

    fn from_str(text: &str) -> Result<Self> {
        text.trim()
            .to_ascii_uppercase()
            .split_once('Q')
            .and_then(|(year, number)| Some((year.parse().ok()?, number.parse().ok()?)))
            .filter(|(year, number)| (2000..=2100).contains(year) && (1..=4).contains(number))
            .map(|(year, number)| Self { year, number })
            .ok_or_else(|| {
                NewsletterError::Wrong(format!("`{text}` is no quarter; write it like 2026Q3"))
            })
    }
}

#[derive(Debug, FromQueryResult)]
struct Row {
    id: i64,
    started_at: i64,
    subject: String,
    news_release: bool,
    unsolicited: i64,
    counts: Option<String>,
}

/// Everything that went to the press list in the quarter, the oldest first.
pub async fn report(app: &App, quarter: Quarter) -> Result<Vec<ReportLine>> {
    let zone = Office::load(&app.db).await?.time_zone;
    // newsletter_to_press
    let sql = format!(
        "SELECT id, started_at, subject, news_release, coalesce(unsolicited, 0) AS unsolicited, counts
         FROM newsletter WHERE audience = {} AND started_at >= $1 AND started_at < $2 ORDER BY started_at, id",
        sql_value(&Audience::PressList)
    );
    let values = values![quarter.begins(&zone)?, quarter.after().begins(&zone)?];
    let rows: Vec<Row> = db::rows(app.db.pool(), &sql, values).await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let unsolicited = row.unsolicited.unsigned_abs();
        let counts = match &row.counts {
            Some(json) => serde_json::from_str::<Counts>(json)
                .map_err(|error| DbErr::Json(error.to_string()))?,
            None => live_counts(&app.db, row.id, 0).await?,
        };
        let began = instant(row.started_at);
        lines.push(ReportLine {
            newsletter: row.id,
            date: zone.to_datetime(began).date(),
            subject: row.subject,
            news_release: row.news_release,
            recipients: counts.accepted,
            unsolicited,
            mass_communication: unsolicited >= MASS,
            in_blackout: blackout_at(app, &zone, began).await?.is_some(),
        });
    }
    Ok(lines)
}

/// The lines as CSV, with a header.
pub fn report_csv(lines: &[ReportLine]) -> Result<Vec<u8>> {
    let failed = |error: csv::Error| NewsletterError::Wrong(error.to_string());
    let columns = [
        "newsletter",
        "date",
        "subject",
        "news_release",
        "recipients",
        "unsolicited",
        "mass_communication",
        "in_blackout",
    ];
    let mut file = CsvFile::new(Vec::new(), &columns).map_err(failed)?;
    let word = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    for line in lines {
        file.line([
            line.newsletter.to_string(),
            line.date.to_string(),
            line.subject.clone(),
            word(line.news_release),
            line.recipients.to_string(),
            line.unsolicited.to_string(),
            word(line.mass_communication),
            word(line.in_blackout),
        ])
        .map_err(failed)?;
    }
    file.finish()
        .map_err(|error| NewsletterError::Wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_the_offices_and_follows_the_one_before() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let at: Timestamp = "2026-10-01T06:59:59Z".parse().unwrap();
        assert_eq!(Quarter::of(at, &zone).to_string(), "2026Q3");
        let quarter: Quarter = "2026q4".parse().unwrap();
        assert_eq!(quarter.before().unwrap().to_string(), "2026Q3");
        assert_eq!(quarter.after().to_string(), "2027Q1");
        assert_eq!(quarter.words(), "October to December 2026");
        assert_eq!(quarter.after().words(), "January to March 2027");
        assert_eq!(
            instant(quarter.begins(&zone).unwrap()).to_string(),
            "2026-10-01T07:00:00Z"
        );
        for wrong in ["", "2026", "2026Q0", "2026Q5", "Q3", "1900Q1"] {
            assert!(wrong.parse::<Quarter>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_subject_is_no_formula() {
        let line = ReportLine {
            newsletter: 1,
            date: "2026-07-01".parse().unwrap(),
            subject: "=1+1".to_owned(),
            news_release: true,
            recipients: 2,
            unsolicited: 0,
            mass_communication: false,
            in_blackout: false,
        };
        let csv = String::from_utf8(report_csv(&[line]).unwrap()).unwrap();
        assert!(csv.contains(",'=1+1,"), "{csv}");
    }
}
