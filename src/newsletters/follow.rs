//! What it means for newsletters that the office changed or withdrew a release: what nobody has
//! looked at takes the new text, what somebody decided about is put before them again, and of what
//! was mailed staff are told. What was never final is cancelled (F9). A digest that nobody edited is
//! made again of what its releases say now; who approved it is asked anew.

use gazette_templates::Document;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult};

use super::{
    NewsletterState as State, Result, checks,
    contents::Contents,
    correction::{self, brings},
    lifecycle::cancel_because,
    making::newest_revision,
    retopic::follow_categories,
};
use crate::{app::App, office::Office, values};

const CHANGED_DRAFT: &str = "The office changed the release since. Compare the two, and take the new text or keep this one.";
const TAKEN_BACK: &str =
    "The office took the release back. Cancel this newsletter unless you know better.";
const CHANGED_PART: &str = "The office changed one of its releases since. Compare the two, and take the new text or keep this one.";
const PART_TAKEN_BACK: &str =
    "The office took one of its releases back. Take it out of the text, or cancel this newsletter.";
const GATHERED_AGAIN: &str = "The office changed or took back one of its releases after it was approved, so it was gathered again. Look at it, and approve it again.";
const NOTHING_LEFT: &str =
    "Everything that was in it was taken back, so it was cancelled before it was mailed.";
const PART_REFUSED: &str =
    "One of its releases is not to be mailed. Take it out of the text, or cancel this newsletter.";
const GATHERED_WITHOUT: &str = "One of its releases is not to be mailed, so it was gathered again without it. Look at it, and approve it.";
const WITHDRAWN: &str = "The office took it back in the first minutes, before it was final, so it was cancelled. Nobody got it.";
const LEFT_OUT: &str = "The office changed it in the first minutes, and the source's filter leaves it out now, so it was cancelled. Nobody got it.";
const CHANGED_AFTER: &str = "The office changed it after it was mailed. Look at the changes and decide whether to send a correction.";
const GONE_AFTER: &str = "The office took it back after it was mailed.";

