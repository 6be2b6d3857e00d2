//! Undoing a whole import: who came with it and has done nothing since is forgotten as if they had never
//! been there; who gained a topic loses it. What people did themselves since then stands.

use sea_orm::{
    ActiveEnum, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Event, Frequency, Result, SubscriberError,
    consent::{self, Evidence},
    erasure,
    import::suppression_of,
    status,
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
    /// Lost the topics that the import gave them, or are unsubscribed because it confirmed them.
    pub restored: u64,
    /// Did something themselves since, or left: they stay as they are.
    pub kept: u64,
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

/// Undoes an import. Killed in the middle, it goes on where it stopped when it is called again.
pub async fn undo_import(app: &App, batch: &str, who: &str) -> Result<UndoReport> {
    let import = import_batch::Entity::find_by_id(batch.to_owned())
        .one(app.db.pool())
        .await?;
    let Some(import) = import.filter(|import| import.undone_at.is_none()) else {
        return Err(SubscriberError::Import(format!(
            "there is no import `{batch}` that can be undone: it was undone already, or there never was one"
        )));
    };
    let known = topics::every_topic(app).await?;
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
            let now = app.clock.now_ms();
            import_batch::Entity::update_many()
                .col_expr(import_batch::Column::UndoneAt, Expr::value(now))
                .filter(import_batch::Column::Label.eq(batch))
                .exec(&transaction)
                .await?;
            let details = format!(
                "batch {batch}: {} removed, {} restored, {} kept",
                report.removed, report.restored, report.kept
            );
            let action = Action::SubscriberImportUndo;
            audit::record(&transaction, now, who, action, "subscribers", details).await?;
            transaction.commit().await?;
            app.db.empty_log().await?;
            return Ok(report);
        };
        for step in steps {
            let evidence: Value = serde_json::from_str(&step.evidence)?;
            if evidence["batch"] == json!(batch) {
                undo_step(app, &transaction, &known, &step, &evidence, &mut report).await?;
            }
        }
        transaction.commit().await?;
        after = last;
    }
}

async fn undo_step(
    app: &App,
    transaction: &WriteTransaction,
    known: &[TopicRow],
    step: &proof::Model,
    evidence: &Value,
    report: &mut UndoReport,
) -> Result<()> {
    let id = step.subscriber_id;
    // consent_of_subscriber
    let from_here = proof::Entity::find()
        .filter(proof::Column::SubscriberId.eq(id))
        .filter(proof::Column::Id.gte(step.id))
        .all(transaction)
        .await?;
    if from_here.is_empty() {
        // Forgotten with an earlier line of the same import.
        return Ok(());
    }
    for later in from_here.iter().filter(|later| later.id != step.id) {
        let later: Value = serde_json::from_str(&later.evidence)?;
        let of_import = |name: &str| later[name] == evidence["batch"];
        if !of_import("batch") && !of_import("batch_undone") {
            report.kept += 1;
            return Ok(());
        }
    }
    let now = app.clock.now_ms();
    let undone = json!({ "channel": "import undone", "batch_undone": evidence["batch"] });
    match evidence["did"].as_str() {
        Some("created") => {
            forget(app, transaction, step).await?;
            report.removed += 1;
        }
        Some("confirmed") => {
            status::apply(app, transaction, id, Event::Leave, &undone).await?;
            report.restored += 1;
        }
        Some("gained") => {
            let gained: Vec<&str> = evidence["topics"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let lost = |id: &i64| {
                let topic = known.iter().find(|topic| topic.id == *id);
                topic.is_some_and(|topic| gained.contains(&topic.slug.as_str()))
            };
            let mut has = topics::of_subscriber(transaction, id).await?;
            has.retain(|id| !lost(id));
            topics::set(transaction, id, &has, Frequency::Each).await?;
            let kind = Evidence::PreferencesChanged;
            consent::record(transaction, id, now, kind, &undone).await?;
            report.restored += 1;
        }
        // Who left elsewhere is not brought back.
        _ => report.kept += 1,
    }
    Ok(())
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
    erasure::note(app, transaction, &[id]).await?;
    proof::Entity::delete_many()
        .filter(proof::Column::SubscriberId.eq(id))
        .exec(transaction)
        .await?;
    topics::set(transaction, id, &[], Frequency::Each).await?;
    subscriber::Entity::delete_by_id(id)
        .exec(transaction)
        .await?;
    Ok(())
}
