//! `gazette newsletters show ID --reader EMAIL`: the proof of who got what. That somebody looked stands in the
//! audit log, as it does of the rest of what is known of a person.

use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action, OPERATOR},
    delivery, newsletters, subscribers,
};

pub(super) async fn show(app: &App, id: i64, email: &str, json: bool) -> anyhow::Result<()> {
    let newsletter = newsletters::find(app, id).await?;
    let Some(reader) = subscribers::returnee_by_address(app.db.pool(), email).await? else {
        anyhow::bail!("no subscriber has this address; of who was erased nothing is kept");
    };
    let Some(receipt) = delivery::receipt(app, newsletter.id, reader.id).await? else {
        anyhow::bail!("newsletter {id} was never queued for this reader");
    };
    let veiled = EmailAddress::parse(email)?.veiled();
    let (now, action) = (app.clock.now_ms(), Action::SubscriberEvidence);
    let which = format!("newsletter/{id}");
    audit::record(&app.db.writer(), now, OPERATOR, action, veiled, which).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&receipt)?);
        return Ok(());
    }
    let by = receipt.relay.map(|relay| format!(" by {relay}"));
    let tls = receipt.tls.map(|tls| format!(" ({tls})"));
    println!(
        "{} at {}{}{}, attempts: {}, Message-ID <{}@…>",
        receipt.state,
        receipt.at,
        by.unwrap_or_default(),
        tls.unwrap_or_default(),
        receipt.attempts,
        receipt.message_id
    );
    Ok(())
}
