//! What stops a newsletter: too many complaints (P11), and refusals that are our fault. One return
//! stops nothing: whoever gets a newsletter can write a bounce that carries their own return path.

use std::fmt;

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QuerySelect, sea_query::SimpleExpr,
};

use super::{
    return_error::ReturnError,
    return_reader::{Reading, ReturnKind},
    returned_mail::{Column, Entity},
};
use crate::{
    accounts::{
        Role,
        notifications::{Notice, NoticeKind, NoticeStep, post},
    },
    app::App,
    config::percent,
    delivery::{count_accepted, count_accepted_at, reply_class::ReplyAction},
    newsletters,
};

/// From which rates on something happens (P11; `GAZETTE_RETURNS_COMPLAINTS_…`).
struct Marks {
    /// Complaints per hundred thousand mails that staff are told of: 0.1 %.
    told: i64,
    /// That pause: 0.3 %.
    pause: i64,
    /// So many complaints at least: of a list of 300, one person is 0.3 %.
    least: i64,
}

impl Marks {
    fn of(app: &App) -> Self {
        let settings = &app.settings.returns;
        Self {
            told: i64::from(settings.complaints_told),
            pause: i64::from(settings.complaints_pause),
            least: i64::from(settings.complaints_least),
        }
    }
}

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

/// Tells staff when a rate reaches the first mark, and gives the reason where it reaches the second.
async fn too_many_complaints(
    app: &App,
    newsletter: i64,
    provider: &str,
) -> Result<Option<String>, ReturnError> {
    let of_newsletter = Column::NewsletterId
        .eq(newsletter)
        .and(Column::Kind.eq(ReturnKind::Complaint));
    let all = readers(app, of_newsletter.clone()).await?;
    let here = readers(app, of_newsletter.and(Column::Provider.eq(provider))).await?;
    let rates = [
        Rate {
            complaints: all,
            accepted: count_accepted(app.db.pool(), newsletter).await?,
            whose: String::new(),
        },
        Rate {
            complaints: here,
            accepted: count_accepted_at(app.db.pool(), newsletter, provider).await?,
            whose: format!(" at {provider}"),
        },
    ];
    let marks = Marks::of(app);
    if let Some(rate) = rates.iter().find(|rate| rate.pauses(&marks)) {
        return Ok(Some(format!(
            "{rate} called this newsletter spam. Sending is paused: that is {} or more, and from 0.3 % on mailbox providers stop delivering.",
            percent(marks.pause)
        )));
    }
    let high = |rate: &&Rate| rate.has_just_become_high(&marks);
    if let Some(rate) = rates.iter().find(high) {
        notify_staff(app, newsletter, rate).await?;
    }
    Ok(None)
}

struct Rate {
    complaints: i64,
    accepted: i64,
    whose: String,
}

impl Rate {
    fn of(&self, complaints: i64) -> i64 {
        complaints * 100_000 / Ord::max(self.accepted, 1)
    }

    fn pauses(&self, marks: &Marks) -> bool {
        self.complaints >= marks.least && self.of(self.complaints) >= marks.pause
    }

    /// With this complaint and not with the one before it: so each rate is told of once.
    fn has_just_become_high(&self, marks: &Marks) -> bool {
        self.of(self.complaints) >= marks.told && self.of(self.complaints - 1) < marks.told
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} readers{}",
            self.complaints, self.accepted, self.whose
        )
    }
}

async fn notify_staff(app: &App, newsletter: i64, rate: &Rate) -> Result<(), ReturnError> {
    let marks = Marks::of(app);
    tracing::warn!(
        newsletter.id = newsletter,
        complaints = rate.complaints,
        accepted = rate.accepted,
        "many complaints"
    );
    let text = format!(
        "{rate} called a newsletter spam. That is {} or more; at {} Gazette pauses it, because mailbox providers stop delivering the office's mail from 0.3 % on.\n\n\
         Who complained gets nothing more. Please look at what was sent and to whom.",
        percent(marks.told),
        percent(marks.pause)
    );
    let notice = Notice {
        kind: NoticeKind::Trouble,
        headline: "Readers call a newsletter spam",
        text: &text,
        step: NoticeStep {
            label: "See who complained",
            path: &format!("/staff/returns?newsletter={newsletter}"),
        },
        least: Role::Approver,
        except: None,
    };
    let transaction = app.db.begin().await?;
    post(&transaction, app.clock.now_ms(), &notice).await?;
    transaction.commit().await?;
    Ok(())
}

/// Readers, each once however often they complained.
async fn readers(app: &App, condition: SimpleExpr) -> Result<i64, DbErr> {
    let found = Entity::find()
        .select_only()
        .column(Column::SubscriberId)
        .distinct()
        .filter(condition)
        .filter(Column::SubscriberId.is_not_null())
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
