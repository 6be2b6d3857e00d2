//! `gazette newsletters preview`: the mail, and what was checked.

use serde_json::json;

use crate::{
    app::App,
    newsletters::{
        self, NewsletterState,
        checks::{self, Check, Severity},
    },
};

/// Prints the mail and the checks.
pub async fn preview(app: &App, id: i64, json: bool, offline: bool) -> anyhow::Result<()> {
    if !offline {
        checks::follow_links(app, id).await?;
    }
    let preview = newsletters::preview(app, id).await?;
    let checks = checks::check(app, id).await?;
    if json {
        let object = json!({
            "id": id,
            "subject": preview.subject,
            "html": preview.html,
            "text": preview.text,
            "checks": checks,
        });
        println!("{}", serde_json::to_string_pretty(&object)?);
        return Ok(());
    }
    println!("Subject: {}\n\n{}", preview.subject, preview.text);
    println!("Before it goes out:");
    for check in &checks {
        println!("{}", line(check));
    }
    Ok(())
}

/// Says on the error stream what somebody should have seen. Whoever has the machine decides.
pub async fn warn(app: &App, id: i64) -> anyhow::Result<()> {
    if newsletters::find(app, id).await?.state != NewsletterState::Draft {
        return Ok(());
    }
    // What cannot be composed is refused, with its reason, by the step that follows.
    let Ok(checks) = checks::check(app, id).await else {
        return Ok(());
    };
    for check in checks
        .iter()
        .filter(|check| check.severity == Severity::Blocking)
    {
        eprintln!("{}", line(check));
    }
    Ok(())
}

fn line(check: &Check) -> String {
    let mut line = format!(
        "  {:<8} {}: {}",
        check.severity.as_str(),
        check.title,
        check.says
    );
    for detail in &check.details {
        line.push_str("\n             ");
        line.push_str(detail);
    }
    line
}
