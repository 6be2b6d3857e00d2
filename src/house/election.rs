//! Elections, entered once or read from a file.

use std::io::Read;

use jiff::civil::Date;
use sea_orm::{
    ActiveEnum, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, DeriveActiveEnum,
    EntityTrait, EnumIter, Iterable, QueryFilter, QueryOrder, sea_query::OnConflict,
};
use serde::Serialize;

use super::{HouseError, Result};
use crate::{
    app::App,
    audit::{self, Action},
    given_name,
};

/// Characters of an election's name, at most.
const LONGEST_NAME: usize = 100;

/// The table `election`.
mod table {
    use sea_orm::entity::prelude::*;

    use super::ElectionKind;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "election")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        /// ISO 8601: such days sort as text.
        pub day: String,
        pub kind: ElectionKind,
        pub name: String,
        pub candidate: bool,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

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
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, clap::ValueEnum, EnumIter, DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "lowercase")]
pub enum ElectionKind {
    /// Who stands for a party.
    #[sea_orm(string_value = "primary")]
    Primary,
    /// The regular one.
    #[sea_orm(string_value = "general")]
    General,
    /// Out of turn.
    #[sea_orm(string_value = "special")]
    Special,
    /// Because none before decided.
    #[sea_orm(string_value = "runoff")]
    Runoff,
}

impl ElectionKind {
    /// All of them, in the order in which a form offers them.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Self::iter().collect()
    }

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
        Self::try_from_value(&text.trim().to_ascii_lowercase()).map_err(|_| {
            HouseError::Wrong(format!(
                "`{text}` is no kind of election; there are primary, general, special and runoff"
            ))
        })
    }
}

/// Enters an election. Entering it again changes only whether the Member stands in it. `who` stands in
/// the audit log.
pub async fn add(
    app: &App,
    day: &str,
    kind: ElectionKind,
    name: &str,
    candidate: bool,
    who: &str,
) -> Result<i64> {
    let new = checked(day, kind, name, candidate)?;
    let transaction = app.db.begin().await?;
    let id = store(app, &transaction, &new, who).await?;
    transaction.commit().await?;
    Ok(id)
}

/// Enters every election of a CSV file with the columns `date`, `kind`, `name` and `candidate`
/// (yes or no; yes where it is left out): all or none of them. How many there were.
pub async fn import(app: &App, file: impl Read, who: &str) -> Result<u64> {
    let elections = read_csv(file)?;
    let transaction = app.db.begin().await?;
    for election in &elections {
        store(app, &transaction, election, who).await?;
    }
    transaction.commit().await?;
    Ok(elections.len() as u64)
}

/// All elections, the newest first.
pub async fn list(app: &App) -> Result<Vec<Election>> {
    let rows = table::Entity::find()
        .order_by_desc(table::Column::Day)
        .order_by_desc(table::Column::Id)
        .all(app.db.pool())
        .await?;
    Ok(read_all(rows)?)
}

/// Those from `first` on, until `last` where one is given, in which the Member is a candidate; in the
/// order of their days. The table's unique key begins with the day.
pub(super) async fn candidacies(
    app: &App,
    first: Date,
    last: Option<Date>,
) -> std::result::Result<Vec<Election>, DbErr> {
    let mut query = table::Entity::find()
        .filter(table::Column::Candidate.eq(true))
        .filter(table::Column::Day.gte(first.to_string()))
        .order_by_asc(table::Column::Day)
        .order_by_asc(table::Column::Id);
    if let Some(last) = last {
        query = query.filter(table::Column::Day.lte(last.to_string()));
    }
    read_all(query.all(app.db.pool()).await?)
}

/// Takes an election away, and its blackout with it.
pub async fn remove(app: &App, id: i64, who: &str) -> Result<()> {
    let transaction = app.db.begin().await?;
    let removed = table::Entity::delete_by_id(id).exec(&transaction).await?;
    if removed.rows_affected == 0 {
        return Err(HouseError::NotFound(id));
    }
    let (now, object) = (app.clock.now_ms(), format!("election/{id}"));
    audit::record(&transaction, now, who, Action::ElectionRemove, object, "").await?;
    Ok(transaction.commit().await?)
}

