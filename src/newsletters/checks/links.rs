//! Whether the links lead anywhere. They are followed through the fence that sources are fetched
//! through, a few at a time and no more of one host than it bears, and what they answered is kept
//! for an hour.

use std::{collections::HashMap, fmt::Write, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use futures_util::{Stream, StreamExt, stream};
use gazette_templates::Document;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use url::Url;

use super::{
    check_result::{
        Check,
        Severity::{Blocking, Ok as Fine, Warning},
        several,
    },
    checked_content::{Content, Picture, by_https, place},
    sizes,
};
use crate::{
    app::App,
    clock::{DAY, HOUR, MINUTE},
    db::{scalars, sql_value, sql_values},
    newsletters::{
        NewsletterError, NewsletterState as State,
        each_row::Failures,
        newsletter_entities::{
            link_answer,
            newsletter::{self, Column},
        },
        newsletter_error::Result,
        store::find,
        text_revisions::json,
    },
    releases::fetch::{FetchError, Fetcher, GLANCES},
};

/// Hosts that are asked at a time: most links lead to the office's own, which must not hold up
/// the others.
const HOSTS_AT_A_TIME: usize = 3;
/// For one link.
const LINK_TIMEOUT: Duration = Duration::from_secs(8);
/// For all of them: staff wait for it.
const ALL_LINKS_TIMEOUT: Duration = Duration::from_secs(20);
/// Links of one newsletter at most; a list of names with one link each is no reason to knock at a
/// site a thousand times.
const MOST_LINKS: usize = 200;

/// How long what goes out by itself waits for the sizes of its pictures at most.
const MEASURING_MS: i64 = 2 * MINUTE;

/// What a link answered.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    at: i64,
    /// HTTP status; 0 where there was no answer.
    status: u16,
    /// Why there was none.
    words: String,
    /// Of a picture.
    size: Option<(u32, u32)>,
}

/// Follows the links of a newsletter that were not followed within the last minute, and gives
/// pictures of a draft the size they turned out to have.
pub async fn follow_links(app: &App, id: i64) -> Result<()> {
    follow(app, id, MINUTE).await
}

/// Follows the links that nobody has followed yet: first of what goes out by itself and waits for
/// the sizes of its pictures, then of drafts. How many newsletters. On a trial machine nothing is
/// fetched that nobody asked for.
pub async fn follow_due(app: &App) -> Result<u64> {
    if app.settings.public_url.is_loopback() {
        return Ok(0);
    }
    // newsletter_unchecked
    let sql = format!(
        "SELECT id FROM newsletter WHERE state IN ({}) AND checked_at IS NULL AND (state = {} OR automatic)
         ORDER BY state DESC, id LIMIT 20",
        sql_values(&NOT_BEGUN),
        sql_value(&State::Draft)
    );
    let due: Vec<i64> = scalars(app.db.pool(), &sql, []).await?;
    let mut failures = Failures::default();
    for id in &due {
        let followed = follow(app, *id, HOUR).await;
        failures.note("follow the links of a newsletter", *id, followed);
    }
    failures.end()?;
    Ok(due.len() as u64)
}

/// The states of the partial index `newsletter_unchecked`.
const NOT_BEGUN: [State; 2] = [State::Draft, State::Approved];

/// Until when a newsletter that goes out by itself waits for its pictures to be looked at: for their
/// sizes, and whether they are had by https too. None where nothing is to be found out, or where
/// nobody looks. A site that does not answer holds up no news: the
/// newsletter then goes out as it is.
pub(in crate::newsletters) fn measured_by(app: &App, document: &Document) -> Option<i64> {
    let known = |picture: &Picture| picture.sized && by_https(&picture.src).is_none();
    let waits =
        !app.settings.public_url.is_loopback() && !Content::of(document).pictures.iter().all(known);
    waits.then(|| app.clock.now_ms() + MEASURING_MS)
}

/// Forgets what links answered long ago.
pub async fn purge(app: &App) -> Result<()> {
    // link_answer_by_time
    link_answer::Entity::delete_many()
        .filter(link_answer::Column::At.lt(app.clock.now_ms() - 30 * DAY))
        .exec(&app.db.writer())
        .await?;
    Ok(())
}

