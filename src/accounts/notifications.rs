//! Staff notifications: mail to the members of staff who can do something about what waits for them.
//! A room posts a notice in the transaction of what it is about ([`post`]); [`send_due`] mails it to
//! each of them once, at once or with the morning's summary, as they chose. What there is to tell, and
//! how often, is the affair of the room that tells it.

use gazette_templates::email::{Matter, Parts, Step, staff as letter};
use sea_orm::{
    ActiveEnum, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, FromQueryResult, Iterable,
    QueryFilter, QueryOrder,
};

pub use super::notice_kinds::{NoticeKind, NoticeTiming};
use super::{
    Role,
    account::can_sign_in,
    account_tables::{staff, staff_notice, staff_notice_choice, staff_notice_waiting},
    error::Result,
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    clock::{MINUTE, Timestamp},
    db::{self, WriteTransaction, execute},
    newsletter_lookup::{Standing, standing_of},
    newsletter_state::NewsletterState,
    office::Office,
    secret::Token,
    transactional::{self, TransactionalContent, TransactionalKind, TransactionalMail},
    values,
};

/// What is noticed within this time of a mail to somebody goes into the next one together.
const QUIET_MS: i64 = MINUTE;

/// A mail lists at most this many; the console has them all.
const LISTED: usize = 20;

/// The hour of the morning's summary, in the office's zone.
const MORNING_HOUR: i8 = 7;

/// Where in the console a notice leads.
#[derive(Debug, Clone, Copy)]
pub struct NoticeStep<'a> {
    /// What is done there.
    pub label: &'a str,
    /// `/staff/newsletters/7`
    pub path: &'a str,
}

/// Something staff should know.
#[derive(Debug)]
pub struct Notice<'a> {
    /// What it is about.
    pub kind: NoticeKind,
    /// One line, made safe by [`one_line`] where it holds words from outside.
    pub headline: &'a str,
    /// Paragraphs of plain text, safe as the headline.
    pub text: &'a str,
    /// The mail's button.
    pub step: NoticeStep<'a>,
    /// Who has at least this role, and the kind's own, can do something about it.
    pub least: Role,
    /// Who did it themselves, as the audit log names them, and needs no mail about it.
    pub except: Option<&'a str>,
}

