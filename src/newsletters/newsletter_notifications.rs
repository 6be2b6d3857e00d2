//! What staff are told of newsletters: a new draft, what stopped one that would have gone out, one that
//! is a draft again, one that was sent. An office that trusts its newsletters to go by themselves would
//! otherwise fall silent unnoticed.

use std::fmt::Write;

use gazette_templates::{Document, amounts, email::preview};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::{
    Counts, Recipients,
    never_sent::never_sent,
    newsletter_entities::{newsletter, newsletter_release},
    store::people,
};
use crate::{
    accounts::notifications::{Notice, NoticeKind, NoticeStep, one_line, post},
    clock::instant,
    db::WriteTransaction,
    delivery_lookup::failed_since,
    office::Office,
    office_time::near_time,
    releases::note_for_staff,
};

/// Puts `why` into the next mail to staff, beside the newsletter's first release; of one that was
/// written by hand, beside itself. What they are to be told of that release already stays.
pub(super) async fn notify_staff(
    transaction: &WriteTransaction,
    newsletter: i64,
    why: &str,
    now: i64,
) -> Result<(), DbErr> {
    let first = newsletter_release::Entity::find()
        .filter(newsletter_release::Column::NewsletterId.eq(newsletter))
        .order_by_asc(newsletter_release::Column::ReleaseId)
        .one(transaction)
        .await?;
    if let Some(first) = first {
        return note_for_staff(transaction, first.release_id, why).await;
    }
    let Some(row) = row(transaction, newsletter).await? else {
        return Ok(());
    };
    let headline = format!("Please review: {}", one_line(&row.subject));
    let (kind, why) = (NoticeKind::Held, one_line(why));
    tell(transaction, now, &row, kind, &headline, &why, None).await
}

/// Tells of a draft that waits for a person: its subject, how it begins, and how many would get it; `by` is the
/// address of who made it, where a person did.
pub(super) async fn tell_of_draft(
    transaction: &WriteTransaction,
    id: i64,
    now: i64,
    by: Option<&str>,
) -> Result<(), DbErr> {
    let Some(row) = row(transaction, id).await? else {
        return Ok(());
    };
    let headline = format!("New draft: {}", one_line(&row.subject));
    let text = about(transaction, &row, now).await?;
    tell(
        transaction,
        now,
        &row,
        NoticeKind::NewDraft,
        &headline,
        &text,
        by,
    )
    .await
}

/// Tells everybody else that `by` took an approval back, which another gave or which somebody asked for.
pub(super) async fn tell_of_undo(
    transaction: &WriteTransaction,
    row: &newsletter::Model,
    now: i64,
    (by, called): (&str, String),
) -> Result<(), DbErr> {
    let subject = one_line(&row.subject);
    let headline = format!("Approval taken back: {subject}");
    let text = format!(
        "{called} took the approval of “{subject}” back. It is a draft again, and nobody got it. It has to be approved before it is sent."
    );
    let kind = NoticeKind::Changed;
    tell(transaction, now, row, kind, &headline, &text, Some(by)).await
}

/// Tells those who may approve that somebody asks for it, and with which words; `by` is their address and what they
/// are called.
pub(super) async fn tell_of_request(
    transaction: &WriteTransaction,
    id: i64,
    now: i64,
    (by, called): (&str, String),
    comment: &str,
) -> Result<(), DbErr> {
    let Some(row) = row(transaction, id).await? else {
        return Ok(());
    };
    let headline = format!("Please approve: {}", one_line(&row.subject));
    let mut text = format!("{called} asks for your approval.\n\n");
    if !comment.is_empty() {
        let _ = write!(text, "“{}”\n\n", one_line(comment));
    }
    text.push_str(&about(transaction, &row, now).await?);
    let kind = NoticeKind::ApprovalRequested;
    tell(transaction, now, &row, kind, &headline, &text, Some(by)).await
}

/// Tells that the sending of one has ended, and how many got it: all that were to have it got it, or never will.
pub(super) async fn tell_of_end(
    transaction: &WriteTransaction,
    id: i64,
    now: i64,
    counts: &Counts,
) -> Result<(), DbErr> {
    let Some(row) = row(transaction, id).await? else {
        return Ok(());
    };
    let subject = one_line(&row.subject);
    let (headline, mut text) = if counts.accepted == 0 {
        (
            format!("Reached nobody: {subject}"),
            format!("“{subject}” reached nobody."),
        )
    } else {
        let people = amounts::people(counts.accepted);
        (
            format!("Sent: {subject}"),
            format!("“{subject}” was sent to {people}."),
        )
    };
    if counts.failed > 0 {
        let _ = write!(text, "\nNot delivered: {}.", amounts::count(counts.failed));
        if let Some(until) = row.deadline_at
            && failed_since(transaction, id, until).await?
        {
            let office = Office::load_within(transaction).await?;
            let until = near_time(instant(until), instant(now), &office.time_zone);
            let _ = write!(text, " We tried until {}.", until.trim_end_matches('.'));
        }
    }
    if counts.withdrawn > 0 {
        let not_sent = never_sent(transaction, id).await?.min(counts.withdrawn);
        let left = counts.withdrawn - not_sent;
        if left > 0 {
            let _ = write!(
                text,
                "\nUnsubscribed before delivery: {}.",
                amounts::count(left)
            );
        }
        if not_sent > 0 {
            let _ = write!(
                text,
                "\nNot sent, because a correction took its place: {}.",
                amounts::count(not_sent)
            );
        }
    }
    tell(
        transaction,
        now,
        &row,
        NoticeKind::Sent,
        &headline,
        &text,
        None,
    )
    .await
}

/// Tells that one which was being sent has stopped, and why.
pub(super) async fn tell_of_stop(
    transaction: &WriteTransaction,
    id: i64,
    now: i64,
    why: &str,
) -> Result<(), DbErr> {
    let Some(row) = row(transaction, id).await? else {
        return Ok(());
    };
    let headline = format!("Sending stopped: {}", one_line(&row.subject));
    let kind = NoticeKind::Trouble;
    tell(
        transaction,
        now,
        &row,
        kind,
        &headline,
        &one_line(why),
        None,
    )
    .await
}

async fn row(transaction: &WriteTransaction, id: i64) -> Result<Option<newsletter::Model>, DbErr> {
    newsletter::Entity::find_by_id(id).one(transaction).await
}

/// Subject, first lines, and how many people.
async fn about(
    transaction: &WriteTransaction,
    row: &newsletter::Model,
    now: i64,
) -> Result<String, DbErr> {
    let people = people(transaction, &Recipients::of(row), row.topic_id, now).await?;
    let document = serde_json::from_str::<Document>(&row.document).ok();
    let beginning = document
        .and_then(|document| preview(&row.subject, &document))
        .unwrap_or_default();
    let beginning = one_line(&beginning);
    Ok(format!(
        "{}\n\n{beginning}\n\nIt would go to {}.",
        one_line(&row.subject),
        amounts::people(people)
    ))
}

async fn tell(
    transaction: &WriteTransaction,
    now: i64,
    row: &newsletter::Model,
    kind: NoticeKind,
    headline: &str,
    text: &str,
    except: Option<&str>,
) -> Result<(), DbErr> {
    let path = format!("/staff/newsletters/{}", row.id);
    let notice = Notice {
        kind,
        headline,
        text,
        step: NoticeStep {
            label: match kind {
                NoticeKind::Sent => "See the result",
                NoticeKind::Trouble => "See what happened",
                _ => "Read and decide",
            },
            path: &path,
        },
        least: kind.role(),
        except,
    };
    post(transaction, now, &notice).await
}
