//! The log of who did what: in plain words, looked through by person, object and day, and as a file.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{Query, State},
    http::{
        StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use gazette_templates::pages::staff::{self as pages, AuditLine, AuditView};
use jiff::{civil::Date, tz::TimeZone};
use serde::Deserialize;

use super::{
    audit_details::details_words,
    audit_words::{object_words, says},
    failure::Failure,
    frame::{frame, shown},
    guard::{Admin, SignedIn},
    state::Console,
};
use crate::{
    accounts::{self, Role, StaffNames},
    app::App,
    audit::{self, Entry, Filter},
    csv_file::CsvFile,
    office::Office,
    rendering,
};

type Answer = Result<Response, Failure>;

/// Lines of the log on one page.
const LINES: u64 = 100;
/// Lines of the file: more than an office writes in years.
const CSV_LINES: u64 = 100_000;
/// Lines of it that are read and written at a time: nobody else waits for more.
const CSV_CHUNK: u64 = 2_000;

pub fn routes() -> Router<Console> {
    Router::new()
        .route("/staff/audit", get(audit_page))
        .route("/staff/audit.csv", get(csv))
}

/// What is looked for, as it was typed.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    who: String,
    #[serde(default)]
    object: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    before: Option<i64>,
}

impl Asked {
    /// A day that is none is said to be wrong, and not left out: a filter that is ignored shows too
    /// much.
    fn filter(&self, zone: &TimeZone) -> Result<Filter, String> {
        let given = |text: &str| {
            let text = text.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let midnight = |text: &str, days: i32| -> Result<Option<i64>, String> {
            let Some(text) = given(text) else {
                return Ok(None);
            };
            let wrong = || format!("“{text}” is no day; choose one in the calendar of the field");
            let day: Date = text.parse().map_err(|_| wrong())?;
            let day = (0..days).try_fold(day, |day, _| day.tomorrow());
            let at = day
                .map_err(|_| wrong())?
                .at(0, 0, 0, 0)
                .to_zoned_datetime(zone.clone())
                .map_err(|_| wrong())?;
            Ok(Some(at.timestamp().as_millisecond()))
        };
        Ok(Filter {
            who: given(&self.who),
            or_objects: Vec::new(),
            object: given(&self.object),
            since: midnight(&self.from, 0)?,
            until: midnight(&self.to, 1)?,
            before: self.before,
        })
    }

    fn query(&self, before: Option<i64>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("who", &self.who),
            ("object", &self.object),
            ("from", &self.from),
            ("to", &self.to),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        query.finish()
    }
}

async fn audit_page(
    State(app): State<App>,
    Admin(me): Admin,
    Query(asked): Query<Asked>,
) -> Answer {
    let zone = Office::load(&app.db).await?.time_zone;
    let members = Members::load(&app).await?;
    match asked.filter(&zone) {
        Ok(filter) => {
            let filter = members.named(filter);
            let entries = audit::search(&app.db, &filter, LINES).await?;
            let view = view(&app, &me, asked, entries, (&zone, &members)).await?;
            Ok(pages::audit(&view).into_response())
        }
        Err(error) => {
            let mut view = view(&app, &me, asked, Vec::new(), (&zone, &members)).await?;
            view.error = Some(error);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::audit(&view)).into_response())
        }
    }
}

async fn view(
    app: &App,
    me: &SignedIn,
    asked: Asked,
    entries: Vec<Entry>,
    (zone, members): (&TimeZone, &Members),
) -> Result<AuditView, Failure> {
    let last = entries.last().map(|entry| entry.id);
    let more = entries.len() as u64 == LINES;
    Ok(AuditView {
        frame: frame(app, me, None).await?,
        older: last
            .filter(|_| more)
            .map(|id| format!("/staff/audit?{}", asked.query(Some(id)))),
        csv: format!("/staff/audit.csv?{}", asked.query(None)),
        lines: entries
            .into_iter()
            .map(|entry| AuditLine {
                at: shown(entry.at, zone),
                what: says(&entry.action),
                object: members
                    .of(&entry.object)
                    .unwrap_or_else(|| object_words(&entry.object)),
                details: details_words(&entry, zone),
                who: members.who(&entry.who),
            })
            .collect(),
        filter: [asked.who, asked.object, asked.from, asked.to],
        error: None,
    })
}

