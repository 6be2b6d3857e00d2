//! Undoing a whole import: who came with it alone and has done nothing since is forgotten as if they had never
//! been there; who gained a topic loses it, and whom it took off is back. What people did themselves since then
//! stands, and what other lists say of them.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ActiveEnum, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Event, Frequency, Result, Status, SubscriberError,
    consent::{self, Evidence, slugs},
    erasure,
    import::suppression_of,
    leaving, made_topics, sign_up, status,
    subscriber_tables::{consent as proof, import_batch, subscriber, suppression},
    topics::{self, TopicRow},
};
use crate::{
    app::App,
    audit::{self, Action},
    clock::instant,
    db::WriteTransaction,
};

/// Pieces of evidence that are looked at in one transaction.
const BATCH: u64 = 500;

/// One import, for a list.
#[derive(Debug, Serialize)]
pub struct ImportBatch {
    /// What undoes it.
    pub batch: String,
    /// When.
    pub at: String,
    /// Who.
    pub operator: String,
    /// The file.
    pub source: String,
    /// It was undone.
    pub undone: bool,
}

/// What undoing did.
#[derive(Debug, Default, Serialize)]
pub struct UndoReport {
    /// Came with the import, and are gone.
    pub removed: u64,
    /// Lost the topics that the import gave them, or wait for their own confirmation again.
    pub restored: u64,
    /// Did something themselves since: they stay as they are.
    pub kept: u64,
    /// Were not subscribed before the list took them off, either.
    pub off: u64,
    /// Topics that the import made, and that are gone.
    pub topics_removed: Vec<String>,
    /// Topics that the import made, and that stay: somebody uses them.
    pub topics_kept: Vec<String>,
}

/// What undoing an import would do.
#[derive(Debug, Default)]
pub struct UndoOutlook {
    /// The file.
    pub source: String,
    /// When.
    pub at: String,
    /// Came with the import, and would be gone.
    pub removed: u64,
    /// Would lose the topics that the import gave them.
    pub lose_topics: u64,
    /// Had asked by themselves before, and would have to confirm.
    pub ask_again: u64,
    /// Whom the import took off, and who would get newsletters again.
    pub back: u64,
    /// Did something themselves since: they would stay as they are.
    pub kept: u64,
    /// Were not subscribed before the list took them off, either.
    pub off: u64,
}

/// All imports, the newest first.
pub async fn imports(app: &App) -> Result<Vec<ImportBatch>> {
    let rows = import_batch::Entity::find()
        .order_by_desc(import_batch::Column::At)
        .all(app.db.pool())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| ImportBatch {
            batch: row.label,
            at: instant(row.at).to_string(),
            operator: row.operator,
            source: row.source,
            undone: row.undone_at.is_some(),
        })
        .collect())
}

/// What undoing an import would do to how many, without doing it.
///
/// # Errors
/// There is no such import, it was undone, or the database failed.
pub async fn would_undo(app: &App, batch: &str) -> Result<UndoOutlook> {
    let import = standing(app, batch).await?;
    let undone = undone_batches(app.db.pool()).await?;
    let mut outlook = UndoOutlook {
        source: import.source,
        at: instant(import.at).to_string(),
        ..UndoOutlook::default()
    };
    let mut removed = HashSet::new();
    let mut after = import.after_consent;
    loop {
        let steps = proof::Entity::find()
            .filter(proof::Column::Id.gt(after))
            .order_by_asc(proof::Column::Id)
            .limit(BATCH)
            .all(app.db.pool())
            .await?;
        let Some(last) = steps.last() else {
            return Ok(outlook);
        };
        after = last.id;
        let mut of_it = Vec::new();
        for step in &steps {
            let evidence: Value = serde_json::from_str(&step.evidence)?;
            if evidence["batch"] == json!(batch) {
                of_it.push((step, evidence));
            }
        }
        let mut all = evidence_of(app, of_it.iter().map(|(step, _)| step.subscriber_id)).await?;
        for (step, evidence) in of_it {
            let id = step.subscriber_id;
            if removed.contains(&id) {
                continue;
            }
            let steps = all.entry(id).or_default();
            let beside = Beside::of(steps, step.id, &evidence["batch"], &undone)?;
            match beside.effect(&evidence) {
                Effect::None => {}
                Effect::Kept => outlook.kept += 1,
                Effect::Topics => outlook.lose_topics += 1,
                Effect::Back if !was_subscribed(&evidence) => outlook.off += 1,
                Effect::Back if beside.consents() => outlook.back += 1,
                Effect::Back | Effect::Consent if beside.came_with_import => {
                    removed.insert(id);
                    outlook.removed += 1;
                }
                Effect::Back | Effect::Consent => outlook.ask_again += 1,
            }
        }
    }
}

