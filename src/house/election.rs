//! Elections, entered once or read from a file.

use std::io::Read;

use jiff::civil::Date;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use serde::Serialize;

use super::{HouseError, Result};
use crate::{app::App, values};

pub(super) const COLUMNS: &str = "SELECT id, day, kind, name, candidate FROM election";

/// An election in the Member's district or state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Election {
    /// `election.id`
    pub id: i64,
    /// Election day.
    pub day: Date,
    /// What is decided in it.
    pub kind: ElectionKind,
    /// What the office calls it.
    pub name: String,
    /// Whether the Member stands in it; only then it makes a blackout.
    pub candidate: bool,
}

/// The elections that the rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ElectionKind {
    /// Who stands for a party.
    Primary,
    /// The regular one.
    General,
    /// Out of turn.
    Special,
    /// Because none before decided.
    Runoff,
}

impl ElectionKind {
    /// All of them, in the order in which a form offers them.
    pub const ALL: [Self; 4] = [Self::Primary, Self::General, Self::Special, Self::Runoff];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::General => "general",
            Self::Special => "special",
            Self::Runoff => "runoff",
        }
    }
}

impl std::fmt::Display for ElectionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for ElectionKind {
    type Err = HouseError;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| {
                HouseError::Wrong(format!(
                    "`{text}` is no kind of election; there are primary, general, special and runoff"
                ))
            })
    }
}

/// Enters an election. Entering it again changes only whether the Member stands in it.
pub async fn add(
    app: &App,
    day: &str,
    kind: ElectionKind,
    name: &str,
    candidate: bool,
) -> Result<i64> {
    let new = checked(day, kind, name, candidate)?;
    store(app, app.db.pool(), &new).await
}

/// Enters every election of a CSV file with the columns `date`, `kind`, `name` and `candidate`
/// (yes or no; yes where it is left out): all or none of them. How many there were.
pub async fn import(app: &App, file: impl Read) -> Result<u64> {
    let elections = read_csv(file)?;
    let transaction = app.db.begin().await?;
    for election in &elections {
        store(app, &transaction, election).await?;
    }
    transaction.commit().await?;
    Ok(elections.len() as u64)
}

/// All elections, the newest first.
pub async fn list(app: &App) -> Result<Vec<Election>> {
    let rows = app
        .db
        .all(&format!("{COLUMNS} ORDER BY day DESC, id DESC"), [])
        .await?;
    Ok(rows
        .iter()
        .map(read)
        .collect::<std::result::Result<_, _>>()?)
}

/// Takes an election away, and its blackout with it.
pub async fn remove(app: &App, id: i64) -> Result<()> {
    let removed = app
        .db
        .execute("DELETE FROM election WHERE id = $1", values![id])
        .await?;
    if removed == 0 {
        return Err(HouseError::NotFound(id));
    }
    Ok(())
}

async fn store(app: &App, connection: &impl ConnectionTrait, new: &Election) -> Result<i64> {
    let row = connection
        .query_one_raw(app.db.statement(
            "INSERT INTO election (day, kind, name, candidate) VALUES ($1, $2, $3, $4)
             ON CONFLICT (day, kind, name) DO UPDATE SET candidate = excluded.candidate
             RETURNING id",
            values![
                new.day.to_string(),
                new.kind.as_str(),
                new.name.as_str(),
                new.candidate
            ],
        ))
        .await?
        .ok_or_else(|| DbErr::Custom("the database gave no id for the election".to_owned()))?;
    Ok(row.try_get_by_index(0)?)
}

fn checked(day: &str, kind: ElectionKind, name: &str, candidate: bool) -> Result<Election> {
    let wrong = |why: &str| HouseError::Wrong(why.to_owned());
    let day: Date = day
        .trim()
        .parse()
        .map_err(|_| HouseError::Wrong(format!("`{day}` is no date; write it like 2026-11-03")))?;
    // A slip of the pen would make a blackout that nobody notices.
    if !(2000..=2100).contains(&day.year()) {
        return Err(wrong("the election's year must be between 2000 and 2100"));
    }
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(wrong(
            "the election needs a name of at most 100 characters, such as House CA-40",
        ));
    }
    Ok(Election {
        id: 0,
        day,
        kind,
        name: name.to_owned(),
        candidate,
    })
}