/// Everybody who has or had an account: the log names by their number to whom something was done.
struct Members(BTreeMap<i64, (String, String)>, StaffNames);

impl Members {
    async fn load(app: &App) -> Result<Self, Failure> {
        let accounts = accounts::list(app).await?;
        let names = StaffNames::of(&accounts, Role::Admin);
        let by_id = accounts.into_iter().map(|account| {
            let email = account.email.to_string();
            (account.id, (email, account.name))
        });
        Ok(Self(by_id.collect(), names))
    }

    /// The address of the member of staff that the object of a line is.
    fn email(&self, object: &str) -> Option<&str> {
        let id = object.strip_prefix("staff/")?.parse().ok()?;
        self.0.get(&id).map(|(email, _)| email.as_str())
    }

    /// That object in words, and its page.
    fn of(&self, object: &str) -> Option<(String, Option<String>)> {
        let email = self.email(object)?;
        Some((self.1.with_address(email), Some("/staff/people".to_owned())))
    }

    /// Who did something.
    fn who(&self, who: &str) -> String {
        match who {
            audit::OPERATOR => COMMAND_LINE.to_owned(),
            _ => self.1.with_address(who),
        }
    }

    /// A filter that also finds what was done to the person it looks for, and understands what the page itself
    /// calls them.
    fn named(&self, mut filter: Filter) -> Filter {
        let Some(who) = filter.who.as_ref().map(|who| who.to_lowercase()) else {
            return filter;
        };
        if who == "command line" || who == COMMAND_LINE.to_lowercase() {
            filter.who = Some(audit::OPERATOR.to_owned());
            return filter;
        }
        let number = who
            .strip_prefix("staff member ")
            .or_else(|| who.strip_prefix("staff/"))
            .and_then(|number| number.trim().parse::<i64>().ok());
        let meant = self.0.iter().filter(|(id, (email, name))| {
            number == Some(**id)
                || email.to_lowercase().contains(&who)
                || name.to_lowercase().contains(&who)
        });
        filter.or_objects = meant.map(|(id, _)| format!("staff/{id}")).collect();
        filter
    }
}

const COMMAND_LINE: &str = "The command line";

async fn csv(State(app): State<App>, Admin(_): Admin, Query(asked): Query<Asked>) -> Answer {
    let zone = Office::load(&app.db).await?.time_zone;
    let Ok(filter) = asked.filter(&zone) else {
        // Its page says what is wrong.
        let page = format!("/staff/audit?{}", asked.query(None));
        return Ok(Redirect::to(&page).into_response());
    };
    let members = Members::load(&app).await?;
    let mut filter = members.named(filter);
    let mut file = CsvFile::new(Vec::new(), &COLUMNS)?;
    let mut left = CSV_LINES;
    loop {
        let entries = audit::search(&app.db, &filter, left.min(CSV_CHUNK)).await?;
        let Some(last) = entries.last() else { break };
        filter.before = Some(last.id);
        left = left.saturating_sub(entries.len() as u64);
        let written = rendering::in_turn(|| {
            let mut lines = entries.iter();
            lines.try_for_each(|entry| add_line(&mut file, &members, entry))
        });
        written.await??;
    }
    let table = file.finish().map_err(csv::Error::from)?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"gazette-log.csv\"",
        ),
    ];
    Ok((headers, table).into_response())
}

const COLUMNS: [&str; 7] = [
    "id",
    "at",
    "who",
    "action",
    "object",
    "details",
    "staff_member",
];

fn add_line(file: &mut CsvFile<Vec<u8>>, members: &Members, entry: &Entry) -> csv::Result<()> {
    file.line([
        &entry.id.to_string(),
        &entry.at.to_string(),
        &entry.who,
        &entry.action,
        &entry.object,
        &entry.details,
        members.email(&entry.object).unwrap_or_default(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_and_ends_by_the_offices_clock() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let asked = Asked {
            from: "2026-03-08".to_owned(),
            to: "2026-03-08".to_owned(),
            ..Asked::default()
        };
        let filter = asked.filter(&zone).unwrap();
        // The day on which the clocks go forward has 23 hours.
        let hours = (filter.until.unwrap() - filter.since.unwrap()) / crate::clock::HOUR;
        assert_eq!(hours, 23);
        let wrong = Asked {
            from: "yesterday".to_owned(),
            ..Asked::default()
        };
        assert!(wrong.filter(&zone).unwrap_err().contains("no day"));
    }
}