/// All evidence of these people, each one's in its order.
async fn evidence_of(
    app: &App,
    people: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, Vec<proof::Model>>> {
    let people: Vec<i64> = people.collect();
    let mut all: HashMap<i64, Vec<proof::Model>> = HashMap::new();
    if people.is_empty() {
        return Ok(all);
    }
    // consent_of_subscriber
    let steps = proof::Entity::find()
        .filter(proof::Column::SubscriberId.is_in(people))
        .order_by_asc(proof::Column::Id)
        .all(app.db.pool())
        .await?;
    for step in steps {
        all.entry(step.subscriber_id).or_default().push(step);
    }
    Ok(all)
}

/// An import that was not undone.
async fn standing(app: &App, batch: &str) -> Result<import_batch::Model> {
    let import = import_batch::Entity::find_by_id(batch.to_owned())
        .one(app.db.pool())
        .await?;
    import
        .filter(|import| import.undone_at.is_none())
        .ok_or_else(|| {
            SubscriberError::Import(format!(
                "there is no import `{batch}` that can be undone: it was undone already, or there never was one"
            ))
        })
}

/// Undoes an import. Killed in the middle, it goes on where it stopped when it is called again.
pub async fn undo_import(app: &App, batch: &str, who: &str) -> Result<UndoReport> {
    let import = standing(app, batch).await?;
    let known = topics::every_topic(app).await?;
    let undone = undone_batches(app.db.pool()).await?;
    let mut report = UndoReport::default();
    let mut after = import.after_consent;
    loop {
        let transaction = app.db.begin().await?;
        let steps = proof::Entity::find()
            .filter(proof::Column::Id.gt(after))
            .order_by_asc(proof::Column::Id)
            .limit(BATCH)
            .all(&transaction)
            .await?;
        let Some(last) = steps.last().map(|step| step.id) else {
            transaction.rollback().await?;
            let topics = made_topics::take_back(app, &import, who).await?;
            report.topics_removed = topics.gone;
            report.topics_kept = topics.stay;
            end(app, batch, &report, who).await?;
            return Ok(report);
        };
        for step in steps {
            let evidence: Value = serde_json::from_str(&step.evidence)?;
            if evidence["batch"] == json!(batch) {
                undo_step(
                    app,
                    &transaction,
                    &known,
                    &undone,
                    &step,
                    &evidence,
                    &mut report,
                )
                .await?;
            }
        }
        transaction.commit().await?;
        after = last;
    }
}

async fn end(app: &App, batch: &str, report: &UndoReport, who: &str) -> Result<()> {
    let (now, transaction) = (app.clock.now_ms(), app.db.begin().await?);
    import_batch::Entity::update_many()
        .col_expr(import_batch::Column::UndoneAt, Expr::value(now))
        .filter(import_batch::Column::Label.eq(batch))
        .exec(&transaction)
        .await?;
    let details = format!(
        "batch {batch}: {} removed, {} restored, {} kept, {} stay off",
        report.removed, report.restored, report.kept, report.off
    );
    let action = Action::SubscriberImportUndo;
    audit::record(&transaction, now, who, action, "subscribers", details).await?;
    transaction.commit().await?;
    app.db.empty_log().await?;
    Ok(())
}

/// The labels of the imports that were undone: what they say of anybody stands no more.
async fn undone_batches(
    connection: &impl ConnectionTrait,
) -> std::result::Result<HashSet<String>, DbErr> {
    let undone = import_batch::Entity::find()
        .filter(import_batch::Column::UndoneAt.is_not_null())
        .all(connection)
        .await?;
    Ok(undone.into_iter().map(|batch| batch.label).collect())
}

/// What stands in the evidence of somebody beside the import that is undone.
#[derive(Debug, Default)]
struct Beside {
    /// They did something themselves since, or staff did for them.
    acted: bool,
    /// They confirmed by themselves before.
    confirmed: bool,
    /// They came with it, or with another one that was undone.
    came_with_import: bool,
    /// What other imports, which stand, say of their consent.
    others: Vec<Value>,
    /// What they were last asked for in the form since, by whomever: anybody can type an address.
    asked: Option<(i64, Value)>,
}

/// What undoing a step of an import means for somebody.
#[derive(Debug, Clone, Copy)]
enum Effect {
    /// They stay as they are.
    Kept,
    /// The same: the import did nothing to them.
    None,
    /// Whom it took off is back.
    Back,
    /// They lose what topics it gave them.
    Topics,
    /// Nothing that stands gave consent for them.
    Consent,
}

impl Beside {
    fn of(
        steps: &[proof::Model],
        step: i64,
        batch: &Value,
        undone: &HashSet<String>,
    ) -> Result<Self> {
        let mut beside = Self::default();
        for one in steps {
            let by: Value = serde_json::from_str(&one.evidence)?;
            let import = by["batch"].as_str();
            if by["batch"] == *batch || import.is_some_and(|label| undone.contains(label)) {
                if by["did"] == json!("created") {
                    // What stands before it came along with our own export.
                    beside = Self {
                        came_with_import: true,
                        ..Self::default()
                    };
                }
                continue;
            }
            if by["batch_undone"].is_string() {
                continue;
            }
            if import.is_some() {
                // Of who had only asked there a list says no consent.
                if one.event == Evidence::Imported {
                    beside.others.push(by);
                } else if one.id > step {
                    // Another list says that they left.
                    beside.acted = true;
                }
            } else if one.id < step {
                beside.confirmed |=
                    matches!(one.event, Evidence::Confirmed | Evidence::Resubscribed);
            } else if one.event == Evidence::Requested {
                beside.asked = Some((one.at, by));
            } else {
                beside.acted = true;
            }
        }
        Ok(beside)
    }

    /// What undoing a step of the import means for them.
    fn effect(&self, evidence: &Value) -> Effect {
        match evidence["did"].as_str() {
            _ if self.acted => Effect::Kept,
            Some("moved") => Effect::Back,
            Some("known") if self.consents() => Effect::None,
            Some("created" | "confirmed" | "gained" | "known") if self.consents() => Effect::Topics,
            Some("created" | "confirmed" | "gained" | "known") => Effect::Consent,
            _ => Effect::Kept,
        }
    }

    /// Whether they stay subscribed without the import.
    fn consents(&self) -> bool {
        self.confirmed || !self.others.is_empty()
    }

    /// The topics that the import gave them and nothing else.
    fn only_given_by(&self, evidence: &Value) -> Vec<String> {
        let mut given: Vec<&str> = slugs(evidence, "topics").collect();
        for other in &self.others {
            let stands: Vec<&str> = slugs(other, "topics")
                .chain(slugs(other, "named"))
                .collect();
            given.retain(|slug| !stands.contains(slug));
        }
        given.into_iter().map(str::to_owned).collect()
    }
}

async fn undo_step(
    app: &App,
    transaction: &WriteTransaction,
    known: &[TopicRow],
    undone: &HashSet<String>,
    step: &proof::Model,
    evidence: &Value,
    report: &mut UndoReport,
) -> Result<()> {
    let id = step.subscriber_id;
    // consent_of_subscriber
    let steps = proof::Entity::find()
        .filter(proof::Column::SubscriberId.eq(id))
        .order_by_asc(proof::Column::Id)
        .all(transaction)
        .await?;
    if steps.is_empty() {
        // Forgotten with an earlier line of the same import.
        return Ok(());
    }
    let beside = Beside::of(&steps, step.id, &evidence["batch"], undone)?;
    let now = app.clock.now_ms();
    let by = json!({ "channel": "import undone", "batch_undone": evidence["batch"] });
    match beside.effect(evidence) {
        Effect::Kept => report.kept += 1,
        Effect::None => {}
        Effect::Back => {
            match take_back_leaving(app, transaction, known, id, evidence, &by).await? {
                false => report.off += 1,
                true if beside.consents() => report.restored += 1,
                // The list that brought them was undone before this one.
                true => without_consent(app, transaction, step, &beside, &by, report).await?,
            }
        }
        Effect::Topics => {
            let lost = beside.only_given_by(evidence);
            let is_lost = |id: &i64| {
                let topic = known.iter().find(|topic| topic.id == *id);
                topic.is_some_and(|topic| lost.contains(&topic.slug))
            };
            let mut has = topics::of_subscriber(transaction, id).await?;
            has.retain(|id| !is_lost(id));
            topics::set(transaction, id, &has, Frequency::Each, now).await?;
            let kind = Evidence::PreferencesChanged;
            consent::record(transaction, id, now, kind, &by).await?;
            report.restored += 1;
        }
        Effect::Consent => without_consent(app, transaction, step, &beside, &by, report).await?,
    }
    Ok(())
}

/// Whom nothing that stands gave consent for: forgotten where they came with a list, and asked again where they had
/// asked by themselves.
async fn without_consent(
    app: &App,
    transaction: &WriteTransaction,
    step: &proof::Model,
    beside: &Beside,
    by: &Value,
    report: &mut UndoReport,
) -> Result<()> {
    if beside.came_with_import {
        forget(app, transaction, step).await?;
        report.removed += 1;
    } else {
        // The link that they had asked for before goes on working.
        let id = step.subscriber_id;
        status::apply(app, transaction, id, Event::TakeBackImport, by).await?;
        report.restored += 1;
    }
    if let Some((at, asked)) = &beside.asked {
        sign_up::put_back(transaction, *at, asked).await?;
    }
    Ok(())
}

/// Whether whom the import took off was subscribed then.
fn was_subscribed(evidence: &Value) -> bool {
    // An earlier version did not write down where they stood.
    match evidence["was"].as_str() {
        Some(was) => was == Status::Confirmed.as_str(),
        None => !leaving::topics_left(evidence).is_empty(),
    }
}

/// Brings back whom the import took off, with what they had; nothing that they did, and no other list, says that
/// they bounced or complained. False: they stay off, for they were not subscribed before.
async fn take_back_leaving(
    app: &App,
    transaction: &WriteTransaction,
    known: &[TopicRow],
    id: i64,
    evidence: &Value,
    by: &Value,
) -> Result<bool> {
    let left: Vec<(i64, Frequency)> = leaving::topics_left(evidence)
        .into_iter()
        .filter_map(|(slug, frequency)| {
            let topic = known.iter().find(|topic| topic.slug == slug)?;
            Some((topic.id, frequency))
        })
        .collect();
    // A bounce that was seen here stands, whatever a list made of it.
    let was = evidence["was"].as_str();
    if was.is_some_and(|was| was != Status::Bounced.as_str()) {
        status::apply(app, transaction, id, Event::TakeBackMark, by).await?;
    }
    // Who had only asked goes on by their own link.
    if !was_subscribed(evidence)
        || !status::apply(app, transaction, id, Event::TakeBackLeaving, by).await?
    {
        return Ok(false);
    }
    topics::set_each(transaction, id, &left, app.clock.now_ms()).await?;
    Ok(true)
}

/// Forgets somebody who came with the import, and the suppression that came with them.
async fn forget(app: &App, transaction: &WriteTransaction, step: &proof::Model) -> Result<()> {
    let id = step.subscriber_id;
    let Some(row) = subscriber::Entity::find_by_id(id).one(transaction).await? else {
        return Ok(());
    };
    if let Some(reason) = suppression_of(row.status) {
        suppression::Entity::delete_by_id(app.keys.address_hash(&row.email_key))
            .filter(suppression::Column::Reason.eq(reason.to_value()))
            // Set right after the step; what stood there before is older.
            .filter(suppression::Column::At.gte(step.at))
            .exec(transaction)
            .await?;
    }
    // First the record: only with it do the triggers let evidence go.
    erasure::note(app, transaction, [(id, Some(row.email_key.as_str()))]).await?;
    proof::Entity::delete_many()
        .filter(proof::Column::SubscriberId.eq(id))
        .exec(transaction)
        .await?;
    topics::set(transaction, id, &[], Frequency::Each, app.clock.now_ms()).await?;
    subscriber::Entity::delete_by_id(id)
        .exec(transaction)
        .await?;
    Ok(())
}