fn read_csv(file: impl Read) -> Result<Vec<Election>> {
    let unreadable =
        |error: csv::Error| HouseError::Wrong(format!("the file is no CSV file in UTF-8: {error}"));
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(file);
    let headers = reader.headers().map_err(unreadable)?.clone();
    let column = |name: &str| {
        headers.iter().position(|header| {
            header
                .trim_start_matches('\u{feff}')
                .eq_ignore_ascii_case(name)
        })
    };
    let (Some(date), Some(kind), Some(name)) = (column("date"), column("kind"), column("name"))
    else {
        return Err(HouseError::Wrong(
            "the file's first line must name the columns date, kind and name (and candidate, if you like)"
                .to_owned(),
        ));
    };
    let candidate = column("candidate");
    let mut elections = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |at: usize| record.get(at).unwrap_or_default();
        let stands = match candidate.map_or("", field).to_ascii_lowercase().as_str() {
            "" | "yes" | "true" | "1" => Ok(true),
            "no" | "false" | "0" => Ok(false),
            other => Err(HouseError::Wrong(format!(
                "`{other}` must be yes or no: whether the Member is a candidate"
            ))),
        };
        let election = stands
            .and_then(|stands| checked(field(date), field(kind).parse()?, field(name), stands));
        elections
            .push(election.map_err(|error| HouseError::Wrong(format!("line {line}: {error}")))?);
    }
    Ok(elections)
}

pub(super) fn read(row: &QueryResult) -> std::result::Result<Election, DbErr> {
    let stored = |error: String| DbErr::Custom(format!("an election cannot be read: {error}"));
    let day: String = row.try_get_by_index(1)?;
    let kind: String = row.try_get_by_index(2)?;
    Ok(Election {
        id: row.try_get_by_index(0)?,
        day: day
            .parse()
            .map_err(|error: jiff::Error| stored(error.to_string()))?,
        kind: kind
            .parse()
            .map_err(|error: HouseError| stored(error.to_string()))?,
        name: row.try_get_by_index(3)?,
        candidate: row.try_get_by_index(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, delivery::testing};

    #[tokio::test]
    async fn a_file_of_elections_is_read_whole_or_not_at_all_and_again_without_harm() {
        let (app, _folder) = testing::app(Clock::system()).await;
        let file = "\u{feff}Date,Kind,Name,Candidate\n2026-06-02,primary,June,yes\n2026-11-03, General ,November,\n2027-03-02,special,Senate,no\n";
        for _ in 0..2 {
            assert_eq!(import(&app, file.as_bytes()).await.unwrap(), 3);
            let all = list(&app).await.unwrap();
            let shown: Vec<_> = all
                .iter()
                .map(|one| (one.day.to_string(), one.kind, one.candidate))
                .collect();
            assert_eq!(
                shown,
                [
                    ("2027-03-02".to_owned(), ElectionKind::Special, false),
                    ("2026-11-03".to_owned(), ElectionKind::General, true),
                    ("2026-06-02".to_owned(), ElectionKind::Primary, true),
                ]
            );
        }
        for (file, says) in [
            ("date,name\n2028-01-01,x\n", "must name the columns"),
            (
                "date,kind,name\n2028-06-06,primary,a\nsoon,general,b\n",
                "line 3: `soon` is no date",
            ),
            (
                "date,kind,name\n2028-06-06,caucus,a\n",
                "line 2: `caucus` is no kind",
            ),
            (
                "date,kind,name,candidate\n2028-06-06,primary,a,maybe\n",
                "must be yes or no",
            ),
            (
                "date,kind,name\n0206-11-03,general,a\n",
                "between 2000 and 2100",
            ),
            ("date,kind,name\n2028-06-06,general,\n", "needs a name"),
        ] {
            let error = import(&app, file.as_bytes()).await.unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(list(&app).await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn an_election_is_taken_away_once() {
        let (app, _folder) = testing::app(Clock::system()).await;
        let id = add(&app, "2026-11-03", ElectionKind::General, "November", true)
            .await
            .unwrap();
        remove(&app, id).await.unwrap();
        assert!(matches!(
            remove(&app, id).await,
            Err(HouseError::NotFound(_))
        ));
    }
}
