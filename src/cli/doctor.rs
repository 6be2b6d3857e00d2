//! `gazette doctor`: whether sending is sound.

use clap::Args;

use crate::{
    app::App,
    clock::Clock,
    config::Settings,
    doctor::{self, Finding, Level, Report},
};

/// The options.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "Exit status: 0 when sending is sound, 1 when there is a fault.")]
pub struct Doctor {
    /// As JSON: {"sound", "checks", "publish"}
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(settings: Settings, command: Doctor) -> anyhow::Result<()> {
    let report = match App::open_existing(settings, Clock::system()).await {
        Ok(app) => doctor::examine(&app).await?,
        // Without the database nothing else can be looked at; the error says what to do.
        Err(error) => Report {
            findings: vec![Finding::fault("database", format!("{error:#}"))],
            publish: Vec::new(),
            conversations: Vec::new(),
        },
    };
    if command.json {
        let json = serde_json::json!({
            "sound": report.is_sound(),
            "checks": report.findings,
            "publish": report.publish,
            "relays": report.conversations,
        });
        println!("{}", serde_json::to_string_pretty(&json)?);
    } else {
        print(&report);
    }
    match report.faults() {
        0 => Ok(()),
        1 => anyhow::bail!("sending is not sound: 1 fault"),
        faults => anyhow::bail!("sending is not sound: {faults} faults"),
    }
}

fn print(report: &Report) {
    for finding in &report.findings {
        println!(
            "{:<8} {:<10} {}",
            finding.level.word(),
            finding.check,
            finding.what
        );
        if let Some(remedy) = &finding.remedy {
            println!("{:<19} → {remedy}", "");
        }
    }
    if !report.publish.is_empty() {
        println!(
            "\nWHAT TO PUBLISH (lines of a zone file; a web form wants the text in one piece, without quotes)"
        );
        for record in &report.publish {
            let note = if record.stands {
                "stands already"
            } else {
                "to be published"
            };
            println!("\n; {note}\n{}", record.zone);
        }
        println!();
    }
    let warnings = report
        .findings
        .iter()
        .filter(|finding| finding.level == Level::Warning);
    if report.is_sound() {
        println!("Sending is sound ({} warnings).", warnings.count());
    }
}