async fn store(
    app: &App,
    transaction: &impl ConnectionTrait,
    new: &Election,
    who: &str,
) -> std::result::Result<i64, DbErr> {
    let Election {
        day,
        kind,
        name,
        candidate,
        ..
    } = new;
    let again = OnConflict::columns([table::Column::Day, table::Column::Kind, table::Column::Name])
        .update_column(table::Column::Candidate)
        .to_owned();
    table::Entity::insert(table::ActiveModel {
        day: Set(day.to_string()),
        kind: Set(*kind),
        name: Set(name.clone()),
        candidate: Set(*candidate),
        ..Default::default()
    })
    .on_conflict(again)
    .exec_without_returning(transaction)
    .await?;
    // SQLite tells no id of a row that was there.
    let stored = table::Entity::find()
        .filter(table::Column::Day.eq(day.to_string()))
        .filter(table::Column::Kind.eq(*kind))
        .filter(table::Column::Name.eq(name.as_str()))
        .one(transaction)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound(format!("the election of {day}")))?;
    let (now, object) = (app.clock.now_ms(), format!("election/{}", stored.id));
    let stands = if *candidate { "" } else { ", no candidate" };
    let details = format!("{day} {kind} {name}{stands}");
    audit::record(transaction, now, who, Action::ElectionAdd, object, details).await?;
    Ok(stored.id)
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
    let name = given_name::checked(name, LONGEST_NAME)
        .map_err(|why| HouseError::Wrong(format!("the name of an election {why}")))?;
    if name.is_empty() {
        return Err(wrong("the election needs a name, such as House CA-40"));
    }
    Ok(Election {
        id: 0,
        day,
        kind,
        name,
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

fn read_all(rows: Vec<table::Model>) -> std::result::Result<Vec<Election>, DbErr> {
    let read = |row: table::Model| {
        let day = row.day.parse();
        Ok(Election {
            id: row.id,
            day: day.map_err(|error: jiff::Error| {
                DbErr::Custom(format!("an election cannot be read: {error}"))
            })?,
            kind: row.kind,
            name: row.name,
            candidate: row.candidate,
        })
    };
    rows.into_iter().map(read).collect()
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
            assert_eq!(import(&app, file.as_bytes(), "test").await.unwrap(), 3);
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
            let error = import(&app, file.as_bytes(), "test")
                .await
                .unwrap_err()
                .to_string();
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(list(&app).await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn what_is_entered_and_taken_away_stands_in_the_audit_log_and_what_fails_does_not() {
        let (app, _folder) = testing::app(Clock::system()).await;
        let file = "date,kind,name\n2026-06-02,primary,June\n2026-11-03,general,November\n";
        import(&app, file.as_bytes(), "ana").await.unwrap();
        let id = list(&app).await.unwrap()[0].id;
        remove(&app, id, "ben").await.unwrap();
        remove(&app, id, "ben").await.unwrap_err();
        let broken = "date,kind,name\n2028-06-02,primary,June\n2028-11-03,caucus,November\n";
        import(&app, broken.as_bytes(), "ana").await.unwrap_err();
        let mut lines = audit::latest(&app.db, i64::MAX, 10).await.unwrap();
        lines.reverse();
        let lines: Vec<_> = lines
            .iter()
            .map(|line| {
                (
                    line.who.as_str(),
                    line.action.as_str(),
                    line.details.as_str(),
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                ("ana", "election.add", "2026-06-02 primary June"),
                ("ana", "election.add", "2026-11-03 general November"),
                ("ben", "election.remove", ""),
            ]
        );
    }

    #[tokio::test]
    async fn an_election_is_taken_away_once() {
        let (app, _folder) = testing::app(Clock::system()).await;
        let id = add(
            &app,
            "2026-11-03",
            ElectionKind::General,
            "November",
            true,
            "test",
        )
        .await
        .unwrap();
        remove(&app, id, "test").await.unwrap();
        assert!(matches!(
            remove(&app, id, "test").await,
            Err(HouseError::NotFound(_))
        ));
    }
}