/// Notes what staff are to be told, within `transaction`, for everyone who may do something about it.
///
/// # Errors
/// The database failed.
pub async fn post(
    transaction: &WriteTransaction,
    now: i64,
    notice: &Notice<'_>,
) -> std::result::Result<(), DbErr> {
    let members = staff::Entity::find()
        .filter(staff::Column::DisabledAt.is_null())
        .filter(can_sign_in())
        .order_by_asc(staff::Column::Id)
        .all(transaction)
        .await?;
    let least = notice.least.max(notice.kind.role());
    let mut told = Vec::new();
    for member in members {
        if member.role < least || Some(member.email.as_str()) == notice.except {
            continue;
        }
        let key = (member.id, notice.kind.to_value());
        let chosen = staff_notice_choice::Entity::find_by_id(key)
            .one(transaction)
            .await?;
        match chosen.map_or(NoticeTiming::AtOnce, |chosen| chosen.how) {
            NoticeTiming::Never => {}
            how => told.push((member.id, how == NoticeTiming::Morning)),
        }
    }
    if told.is_empty() {
        return Ok(());
    }
    let row = staff_notice::ActiveModel {
        at: Set(now),
        kind: Set(notice.kind),
        headline: Set(notice.headline.to_owned()),
        text: Set(notice.text.to_owned()),
        step: Set(notice.step.label.to_owned()),
        path: Set(notice.step.path.to_owned()),
        ..Default::default()
    };
    let notice_id = staff_notice::Entity::insert(row)
        .exec(transaction)
        .await?
        .last_insert_id;
    let waiting = told
        .into_iter()
        .map(|(staff_id, morning)| staff_notice_waiting::ActiveModel {
            staff_id: Set(staff_id),
            notice_id: Set(notice_id),
            at: Set(now),
            morning: Set(morning),
        });
    staff_notice_waiting::Entity::insert_many(waiting)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

#[derive(Debug, FromQueryResult)]
struct Waiting {
    staff_id: i64,
    email: String,
    noticed_at: Option<i64>,
}

#[derive(Debug, FromQueryResult)]
struct Told {
    kind: NoticeKind,
    morning: bool,
    headline: String,
    text: String,
    step: String,
    path: String,
}

/// Mails what waits, one mail for each person however much that is; how many mails were queued. While
/// the office is not set up no mail can leave, and the notices wait.
///
/// # Errors
/// The database failed, or the mail cannot be built.
pub async fn send_due(app: &App) -> Result<u64> {
    // Nearly always empty.
    let any = "SELECT min(at) FROM staff_notice_waiting";
    let any: Option<i64> = db::scalar::<Option<i64>>(app.db.pool(), any, [])
        .await?
        .flatten();
    if any.is_none() {
        return Ok(0);
    }
    let office = Office::load(&app.db).await?;
    if !office.complete {
        return Ok(0);
    }
    let now = app.clock.now_ms();
    let morning = last_morning(app.clock.now(), &office);
    let due = "SELECT DISTINCT s.id AS staff_id, s.email, s.noticed_at
               FROM staff_notice_waiting w JOIN staff s ON s.id = w.staff_id
               WHERE (NOT w.morning AND coalesce(s.noticed_at, 0) <= $1) OR (w.morning AND w.at < $2)
               ORDER BY s.id";
    let due: Vec<Waiting> = db::rows(app.db.pool(), due, values![now - QUIET_MS, morning]).await?;
    let mut sent = 0;
    for waiting in due {
        sent += u64::from(tell(app, &office, &waiting, now, morning).await?);
    }
    if sent > 0 {
        tracing::info!(mails = sent, "staff are told what is new");
        app.wake_delivery().await;
    }
    Ok(sent)
}

/// One mail to one person, and what it says waits no more, in one transaction.
async fn tell(
    app: &App,
    office: &Office,
    waiting: &Waiting,
    now: i64,
    morning: i64,
) -> Result<bool> {
    let transaction = app.db.begin().await?;
    // An optimistic lock: of two who send at once, one does.
    let lock = "UPDATE staff SET noticed_at = $2 WHERE id = $1 AND coalesce(noticed_at, -1) = $3";
    let before = waiting.noticed_at.unwrap_or(-1);
    let mine = execute(&transaction, lock, values![waiting.staff_id, now, before]).await?;
    if mine == 0 {
        return Ok(false);
    }
    let told: Vec<Told> = db::rows(
        &transaction,
        "SELECT n.kind, w.morning, n.headline, n.text, n.step, n.path FROM staff_notice_waiting w JOIN staff_notice n ON n.id = w.notice_id
         WHERE w.staff_id = $1 AND (NOT w.morning OR w.at < $2) ORDER BY n.id",
        values![waiting.staff_id, morning],
    )
    .await?;
    let told = still_so(&transaction, office, &waiting.email, told).await?;
    let gone = "DELETE FROM staff_notice_waiting WHERE staff_id = $1 AND (NOT morning OR at < $2)";
    execute(&transaction, gone, values![waiting.staff_id, morning]).await?;
    let recipient = EmailAddress::parse(&waiting.email);
    let is_mailed = !told.is_empty();
    if let (Ok(recipient), true) = (recipient, is_mailed) {
        let (subject, parts) = mail(app, office, &told);
        let mail = TransactionalMail {
            kind: TransactionalKind::Notice,
            recipient: &recipient,
            content: TransactionalContent::letter(subject, parts, "en"),
            token_label: None,
        };
        transactional::enqueue(app, &transaction, office, mail).await?;
    }
    transaction.commit().await?;
    Ok(is_mailed)
}

/// What is still so of what was noted, hours ago perhaps: nobody is asked for what is decided, or for what they
/// may not do, and of several requests the newest stands for all.
async fn still_so(
    transaction: &WriteTransaction,
    office: &Office,
    who: &str,
    told: Vec<Told>,
) -> std::result::Result<Vec<Told>, DbErr> {
    let mut still: Vec<Told> = Vec::with_capacity(told.len());
    for one in told {
        let newsletter = one.path.strip_prefix("/staff/newsletters/");
        if let Some(id) = newsletter.and_then(|id| id.parse().ok())
            && let Some(standing) = standing_of(transaction, id, who).await?
            && !concerns(&one, &standing, office)
        {
            continue;
        }
        if one.kind == NoticeKind::ApprovalRequested {
            still.retain(|before| before.kind != one.kind || before.path != one.path);
        }
        still.push(one);
    }
    Ok(still)
}

/// Whether a notice about a newsletter that stands so concerns them still.
fn concerns(told: &Told, standing: &Standing, office: &Office) -> bool {
    let is_draft = standing.state == NewsletterState::Draft;
    match told.kind {
        NoticeKind::NewDraft => is_draft,
        NoticeKind::ApprovalRequested => {
            is_draft && standing.is_asked && !(office.four_eyes && standing.wrote)
        }
        NoticeKind::Trouble => standing.state == NewsletterState::Paused,
        // They say what happened, whatever it is by now.
        NoticeKind::Held | NoticeKind::Changed | NoticeKind::Sent => true,
    }
}

fn mail(app: &App, office: &Office, told: &[Told]) -> (String, Parts) {
    let choose = app.link("/staff/notices");
    let choose = Step {
        label: "Choose which emails you get",
        url: &choose,
    };
    let pages: Vec<String> = told.iter().map(|one| app.link(&one.path)).collect();
    let matters: Vec<Matter<'_>> = told
        .iter()
        .zip(&pages)
        .take(LISTED)
        .map(|(one, page)| Matter {
            headline: &one.headline,
            text: &one.text,
            step: Step {
                label: &one.step,
                url: page,
            },
        })
        .collect();
    let sender = office.sender("en");
    // Who opens it reads about yesterday.
    let occasion = if told.iter().all(|one| one.morning) {
        "Morning summary: "
    } else {
        ""
    };
    if let ([matter], [_]) = (matters.as_slice(), told) {
        let parts = letter::notice(sender, matter, choose);
        return (format!("{occasion}{}", matter.headline), parts);
    }
    let left = told.len() - matters.len();
    let more = (left > 0).then(|| format!("… and {left} more."));
    let first = told.first().map_or("", |one| one.headline.as_str());
    let more_than_first = told.len().saturating_sub(1);
    let subject = format!("{occasion}{first} (and {more_than_first} more)");
    let home = app.link("/staff");
    let console = Step {
        label: "Open the console",
        url: &home,
    };
    let parts = letter::notices(sender, &subject, &matters, more.as_deref(), console, choose);
    (subject, parts)
}

/// The last time that it was the hour of the morning's summary, in milliseconds.
fn last_morning(now: Timestamp, office: &Office) -> i64 {
    let today = now.to_zoned_datetime(office.time_zone.clone()).date();
    let at = |date: jiff::civil::Date| {
        date.at(MORNING_HOUR, 0, 0, 0)
            .to_zoned_datetime(office.time_zone.clone())
            .map_or(i64::MIN, |at| at.timestamp().as_millisecond())
    };
    let this = at(today);
    if this <= now.as_millisecond() {
        this
    } else {
        today.yesterday().map_or(i64::MIN, at)
    }
}

/// What somebody chose, by kind; nothing stands for [`NoticeTiming::AtOnce`].
///
/// # Errors
/// The database failed.
pub async fn choices(app: &App, staff_id: i64) -> Result<Vec<(NoticeKind, NoticeTiming)>> {
    let chosen = staff_notice_choice::Entity::find()
        .filter(staff_notice_choice::Column::StaffId.eq(staff_id))
        .all(app.db.pool())
        .await?;
    Ok(NoticeKind::iter()
        .map(|kind| {
            let word = kind.to_value();
            let how = chosen.iter().find(|choice| choice.kind == word);
            (kind, how.map_or(NoticeTiming::AtOnce, |choice| choice.how))
        })
        .collect())
}

/// Keeps what somebody chose; `by` is who did.
///
/// # Errors
/// The database failed.
pub async fn choose(
    app: &App,
    staff_id: i64,
    chosen: &[(NoticeKind, NoticeTiming)],
    by: &str,
) -> Result<()> {
    let transaction = app.db.begin().await?;
    let mut details = Vec::new();
    for (kind, how) in chosen {
        let sql = "INSERT INTO staff_notice_choice (staff_id, kind, how) VALUES ($1, $2, $3)
                   ON CONFLICT (staff_id, kind) DO UPDATE SET how = excluded.how";
        execute(
            &transaction,
            sql,
            values![staff_id, kind.to_value(), how.to_value()],
        )
        .await?;
        details.push(format!("{}: {}", kind.word(), how.to_value()));
    }
    let (now, object) = (app.clock.now_ms(), format!("staff/{staff_id}"));
    let details = details.join(", ");
    audit::record(&transaction, now, by, Action::StaffNotices, object, details).await?;
    Ok(transaction.commit().await?)
}

/// A title from outside as one line: it begins no line of its own, and stands nowhere where a token
/// would be put.
#[must_use]
pub fn one_line(title: &str) -> String {
    let words: Vec<&str> = title
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").replace(Token::SLOT, "…")
}

#[cfg(test)]
mod tests;
