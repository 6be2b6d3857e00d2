//! What stops a newsletter: too many complaints (P11), and refusals that are our fault. One return
//! stops nothing: whoever gets a newsletter can write a bounce that carries their own return path.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QuerySelect,
};

use super::{
    return_error::ReturnError,
    return_reader::{Reading, ReturnKind},
    returned_mail::{Column, Entity},
};
use crate::{
    app::App,
    delivery::{count_accepted, count_accepted_at, reply_class::ReplyAction},
    newsletters,
};

/// Complaints per hundred thousand mails that staff are told of, and that pause: 0.1 % and 0.3 %.
const ALERT_PER_100_000: i64 = 100;
const PAUSE_PER_100_000: i64 = 300;

/// So many complaints at least: of a list of 300, one person is 0.3 %.
const COMPLAINTS_TO_PAUSE: i64 = 3;

/// Refusals for a fault of ours, of so many readers at so many providers, pause.
const REFUSED_READERS: usize = 3;
const REFUSED_PROVIDERS: usize = 2;

/// Rows that are looked at.
const LOOKED_AT: u64 = 1_000;

pub(super) async fn look(
    app: &App,
    reading: &Reading,
    newsletter: i64,
    provider: &str,
) -> Result<(), ReturnError> {
    if newsletter == 0 {
        return Ok(());
    }
    let reason = match (reading.kind, reading.first().action) {
        (ReturnKind::Complaint, _) => too_many_complaints(app, newsletter, provider).await?,
        (ReturnKind::Bounce, ReplyAction::Pause) => refused_for_our_fault(app, newsletter).await?,
        _ => None,
    };
    if let Some(reason) = reason {
        newsletters::stop_for(app, newsletter, &reason).await?;
    }
    Ok(())
}

async fn too_many_complaints(
    app: &App,
    newsletter: i64,
    provider: &str,
) -> Result<Option<String>, DbErr> {
    let of_newsletter = Column::NewsletterId
        .eq(newsletter)
        .and(Column::Kind.eq(ReturnKind::Complaint));
    let all = count(app, of_newsletter.clone()).await?;
    let here = count(app, of_newsletter.and(Column::Provider.eq(provider))).await?;
    for (complaints, accepted, whose) in [
        (
            all,
            count_accepted(app.db.pool(), newsletter).await?,
            String::new(),
        ),
        (
            here,
            count_accepted_at(app.db.pool(), newsletter, provider).await?,
            format!(" at {provider}"),
        ),
    ] {
        let rate = complaints * 100_000 / Ord::max(accepted, 1);
        if rate >= ALERT_PER_100_000 {
            tracing::warn!(
                newsletter.id = newsletter,
                complaints,
                accepted,
                provider,
                "many complaints"
            );
        }
        if rate >= PAUSE_PER_100_000 && complaints >= COMPLAINTS_TO_PAUSE {
            return Ok(Some(format!(
                "{complaints} of {accepted} readers{whose} called this newsletter spam. Sending is paused: above 0.3 % mailbox providers stop delivering."
            )));
        }
    }
    Ok(None)
}

async fn count(app: &App, condition: sea_orm::sea_query::SimpleExpr) -> Result<i64, DbErr> {
    use sea_orm::PaginatorTrait;
    let found = Entity::find()
        .filter(condition)
        .count(app.db.pool())
        .await?;
    Ok(i64::try_from(found).unwrap_or(i64::MAX))
}

#[derive(Debug, FromQueryResult)]
struct Refusal {
    subscriber_id: Option<i64>,
    provider: String,
    why: String,
}

async fn refused_for_our_fault(app: &App, newsletter: i64) -> Result<Option<String>, DbErr> {
    let refusals = Entity::find()
        .select_only()
        .columns([Column::SubscriberId, Column::Provider, Column::Why])
        .filter(Column::NewsletterId.eq(newsletter))
        .filter(Column::Kind.eq(ReturnKind::Bounce))
        .filter(Column::Action.eq(ReplyAction::Pause))
        .limit(LOOKED_AT)
        .into_model::<Refusal>()
        .all(app.db.pool())
        .await?;
    let readers: std::collections::BTreeSet<_> = refusals.iter().map(|r| r.subscriber_id).collect();
    let providers: std::collections::BTreeSet<_> = refusals.iter().map(|r| &r.provider).collect();
    let enough = readers.len() >= REFUSED_READERS && providers.len() >= REFUSED_PROVIDERS;
    Ok(refusals.last().filter(|_| enough).map(|last| {
        format!(
            "Mail to {} readers at {} providers came back for a reason of ours: {}",
            readers.len(),
            providers.len(),
            last.why
        )
    }))
}
