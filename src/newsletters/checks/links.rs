//! Whether the links lead anywhere. They are followed through the fence that sources are fetched
//! through, a few at a time and no more of one host than it bears, and what they answered is kept
//! for an hour.

use std::{collections::HashMap, fmt::Write, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use futures_util::{Stream, StreamExt, stream};
use gazette_templates::Document;
use sea_orm::DbErr;
use url::Url;

use super::{
    Check, Result,
    Verdict::{Look, Ok as Fine, Stop},
    content::{Content, Picture, by_https, place},
    several, sizes,
};
use crate::{
    app::App,
    clock::{DAY, HOUR, MINUTE},
    newsletters::{NewsletterError, NewsletterState, find},
    releases::fetch::{FetchError, Fetcher, GLANCES},
    values,
};

/// Hosts that are asked at a time: most links lead to the office's own, which must not hold up
/// the others.
const HOSTS: usize = 3;
/// For one link.
const PATIENCE: Duration = Duration::from_secs(8);
/// For all of them: staff wait for it.
const PATIENCE_FOR_ALL: Duration = Duration::from_secs(20);
/// Links of one newsletter at most; a list of names with one link each is no reason to knock at a
/// site a thousand times.
const MOST: usize = 200;

/// How long what goes out by itself waits for the sizes of its pictures at most.
const MEASURING: i64 = 2 * MINUTE;

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
    let rows = app
        .db
        .all(
            // newsletter_unchecked
            "SELECT id FROM newsletter WHERE state IN (0, 1) AND checked_at IS NULL AND (state = 0 OR automatic)
             ORDER BY state DESC, id LIMIT 20",
            [],
        )
        .await?;
    for row in &rows {
        follow(app, row.try_get_by_index(0)?, HOUR).await?;
    }
    Ok(rows.len() as u64)
}

/// Until when a newsletter that goes out by itself waits for its pictures to be looked at: for their
/// sizes, and whether they are had by https too. None where nothing is to be found out, or where
/// nobody looks. A site that does not answer holds up no news: the
/// newsletter then goes out as it is.
pub(in crate::newsletters) fn measured_by(app: &App, document: &Document) -> Option<i64> {
    let known = |picture: &Picture| picture.sized && by_https(&picture.src).is_none();
    let waits =
        !app.settings.public_url.is_loopback() && !Content::of(document).pictures.iter().all(known);
    waits.then(|| app.clock.now_ms() + MEASURING)
}

/// Forgets what links answered long ago.
pub async fn purge(app: &App) -> Result<()> {
    app.db
        .execute(
            // link_answer_by_time
            "DELETE FROM link_answer WHERE at < $1",
            values![app.clock.now_ms() - 30 * DAY],
        )
        .await?;
    Ok(())
}

async fn follow(app: &App, id: i64, fresh: i64) -> Result<()> {
    // First, so that one that cannot be followed is not tried for ever; and before the text is read,
    // so that one which is edited meanwhile is followed again.
    app.db
        .execute(
            "UPDATE newsletter SET checked_at = $2 WHERE id = $1 AND state IN (0, 1)",
            values![id, app.clock.now_ms()],
        )
        .await?;
    let newsletter = find(app, id).await?;
    let content = Content::of(&newsletter.document);
    let known = known(app, &content).await?;
    let since = app.clock.now_ms() - fresh;
    let unknown: Vec<(Url, bool)> = asked(&content)
        .filter(|(url, _)| known.get(url).is_none_or(|answer| answer.at <= since))
        .take(MOST)
        .collect();
    if !unknown.is_empty() {
        let fetcher = Fetcher::new(app)
            .await
            .map_err(|error| NewsletterError::Wrong(error.to_string()))?;
        let mut answers = std::pin::pin!(answers(&fetcher, unknown));
        let late = tokio::time::sleep(PATIENCE_FOR_ALL);
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
    stream::iter(hosts).map(of_host).flatten_unordered(HOSTS)
}

async fn ask(fetcher: &Fetcher, url: Url, picture: bool) -> (Url, Option<Answered>) {
    let answer = match fetcher.probe(&url, picture, PATIENCE).await {
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
    app.db
        .execute(
            "INSERT INTO link_answer (url_hash, at, status, words, width, height) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (url_hash) DO UPDATE SET at = excluded.at, status = excluded.status, words = excluded.words,
                                                  width = excluded.width, height = excluded.height",
            values![
                hash(url),
                app.clock.now_ms(),
                i16::try_from(*status).unwrap_or(0),
                words.clone(),
                size.map(|(width, _)| i32::try_from(width).unwrap_or(i32::MAX)),
                size.map(|(_, height)| i32::try_from(height).unwrap_or(i32::MAX))
            ],
        )
        .await?;
    Ok(())
}

/// What the links and pictures are known to answer.
pub(super) async fn known(app: &App, content: &Content) -> Result<HashMap<Url, Answer>> {
    let mut known = HashMap::new();
    for (url, _) in asked(content).take(MOST) {
        // By the primary key.
        let row = app
            .db
            .one(
                "SELECT at, status, words, width, height FROM link_answer WHERE url_hash = $1",
                values![hash(&url)],
            )
            .await?;
        if let Some(row) = row {
            let side = |at| -> std::result::Result<Option<u32>, DbErr> {
                let side: Option<i32> = row.try_get_by_index(at)?;
                Ok(side.and_then(|side| u32::try_from(side).ok()))
            };
            let answer = Answer {
                at: row.try_get_by_index(0)?,
                status: row.try_get_by_index::<i16>(1)?.unsigned_abs(),
                words: row.try_get_by_index(2)?,
                size: side(3)?.zip(side(4)?),
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
    let by_itself = newsletter.state == NewsletterState::Approved && newsletter.automatic;
    if !by_itself && newsletter.state != NewsletterState::Draft {
        return Ok(());
    }
    let json = |document: &Document| {
        serde_json::to_string(document)
            .map_err(|error| NewsletterError::Db(DbErr::Custom(error.to_string())))
    };
    let before = json(&newsletter.document)?;
    let mut document = newsletter.document;
    let found = |url: &Url| known.get(&place(url)).and_then(|answer| answer.size);
    let by_https = |url: &Url| by_https(url).filter(|secure| found(secure).is_some());
    if sizes::fill_in(&mut document, &found, &by_https) {
        // Only if nobody has edited it meanwhile.
        app.db
            .execute(
                "UPDATE newsletter SET document = $2
                 WHERE id = $1 AND (state = 0 OR state = 1 AND automatic) AND document = $3",
                values![id, json(&document)?, before],
            )
            .await?;
    }
    if by_itself {
        // Whether it also waits for the sending window is found out when it is to begin.
        app.db
            .execute(
                "UPDATE newsletter SET scheduled_at = NULL
                 WHERE id = $1 AND state = 1 AND automatic AND checked_at IS NOT NULL",
                values![id],
            )
            .await?;
        app.scheduler_wakeup.notify_one();
    }
    Ok(())
}

/// What the answers mean for staff.
pub(super) fn answered(content: &Content, known: &HashMap<Url, Answer>, now: i64) -> Check {
    let check = |verdict, says| Check::new("links", "Links", verdict, says);
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
            401 | 403 | 405 => odd.push(format!(
                "{url}: it refuses to be looked at by a program ({}); open it yourself",
                answer.status
            )),
            status => odd.push(format!("{url}: it answers with the error {status}")),
        }
    }
    let number = several(all.len(), "link");
    let verdict = if !dead.is_empty() {
        Stop
    } else if !odd.is_empty() || unknown > 0 {
        Look
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
    check(verdict, says).with(dead)
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
