//! The tables `sender_report` and `reported_sender`: what DMARC and TLS reports said of the office's
//! domains, kept for a season and shown to staff in one sum.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict,
};

use super::sender_report::{ReportKind, ReportOutcome, SenderReport};
use crate::{
    app::App, clock::DAY, db::WriteTransaction, delivery::dkim::same_organisation, office::Office,
};

mod report {
    use sea_orm::entity::prelude::*;

    use super::ReportKind;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sender_report")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub at: i64,
        pub kind: ReportKind,
        pub reporter: String,
        pub number: String,
        pub domain: String,
        pub begins_at: i64,
        pub ends_at: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod sender {
    use sea_orm::entity::prelude::*;

    use super::ReportOutcome;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reported_sender")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub report_id: i64,
        pub source: String,
        pub count: i64,
        pub outcome: ReportOutcome,
        pub words: String,
        pub treated: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// For how long what they said is kept.
const KEPT_MS: i64 = 90 * DAY;

/// How far back it is summed up for staff.
const SHOWN_MS: i64 = 30 * DAY;

/// Reports of one day that are kept: anybody can write some.
const REPORTS_A_DAY: u64 = 500;

/// Reports that are summed up, the newest.
const SUMMED: u64 = 2_000;

/// What becomes of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// It counts.
    Now,
    /// It had come before.
    Before,
    /// It is about a domain that is not the office's.
    NotOurs,
    /// Too many came today.
    TooMany,
}

/// Keeps what a report says of a domain of the office's.
pub(super) async fn keep(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    read: &SenderReport,
) -> Result<Kept, DbErr> {
    if !is_ours(office, &read.domain) {
        return Ok(Kept::NotOurs);
    }
    let now = app.clock.now_ms();
    let today = report::Entity::find()
        .filter(report::Column::At.gt(now - DAY))
        .count(transaction)
        .await?;
    if today >= REPORTS_A_DAY {
        tracing::warn!(
            today,
            "very many DMARC and TLS reports came; the rest of today's count for nothing"
        );
        return Ok(Kept::TooMany);
    }
    let row = report::ActiveModel {
        at: Set(now),
        kind: Set(read.kind),
        reporter: Set(read.reporter.clone()),
        number: Set(read.number.clone()),
        domain: Set(read.domain.clone()),
        begins_at: Set(read.begins_at),
        ends_at: Set(read.ends_at),
        ..Default::default()
    };
    let known = [
        report::Column::Kind,
        report::Column::Reporter,
        report::Column::Number,
        report::Column::Domain,
    ];
    let inserted = report::Entity::insert(row)
        .on_conflict(OnConflict::columns(known).do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    if inserted == 0 {
        return Ok(Kept::Before);
    }
    let id = report::Entity::find()
        .filter(report::Column::Kind.eq(read.kind))
        .filter(report::Column::Reporter.eq(&read.reporter))
        .filter(report::Column::Number.eq(&read.number))
        .filter(report::Column::Domain.eq(&read.domain))
        .one(transaction)
        .await?
        .map_or(0, |row| row.id);
    let senders = read.senders.iter().map(|sender| sender::ActiveModel {
        report_id: Set(id),
        source: Set(sender.source.clone()),
        count: Set(sender.count),
        outcome: Set(sender.outcome),
        words: Set(sender.words.clone()),
        treated: Set(sender.treated.clone()),
        ..Default::default()
    });
    let senders: Vec<_> = senders.collect();
    if !senders.is_empty() {
        sender::Entity::insert_many(senders)
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(Kept::Now)
}

/// Of From's organisation or of a domain that our mail bounces to.
fn is_ours(office: &Office, domain: &str) -> bool {
    let from = [&office.from, office.notices_from()];
    from.iter()
        .any(|address| same_organisation(address.domain(), domain))
        || office
            .bounce_domain
            .as_deref()
            .is_some_and(|ours| same_organisation(ours, domain))
}

/// What was reported of one sender, in the last thirty days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderSum {
    /// Of which kind of report.
    pub kind: ReportKind,
    /// The domain in whose name it sent, or was connected to.
    pub domain: String,
    /// DMARC: the IP address that sent. TLS: the mail server that was connected to.
    pub source: String,
    /// How it went.
    pub outcome: ReportOutcome,
    /// What there was of proof, or what was wrong, in words.
    pub words: String,
    /// What receivers did with the mails.
    pub treated: Vec<String>,
    /// Mails, or connections.
    pub count: i64,
    /// Who reported it.
    pub reporters: Vec<String>,
}

/// What makes two reported lines the same: all but how many and by whom.
type SameSender = (ReportKind, String, ReportOutcome, String, String);

/// What is summed up of one sender.
#[derive(Default)]
struct Summed {
    count: i64,
    treated: BTreeSet<String>,
    reporters: BTreeSet<String>,
}

/// Who sent in the office's name in the last thirty days, as others report it: first those that proved
/// nothing, of these first those of the most mails.
pub async fn reported_senders(app: &App) -> Result<Vec<SenderSum>, DbErr> {
    // sender_report_at
    let reports = report::Entity::find()
        .filter(report::Column::At.gte(app.clock.now_ms() - SHOWN_MS))
        .order_by_desc(report::Column::At)
        .limit(SUMMED)
        .all(app.db.pool())
        .await?;
    let by_id: BTreeMap<i64, &report::Model> =
        reports.iter().map(|report| (report.id, report)).collect();
    let senders = sender::Entity::find()
        .filter(sender::Column::ReportId.is_in(by_id.keys().copied()))
        .all(app.db.pool())
        .await?;
    let mut sums: BTreeMap<SameSender, Summed> = BTreeMap::new();
    for sender in senders {
        let Some(report) = by_id.get(&sender.report_id) else {
            continue;
        };
        let same = (
            report.kind,
            report.domain.clone(),
            sender.outcome,
            sender.source,
            sender.words,
        );
        let sum = sums.entry(same).or_default();
        sum.count = sum.count.saturating_add(sender.count);
        if !sender.treated.is_empty() {
            sum.treated.insert(sender.treated);
        }
        sum.reporters.insert(report.reporter.clone());
    }
    let mut sums: Vec<SenderSum> = sums
        .into_iter()
        .map(|((kind, domain, outcome, source, words), sum)| SenderSum {
            kind,
            domain,
            source,
            outcome,
            words,
            treated: sum.treated.into_iter().collect(),
            count: sum.count,
            reporters: sum.reporters.into_iter().collect(),
        })
        .collect();
    sums.sort_by_key(|sum| (sum.kind, sum.outcome, std::cmp::Reverse(sum.count)));
    Ok(sums)
}

/// Forgets what is older than it is kept for.
pub(super) async fn forget(app: &App, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    report::Entity::delete_many()
        .filter(report::Column::At.lt(app.clock.now_ms() - KEPT_MS))
        .exec(connection)
        .await?;
    Ok(())
}
