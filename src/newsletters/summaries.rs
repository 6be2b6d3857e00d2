//! Summaries for readers who do not want every release by itself: once a day, or once a week, what was
//! sent since the last one, in one newsletter for each set of topics.
//!
//! Nobody gets a release twice or never:
//! * what has begun to be sent is brought by the next summary of each kind, once (`summary_clock`), and
//!   nothing begins while one is made ([`hold_clocks`]);
//! * a changed choice comes into force at the moment up to which a summary brings what was sent
//!   ([`subscribers::apply_wanted_frequencies`], in the transaction that makes the summary);
//! * whoever asked for several topics of one release gets it by the fastest of them
//!   ([`crate::newsletters::Recipients`]).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};

use super::{
    Audience, NewsletterState as State, Result,
    contents::Contents,
    digest::last_due,
    language_editions::{Group, Part, by_readers, note_readers, was_brought_before},
    mailed_text::as_mailed,
    making::{Making, insert, releases_of},
    newsletter_entities::{newsletter, summary_clock},
};
use crate::{
    app::App,
    db::WriteTransaction,
    office::Office,
    releases::release_text,
    subscribers::{self, Frequency},
};

/// On whose word a summary goes out: everything in it was approved and sent before.
const POLICY: &str = "summary of what was sent";

/// What staff are told of a summary that brings a text which is being corrected.
const BEING_CORRECTED: &str = "A release in it is being corrected, and it says what was mailed before. Look at the changes, and decide whether its readers get the correction, too.";

/// What staff are told of a summary that brings a release whose readers got it in a digest with another text: what
/// was written there is of all its releases together, and of none alone.
const EDITED_IN_A_DIGEST: &str = "A release in it was mailed in a digest that somebody edited; it says here what your website published. Compare the two, and edit it here, too, where they must say the same.";

/// More releases than this become a second summary; mail programs cut what is longer.
const MOST_RELEASES: usize = 30;

/// Makes the summaries whose time has come. Where nothing was sent, or nobody wants them, there is
/// none. Gives the newsletters made.
pub async fn summaries_due(app: &App) -> Result<Vec<i64>> {
    let office = Office::load(&app.db).await?;
    let clocks = summary_clock::Entity::find().all(app.db.pool()).await?;
    let now = app.clock.now();
    let mut due = Vec::new();
    for frequency in [Frequency::Daily, Frequency::Weekly] {
        let day = (frequency == Frequency::Weekly).then_some(office.summary_day);
        let last = last_due(day, office.summary_time, now, &office.time_zone);
        let known = |clock: &&summary_clock::Model| clock.frequency == frequency as i16;
        match clocks.iter().find(known) {
            Some(clock) if last.is_some_and(|last| is_due(last, clock)) => {
                due.push((frequency, clock));
            }
            Some(_) => {}
            None => begin(app, frequency).await?,
        }
    }
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let made = make(app, &office, &due).await?;
    if !made.is_empty() {
        tracing::info!(newsletters = ?made, "made summaries of what was sent");
        app.scheduler_wakeup.notify_one();
    }
    Ok(made)
}

fn is_due(due: Timestamp, clock: &summary_clock::Model) -> bool {
    due.as_millisecond() > clock.made_at
}

/// From now on: what was sent before anybody could want a summary is in none.
async fn begin(app: &App, frequency: Frequency) -> Result<()> {
    let now = app.clock.now_ms();
    let clock = summary_clock::ActiveModel {
        frequency: Set(frequency as i16),
        made_at: Set(now),
        covered_to: Set(now - 1),
    };
    clock.insert(&app.db.writer()).await?;
    Ok(())
}

/// All of it or nothing: the summaries, the note that they were made, and the choices that come into
/// force with them. Those that are due together bring the same, up to the same newsletter.
async fn make(
    app: &App,
    office: &Office,
    due: &[(Frequency, &summary_clock::Model)],
) -> Result<Vec<i64>> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    hold_clocks(&transaction, now).await?;
    // Another process's clock may be ahead.
    let newest: Option<i64> = newsletter::Entity::find()
        .select_only()
        .column_as(newsletter::Column::StartedAt.max(), "newest")
        .into_tuple::<Option<i64>>()
        .one(&transaction)
        .await?
        .flatten();
    let covers_to = newest.unwrap_or_default().max(now - 1);
    let mut made = Vec::new();
    for (frequency, clock) in due {
        // Of two processes one makes them.
        let claimed = summary_clock::Entity::update_many()
            .col_expr(summary_clock::Column::MadeAt, Expr::value(now))
            .col_expr(summary_clock::Column::CoveredTo, Expr::value(covers_to))
            .filter(summary_clock::Column::Frequency.eq(clock.frequency))
            .filter(summary_clock::Column::MadeAt.eq(clock.made_at))
            .exec(&transaction)
            .await?;
        if claimed.rows_affected == 0 {
            continue;
        }
        let Sent {
            parts,
            corrected,
            edited,
        } = sent_since(&transaction, clock.covered_to, covers_to).await?;
        for (readers, groups) in by_readers(parts) {
            for Group {
                topics, releases, ..
            } in groups
            {
                let is_wanted =
                    subscribers::wants_summary(&transaction, &topics, *frequency, covers_to)
                        .await?;
                if !is_wanted || !readers.have_anybody(&transaction, &topics).await? {
                    continue;
                }
                for part in releases.chunks(MOST_RELEASES) {
                    let contents = Contents::of(office, part);
                    let holds_any =
                        |of: &BTreeSet<i64>| part.iter().any(|one| of.contains(&one.id));
                    let is_edited = holds_any(&edited);
                    let attention = if is_edited {
                        Some(EDITED_IN_A_DIGEST)
                    } else {
                        holds_any(&corrected).then_some(BEING_CORRECTED)
                    };
                    let making = Making {
                        attention,
                        // Nobody has let this text go.
                        auto_approve: (!is_edited).then_some(POLICY),
                        summary: Some((*frequency, covers_to)),
                        ..contents.making(topics.clone(), now)
                    };
                    let summary = insert(app, &transaction, &office.time_zone, &making).await?;
                    note_readers(&transaction, &summary, &readers).await?;
                    made.extend(summary);
                }
            }
        }
        subscribers::apply_wanted_frequencies(&transaction, *frequency, covers_to).await?;
    }
    transaction.commit().await?;
    Ok(made)
}

