//! Who had an address before they changed it: what was mailed to it was mailed to them.

use sea_orm::{
    ColumnTrait, DerivePartialModel, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr,
};
use serde_json::Value;

use super::{
    Result,
    consent::Evidence,
    subscriber_tables::{consent, subscriber},
};
use crate::{address::EmailAddress, app::App, db};

#[derive(DerivePartialModel)]
#[sea_orm(entity = "consent::Entity")]
struct Change {
    subscriber_id: i64,
    evidence: String,
}

/// The present addresses of those who changed theirs from this one; nobody where it is no address.
pub async fn who_had(app: &App, email: &str) -> Result<Vec<String>> {
    let Ok(address) = EmailAddress::parse(email) else {
        return Ok(Vec::new());
    };
    // consent_address_changed, whose condition stands here in its own words
    let is_change = format!("event = {}", db::sql_value(&Evidence::AddressChanged));
    let changes: Vec<Change> = consent::Entity::find()
        .filter(Expr::cust(is_change))
        .into_partial_model()
        .all(app.db.pool())
        .await?;
    let mut people = Vec::new();
    for change in changes {
        let evidence: Value = serde_json::from_str(&change.evidence)?;
        let from = evidence["from"].as_str().unwrap_or_default();
        if EmailAddress::is_spelling_of(from, &address.key()) {
            people.push(change.subscriber_id);
        }
    }
    Ok(subscriber::Entity::find()
        .select_only()
        .column(subscriber::Column::Email)
        .filter(subscriber::Column::Id.is_in(people))
        .into_tuple()
        .all(app.db.pool())
        .await?)
}