async fn follow(app: &App, id: i64, fresh: i64) -> Result<()> {
    // First, so that one that cannot be followed is not tried for ever; and before the text is read,
    // so that one which is edited meanwhile is followed again.
    newsletter::Entity::update_many()
        .col_expr(Column::CheckedAt, Expr::value(app.clock.now_ms()))
        .filter(Column::Id.eq(id))
        .filter(Column::State.is_in(NOT_BEGUN))
        .exec(&app.db.writer())
        .await?;
    let newsletter = find(app, id).await?;
    let content = Content::of(&newsletter.document);
    let known = known(app, &content).await?;
    let since = app.clock.now_ms() - fresh;
    let unknown: Vec<(Url, bool)> = asked(&content)
        .filter(|(url, _)| known.get(url).is_none_or(|answer| answer.at <= since))
        .take(MOST_LINKS)
        .collect();
    if !unknown.is_empty() {
        let fetcher = Fetcher::new(app)
            .await
            .map_err(|error| NewsletterError::Wrong(error.to_string()))?;
        let mut answers = std::pin::pin!(answers(&fetcher, unknown));
        let late = tokio::time::sleep(ALL_LINKS_TIMEOUT);
        let mut late = std::pin::pin!(late);
        loop {
            tokio::select! {
                answer = answers.next() => match answer {
                    Some((url, Some(answer))) => keep(app, &url, &answer).await?,
                    // Its host wants to be left alone: nothing is known.
                    Some((_, None)) => {}
                    None => break,
                },
                () = &mut late => break,
            }
        }
    }
    measure(app, id, &content).await
}

/// What is asked of servers: what the newsletter leads to, and for a picture that is not had by
/// https, whether it could be (E6).
fn asked(content: &Content) -> impl Iterator<Item = (Url, bool)> {
    let pictures = content.pictures.iter();
    let by_https = pictures.filter_map(|picture| Some((by_https(&picture.src)?, true)));
    let by_https: Vec<(Url, bool)> = by_https.collect();
    content.followed().into_iter().chain(by_https)
}

/// Status, why there is none, and a picture's size.
type Answered = (u16, String, Option<(u32, u32)>);

/// Asks host by host, so that none is asked much at once, and a slow one holds up no other.
fn answers(
    fetcher: &Fetcher,
    links: Vec<(Url, bool)>,
) -> impl Stream<Item = (Url, Option<Answered>)> {
    let mut hosts: Vec<Vec<(Url, bool)>> = Vec::new();
    for link in links {
        let same = |host: &&mut Vec<(Url, bool)>| {
            host.first()
                .is_some_and(|(url, _)| url.host() == link.0.host())
        };
        match hosts.iter_mut().find(same) {
            Some(host) => host.push(link),
            None => hosts.push(vec![link]),
        }
    }
    let of_host = move |host: Vec<(Url, bool)>| {
        stream::iter(host)
            .map(move |(url, picture)| ask(fetcher, url, picture))
            .buffer_unordered(GLANCES)
    };
    stream::iter(hosts)
        .map(of_host)
        .flatten_unordered(HOSTS_AT_A_TIME)
}

async fn ask(fetcher: &Fetcher, url: Url, picture: bool) -> (Url, Option<Answered>) {
    let answer = match fetcher.probe(&url, picture, LINK_TIMEOUT).await {
        Ok(probe) => Some((probe.status, String::new(), probe.size)),
        Err(FetchError::Later(..)) => None,
        Err(error) => Some((0, error.to_string(), None)),
    };
    (url, answer)
}

async fn keep(
    app: &App,
    url: &Url,
    (status, words, size): &Answered,
) -> std::result::Result<(), DbErr> {
    let pixels = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
    let answer = link_answer::ActiveModel {
        url_hash: Set(hash(url)),
        at: Set(app.clock.now_ms()),
        status: Set(i16::try_from(*status).unwrap_or(0)),
        words: Set(words.clone()),
        width: Set(size.map(|(width, _)| pixels(width))),
        height: Set(size.map(|(_, height)| pixels(height))),
    };
    let newest = OnConflict::column(link_answer::Column::UrlHash)
        .update_columns([
            link_answer::Column::At,
            link_answer::Column::Status,
            link_answer::Column::Words,
            link_answer::Column::Width,
            link_answer::Column::Height,
        ])
        .to_owned();
    link_answer::Entity::insert(answer)
        .on_conflict(newest)
        .exec_without_returning(&app.db.writer())
        .await?;
    Ok(())
}

/// What the links and pictures are known to answer.
pub(super) async fn known(app: &App, content: &Content) -> Result<HashMap<Url, Answer>> {
    let mut known = HashMap::new();
    for (url, _) in asked(content).take(MOST_LINKS) {
        let row = link_answer::Entity::find_by_id(hash(&url))
            .one(app.db.pool())
            .await?;
        if let Some(row) = row {
            let side = |side: Option<i32>| side.and_then(|side| u32::try_from(side).ok());
            let answer = Answer {
                at: row.at,
                status: row.status.unsigned_abs(),
                words: row.words,
                size: side(row.width).zip(side(row.height)),
            };
            known.insert(url, answer);
        }
    }
    Ok(known)
}