/// A release that is not what its newsletters say.
#[derive(Debug)]
struct Changed {
    id: i64,
    title: String,
    document: Option<String>,
    source: Option<i64>,
    categories: Vec<String>,
    became: Became,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
enum Became {
    /// It may say something else.
    Other,
    /// It is held since, for this reason.
    Held(String),
    /// It was held, and a person said that it is not mailed.
    Refused,
    /// The office took it back.
    TakenBack,
    /// It never was final; why.
    NeverFinal(&'static str),
}

/// One of its newsletters.
#[derive(Debug)]
struct Made {
    id: i64,
    state: State,
    what: What,
    /// Staff changed what it says.
    edited: bool,
    /// No person has decided anything about it.
    undecided: bool,
    revision: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// One release.
    Single,
    /// One that was mailed, changed.
    Correction,
    /// Several releases.
    Digest,
}

/// Tells the newsletters of every release that changed; how many releases that were.
pub async fn follow_changes(app: &App) -> Result<u64> {
    let rows = app
        .db
        .all(
            // release_changed; nearly always empty
            "SELECT id FROM release WHERE changed_at IS NOT NULL ORDER BY id LIMIT 100",
            [],
        )
        .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let office = Office::load(&app.db).await?;
    for row in &rows {
        follow(app, &office, row.try_get_by_index(0)?).await?;
    }
    Ok(rows.len() as u64)
}

fn changed(row: &QueryResult) -> Result<Changed> {
    let state: String = row.try_get("", "state")?;
    // Only what was taken back within its settle time has kept when that would have been over.
    let settling = row.try_get::<Option<i64>>("", "settles_at")?.is_some();
    let held_because: Option<String> = row.try_get("", "held_because")?;
    let categories: Option<String> = row.try_get("", "categories")?;
    Ok(Changed {
        id: row.try_get("", "id")?,
        title: row.try_get("", "title")?,
        document: row.try_get("", "document")?,
        source: row.try_get("", "source_id")?,
        categories: match categories {
            Some(json) => {
                serde_json::from_str(&json).map_err(|error| DbErr::Custom(error.to_string()))?
            }
            None => Vec::new(),
        },
        became: match (state.as_str(), held_because) {
            ("vanished", _) if settling => Became::NeverFinal(WITHDRAWN),
            ("vanished", _) => Became::TakenBack,
            ("filtered", _) => Became::NeverFinal(LEFT_OUT),
            ("held", Some(why)) => Became::Held(why),
            ("dropped", _) => Became::Refused,
            _ => Became::Other,
        },
    })
}

async fn follow(app: &App, office: &Office, id: i64) -> Result<()> {
    let transaction = app.db.begin().await?;
    // PostgreSQL: nobody approves one, and none begins, between the look at it and what follows.
    transaction
        .execute_raw(app.db.statement(
            // newsletter_release_of, newsletter's primary key
            "UPDATE newsletter SET corrects = corrects WHERE state IN (0, 1)
             AND id IN (SELECT newsletter_id FROM newsletter_release WHERE release_id = $1)",
            values![id],
        ))
        .await?;
    // Before it is read: what changes from here on is followed another time.
    transaction
        .execute_raw(app.db.statement(
            "UPDATE release SET changed_at = NULL WHERE id = $1",
            values![id],
        ))
        .await?;
    let row = transaction
        .query_one_raw(app.db.statement(
            "SELECT id, title, document, state, held_because, settles_at, source_id, categories
             FROM release WHERE id = $1",
            values![id],
        ))
        .await?;
    let Some(row) = row else { return Ok(()) };
    let release = &changed(&row)?;
    let newest = newest_revision(app, &transaction, release.id).await?;
    let rows = transaction
        .query_all_raw(app.db.statement(
            // newsletter_release_of, newsletter's primary key
            "SELECT n.id, n.state, n.automatic, n.edited_at, n.release_id, n.corrects, x.revision
             FROM newsletter_release x JOIN newsletter n ON n.id = x.newsletter_id
             WHERE x.release_id = $1 ORDER BY n.id",
            values![release.id],
        ))
        .await?;
    let mut notice: Option<String> = None;
    for row in &rows {
        let made = made(row)?;
        let news = if release.became != Became::Other || made.revision < newest {
            tell(app, &transaction, office, release, &made, newest).await?
        } else {
            None
        };
        notice = notice.or(news);
    }
    if let (Some(source), Became::Other) = (release.source, &release.became) {
        follow_categories(app, &transaction, release.id, source, &release.categories).await?;
    }
    transaction
        .execute_raw(app.db.statement(
            "UPDATE release SET notice = coalesce($2, notice) WHERE id = $1",
            values![release.id, notice],
        ))
        .await?;
    Ok(transaction.commit().await?)
}

fn made(row: &QueryResult) -> std::result::Result<Made, DbErr> {
    let number: i16 = row.try_get("", "state")?;
    let state = State::from_number(number)
        .ok_or_else(|| DbErr::Custom(format!("newsletter state {number} is unknown")))?;
    let automatic: bool = row.try_get("", "automatic")?;
    Ok(Made {
        id: row.try_get("", "id")?,
        state,
        what: match (
            row.try_get::<Option<i64>>("", "release_id")?,
            row.try_get::<Option<i64>>("", "corrects")?,
        ) {
            (None, _) => What::Digest,
            (Some(_), Some(_)) => What::Correction,
            (Some(_), None) => What::Single,
        },
        edited: row.try_get::<Option<i64>>("", "edited_at")?.is_some(),
        undecided: state == State::Draft || automatic,
        revision: row.try_get("", "revision")?,
    })
}

/// Tells one newsletter that its release is not what it says; what staff are to be told by mail.
async fn tell(
    app: &App,
    transaction: &DatabaseTransaction,
    office: &Office,
    release: &Changed,
    made: &Made,
    newest: i32,
) -> Result<Option<String>> {
    let vanished = matches!(release.became, Became::TakenBack | Became::NeverFinal(_));
    match made.state {
        State::Cancelled => return Ok(None),
        State::Sending | State::Paused | State::Sent => {
            let why = match (vanished, made.revision < newest) {
                (true, _) => Some(GONE_AFTER),
                (false, true) => Some(CHANGED_AFTER),
                (false, false) => None,
            };
            return Ok(why.map(str::to_owned));
        }
        State::Draft | State::Approved => {}
    }
    match &release.became {
        Became::NeverFinal(why) if made.what != What::Digest => {
            cancel(app, transaction, made, why).await
        }
        Became::Held(why) => {
            let new = made.revision < newest;
            let kept = made.edited || !made.undecided;
            let why = match (made.what, new && kept) {
                (What::Digest, _) => {
                    format!("One of its releases is held: {}. {why}", release.title)
                }
                (_, true) => format!("{why} {CHANGED_DRAFT}"),
                (_, false) => why.clone(),
            };
            if new && !kept && made.what != What::Digest {
                renew(app, transaction, made, release, newest).await?;
            }
            // The release's own notice tells staff.
            back_to_draft(app, transaction, made, &why).await?;
            Ok(None)
        }
        Became::Refused if made.what == What::Digest => {
            let why = if made.edited {
                PART_REFUSED
            } else {
                gather_again(app, transaction, office, made).await?;
                GATHERED_WITHOUT
            };
            back_to_draft(app, transaction, made, why).await?;
            Ok(None)
        }
        // Its own draft was cancelled by whoever said so.
        Became::Refused => Ok(None),
        _ if made.what == What::Digest && !made.edited => {
            gather_again(app, transaction, office, made).await
        }
        Became::Other if !made.edited && made.undecided => {
            renew(app, transaction, made, release, newest).await
        }
        _ => {
            let why = match (made.what, vanished) {
                (What::Digest, false) => CHANGED_PART,
                (What::Digest, true) => PART_TAKEN_BACK,
                (_, false) => CHANGED_DRAFT,
                (_, true) => TAKEN_BACK,
            };
            back_to_draft(app, transaction, made, why).await
        }
    }
}

/// The newsletter says what the release says now. Its place in the archive stays: nobody has been
/// there yet, and a link that staff passed on goes on working.
async fn renew(
    app: &App,
    transaction: &DatabaseTransaction,
    made: &Made,
    release: &Changed,
    newest: i32,
) -> Result<Option<String>> {
    let Some(json) = &release.document else {
        return Ok(None);
    };
    let document: Document =
        serde_json::from_str(json).map_err(|error| DbErr::Custom(error.to_string()))?;
    let subject = correction::subject(&release.title, made.what == What::Correction)
        .map(|subject| subject.as_str().to_owned());
    put(app, transaction, made.id, subject.as_deref(), &document).await?;
    brings(app, transaction, made.id, newest).await?;
    tracing::info!(newsletter.id = made.id, "took the release's corrected text");
    let subject = subject.unwrap_or_default();
    look_first(app, transaction, made, &subject, &document).await
}

/// A digest is made again of what its releases say now, without those that were taken back; where
/// nothing is left, it is cancelled.
async fn gather_again(
    app: &App,
    transaction: &DatabaseTransaction,
    office: &Office,
    made: &Made,
) -> Result<Option<String>> {
    let Some(contents) = Contents::present(app, transaction, office, made.id).await? else {
        return cancel(app, transaction, made, NOTHING_LEFT).await;
    };
    let (subject, document) = (&contents.subject, &contents.document);
    put(app, transaction, made.id, Some(subject), document).await?;
    contents.note(app, transaction, made.id).await?;
    tracing::info!(newsletter.id = made.id, "gathered a digest again");
    if !made.undecided {
        return back_to_draft(app, transaction, made, GATHERED_AGAIN).await;
    }
    look_first(app, transaction, made, subject, document).await
}

/// What goes out by itself and reads like campaigning now waits for a person after all (C5); else
/// for the sizes of its new pictures.
async fn look_first(
    app: &App,
    transaction: &DatabaseTransaction,
    made: &Made,
    subject: &str,
    document: &Document,
) -> Result<Option<String>> {
    if made.state != State::Approved {
        return Ok(None);
    }
    if let Some(why) = checks::reason_to_hold(subject, document) {
        return back_to_draft(app, transaction, made, &why).await;
    }
    let sizes_by = checks::measured_by(app, document);
    transaction
        .execute_raw(app.db.statement(
            "UPDATE newsletter SET scheduled_at = $2
             WHERE id = $1 AND state = 1 AND coalesce(scheduled_at, 0) < $2",
            values![made.id, sizes_by],
        ))
        .await?;
    Ok(None)
}

/// Nobody gets it any more. Gives what staff are to be told, if they had done anything about it.
async fn cancel(
    app: &App,
    transaction: &DatabaseTransaction,
    made: &Made,
    why: &str,
) -> Result<Option<String>> {
    cancel_because(app, transaction, made.id, why).await?;
    Ok((made.state == State::Approved || made.edited).then(|| why.to_owned()))
}

async fn put(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
    subject: Option<&str>,
    document: &Document,
) -> Result<()> {
    let json = serde_json::to_string(document).map_err(|error| DbErr::Custom(error.to_string()))?;
    transaction
        .execute_raw(app.db.statement(
            "UPDATE newsletter SET subject = coalesce($2, subject), document = $3, language = $4, checked_at = NULL
             WHERE id = $1 AND state IN (0, 1)",
            values![id, subject, json, document.language.clone()],
        ))
        .await?;
    Ok(())
}

/// What was decided was decided about another text. Gives what staff are to be told, if anything
/// had been decided.
async fn back_to_draft(
    app: &App,
    transaction: &DatabaseTransaction,
    made: &Made,
    why: &str,
) -> Result<Option<String>> {
    transaction
        .execute_raw(app.db.statement(
            "UPDATE newsletter SET state = 0, approved_at = NULL, approved_by = NULL, scheduled_at = NULL,
                                   automatic = $3, waits = $3, attention = $2, by_itself = NULL
             WHERE id = $1 AND state IN (0, 1)",
            values![made.id, why, false],
        ))
        .await?;
    tracing::info!(newsletter.id = made.id, why, "back to a person");
    Ok((made.state == State::Approved).then(|| why.to_owned()))
}
