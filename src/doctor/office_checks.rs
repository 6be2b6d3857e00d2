//! What stands before all mail: the database, the key, and what the office has told.

use sea_orm::DbErr;

use super::report::Finding;
use crate::{address::EmailAddress, app::App, idn, newsletters, office::Office};

const CHECK: &str = "office";

/// Where staff set what the office is.
const SETTINGS: &str = "/staff/settings";

/// A setting that every mail needs, as staff call it.
fn in_words(key: &str) -> &str {
    match key {
        "name" => "the office’s name",
        "from" => "the sender address",
        "postal-address" => "the postal address",
        other => other,
    }
}

/// Looks at what is set. The database was opened and its key compared before
/// ([`App::open`] refuses otherwise).
pub async fn examine(app: &App, office: &Office) -> Result<Vec<Finding>, DbErr> {
    let kind = if app.db.is_sqlite() {
        "SQLite"
    } else {
        "PostgreSQL"
    };
    let mut findings = vec![Finding::ok(
        "database",
        format!("{kind}, at this version; the secret key is the one that belongs to it"),
    )];
    let settings = Office::settings(&app.db).await?;
    let is_set = |wanted: &str| {
        settings
            .iter()
            .any(|(key, value)| *key == wanted && !value.is_empty())
    };
    let missing: Vec<&str> = ["name", "from", "postal-address"]
        .into_iter()
        .filter(|key| !is_set(key))
        .collect();
    findings.push(if missing.is_empty() {
        Finding::ok(
            CHECK,
            format!("{} <{}>, with a postal address", office.name, office.from),
        )
    } else {
        let remedy: Vec<String> = missing.iter().map(|key| format!("{key}=…")).collect();
        Finding::fault(
            CHECK,
            format!(
                "not set: {}; no mail leaves until it is",
                missing.join(", ")
            ),
        )
        .remedy(format!("gazette office set {}", remedy.join(" ")))
        .on_page(
            format!(
                "Not set yet: {}. No mail leaves before.",
                missing
                    .iter()
                    .map(|key| in_words(key))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            "Set it under Settings",
            SETTINGS,
        )
    });
    findings.push(if is_set("time-zone") {
        let zone = office.time_zone.iana_name().unwrap_or("UTC");
        Finding::ok(
            "time-zone",
            format!(
                "{zone}: there it is {}",
                app.clock
                    .now()
                    .to_zoned_datetime(office.time_zone.clone())
                    .strftime("%H:%M on %A")
            ),
        )
    } else {
        Finding::warning(
            "time-zone",
            "none is set: staff read and write times in UTC",
        )
        .remedy("gazette office set time-zone=America/New_York, or where the office is")
        .on_page(
            "None is chosen: you read and write times in UTC.",
            "Choose it under Settings",
            SETTINGS,
        )
    });
    findings.extend(deceptive(app, office));
    findings.extend(set_aside(app).await?);
    Ok(findings)
}

/// Newsletters that wait because nobody knows what happened to their releases.
async fn set_aside(app: &App) -> Result<Option<Finding>, DbErr> {
    let aside = newsletters::events_set_aside(app)
        .await
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    Ok(aside.first().map(|latest| {
        Finding::warning(
            "releases",
            format!(
                "{} events of releases could not be read; the latest, of release {}: {}",
                aside.len(),
                latest.release_id,
                latest.reason
            ),
        )
        .remedy("compare them with the office's page, and say so under Releases in the console")
        .on_page(
            format!(
                "What happened to {} press releases on your website could not be read. Compare them with your website.",
                aside.len()
            ),
            "Look at the releases",
            "/staff/releases",
        )
    }))
}

/// P7: settings that were stored before a domain was known to deceive, and the signing domain.
fn deceptive(app: &App, office: &Office) -> Vec<Finding> {
    let domains = [
        Some(office.from.domain()),
        office.reply_to.as_ref().map(EmailAddress::domain),
        office.notice_from.as_ref().map(EmailAddress::domain),
        office.notice_return_path.as_ref().map(EmailAddress::domain),
        office.bounce_domain.as_deref(),
        app.settings.dkim_domain.as_deref(),
    ];
    let deceptive = domains
        .into_iter()
        .flatten()
        .filter_map(|domain| idn::examine(domain).err());
    deceptive
        .map(|error| Finding::fault("idn", error.to_string()))
        .collect()
}