/// Puts the sizes that were found into a draft, or into what goes out by itself; that need not wait
/// for them any longer.
async fn measure(app: &App, id: i64, content: &Content) -> Result<()> {
    let known = known(app, content).await?;
    let newsletter = find(app, id).await?;
    let unattended = newsletter.state == State::Approved && newsletter.automatic;
    if !unattended && newsletter.state != State::Draft {
        return Ok(());
    }
    let before = json(&newsletter.document)?;
    let mut document = newsletter.document;
    let found = |url: &Url| known.get(&place(url)).and_then(|answer| answer.size);
    let by_https = |url: &Url| by_https(url).filter(|secure| found(secure).is_some());
    let automatic = Condition::all()
        .add(Column::State.eq(State::Approved))
        .add(Column::Automatic.eq(true));
    if sizes::fill_in(&mut document, &found, &by_https) {
        // Only if nobody has edited it meanwhile. It says the same, so it is no new revision.
        newsletter::Entity::update_many()
            .col_expr(Column::Document, Expr::value(json(&document)?))
            .filter(Column::Id.eq(id))
            .filter(
                Condition::any()
                    .add(Column::State.eq(State::Draft))
                    .add(automatic.clone()),
            )
            .filter(Column::Document.eq(before))
            .exec(&app.db.writer())
            .await?;
    }
    if unattended {
        // Whether it also waits for the sending window is found out when it is to begin.
        newsletter::Entity::update_many()
            .col_expr(Column::ScheduledAt, Expr::value(None::<i64>))
            .filter(Column::Id.eq(id))
            .filter(automatic)
            .filter(Column::CheckedAt.is_not_null())
            .exec(&app.db.writer())
            .await?;
        app.scheduler_wakeup.notify_one();
    }
    Ok(())
}

/// What the answers mean for staff.
pub(super) fn answered(content: &Content, known: &HashMap<Url, Answer>, now: i64) -> Check {
    let check = |severity, says| Check::new("links", "Links", severity, says);
    let all = content.followed();
    if all.is_empty() {
        return check(Fine, "None but our own.".to_owned());
    }
    let (mut dead, mut odd, mut unknown) = (Vec::new(), Vec::new(), 0);
    let mut oldest = now;
    for (url, _) in &all {
        let Some(answer) = known.get(url) else {
            unknown += 1;
            continue;
        };
        oldest = oldest.min(answer.at);
        match answer.status {
            200..=299 => {}
            404 | 410 => dead.push(format!("{url}: the page is not there ({})", answer.status)),
            0 => odd.push(format!("{url}: {}", answer.words)),
            401 => odd.push(format!(
                "{url}: it asks whoever opens it to sign in, which readers cannot; open it where you are not signed in"
            )),
            403 | 405 => odd.push(format!(
                "{url}: it refuses to be looked at by a program ({}); open it yourself",
                answer.status
            )),
            status => odd.push(format!("{url}: it answers with the error {status}")),
        }
    }
    let number = several(all.len(), "link");
    let severity = if !dead.is_empty() {
        Blocking
    } else if !odd.is_empty() || unknown > 0 {
        Warning
    } else {
        Fine
    };
    let mut says = match (dead.len(), odd.len()) {
        (0, 0) if unknown == all.len() => format!("{number}, not followed yet."),
        (0, 0) => format!("{number}."),
        (0, odd) => format!("{number}; {odd} should be opened by hand."),
        (dead, 0) => format!("{number}; {} nowhere.", lead(dead)),
        (dead, odd) => format!(
            "{number}; {} nowhere, {odd} should be opened by hand.",
            lead(dead)
        ),
    };
    if unknown == 0 {
        says.push_str(&followed(now - oldest));
    } else if unknown < all.len() {
        let _ = write!(says, " {unknown} not followed yet.");
    }
    dead.extend(odd);
    check(severity, says).with(dead)
}

fn followed(ago: i64) -> String {
    match ago / MINUTE {
        0 => " Followed just now.".to_owned(),
        minutes if minutes < 120 => format!(" Followed {minutes} minutes ago."),
        minutes => format!(" Followed {} hours ago.", minutes / 60),
    }
}

fn lead(links: usize) -> String {
    if links == 1 {
        "1 leads".to_owned()
    } else {
        format!("{links} lead")
    }
}

fn hash(url: &Url) -> Vec<u8> {
    digest(&SHA256, url.as_str().as_bytes()).as_ref().to_vec()
}