/// Holds all clocks to the end of the transaction, so that a newsletter begins either before a summary is
/// made, and is in it, or after it. False: at this very instant one was made, and whatever begins has to
/// wait for the next one.
pub(super) async fn hold_clocks(transaction: &WriteTransaction, now: i64) -> Result<bool> {
    let column = summary_clock::Column::CoveredTo;
    summary_clock::Entity::update_many()
        .col_expr(column, Expr::col(column))
        .exec(transaction)
        .await?;
    let clocks = summary_clock::Entity::find().all(transaction).await?;
    Ok(clocks.iter().all(|clock| clock.covered_to < now))
}

/// What was sent since the last summary.
struct Sent {
    parts: Vec<Part>,
    /// Releases of which another text waits for somebody's approval.
    corrected: BTreeSet<i64>,
    /// Releases whose readers got them in a digest that staff edited.
    edited: BTreeSet<i64>,
}

/// What began to be sent after `from` and up to `to`, in its order: the releases of the same topics in
/// the same language together, as they read now ([`as_mailed`]). What was taken back since is left out, and so is
/// a version in another language of what the last summaries brought.
async fn sent_since(transaction: &WriteTransaction, from: i64, to: i64) -> Result<Sent> {
    let sent = newsletter::Entity::find()
        .filter(newsletter::Column::StartedAt.gt(from))
        .filter(newsletter::Column::StartedAt.lte(to))
        .filter(newsletter::Column::Frequency.eq(Frequency::Each))
        .filter(newsletter::Column::Audience.eq(Audience::Subscribers))
        .filter(newsletter::Column::Corrects.is_null())
        .filter(newsletter::Column::State.is_in(State::MAILED))
        .order_by_asc(newsletter::Column::StartedAt)
        .order_by_asc(newsletter::Column::Id)
        .all(transaction)
        .await?;
    let mut order = Vec::new();
    let mut topics: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    let mut ranks: BTreeMap<i64, i16> = BTreeMap::new();
    let mut edited = BTreeSet::new();
    for newsletter in sent {
        if was_brought_before(transaction, &newsletter, from).await? {
            continue;
        }
        let is_edited_digest = newsletter.release_id.is_none() && newsletter.edited_at.is_some();
        for part in releases_of(transaction, newsletter.id).await? {
            if is_edited_digest {
                edited.insert(part.release_id);
            }
            let of_release = topics.entry(part.release_id).or_default();
            if of_release.is_empty() {
                order.push(part.release_id);
            }
            of_release.insert(newsletter.topic_id);
            ranks.extend(newsletter.version_rank.map(|rank| (part.release_id, rank)));
        }
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut corrected = BTreeSet::new();
    for id in order {
        let Some(release) = release_text(transaction, id).await? else {
            continue;
        };
        let topics = topics.remove(&id).unwrap_or_default();
        if !release.gone {
            let newest = release.revision;
            let release = as_mailed(transaction, release).await?;
            if release.revision < newest {
                corrected.insert(id);
            }
            parts.push(Part {
                topics: topics.into_iter().collect(),
                languages: Vec::new(),
                release,
            });
        }
    }
    note_languages(&mut parts, &ranks);
    Ok(Sent {
        parts,
        corrected,
        edited,
    })
}

/// In which languages readers have each release that was sent in several, the one for all others first.
fn note_languages(parts: &mut [Part], ranks: &BTreeMap<i64, i16>) {
    let version = |part: &Part| {
        let rank = ranks.get(&part.release.id).copied()?;
        Some((part.release.version_of?, rank))
    };
    let mut sent: Vec<(i64, i16, String)> = parts
        .iter()
        .filter_map(|part| {
            let (group, rank) = version(part)?;
            Some((group, rank, part.own_language().to_owned()))
        })
        .collect();
    sent.sort();
    for part in parts {
        if let Some((group, _)) = version(part) {
            let together = sent.iter().filter(|(other, ..)| *other == group);
            part.languages = together.map(|(.., language)| language.clone()).collect();
        }
    }
}
