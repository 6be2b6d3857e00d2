//! `gazette key`: the secret key.

use clap::Subcommand;

use super::input::Yes;
use crate::{
    app::App,
    audit::{self, Action, OPERATOR},
    db::Db,
    secret::Keys,
    transactional,
};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Put a new key before the one in use: new links are made with it, links that were mailed go on
    /// working, staff sign in anew
    Rotate {
        #[command(flatten)]
        yes: Yes,
    },
}

/// Runs the command.
pub async fn run(app: &App, command: Key) -> anyhow::Result<()> {
    let Key::Rotate { yes } = command;
    yes.ask("Put a new secret key before the one in use?")?;
    // Their tokens are derived when they are written, and known by a hash of before.
    let waiting = transactional::count_links_to_write(app.db.pool()).await?;
    anyhow::ensure!(
        waiting == 0,
        "{waiting} mails with a link (confirmations, invitations) wait to be sent, and their links would not work; try again when they have gone"
    );
    let transaction = app.db.begin().await?;
    let now = app.clock.now_ms();
    audit::record(
        &transaction,
        now,
        OPERATOR,
        Action::KeyRotate,
        "secret_key",
        "",
    )
    .await?;
    if let Some(hex) = &app.settings.secret_key {
        let new = Keys::rotated(hex)?;
        transaction.commit().await?;
        println!("{new}");
        eprintln!("Set GAZETTE_SECRET_KEY to this for every process, and restart them together.");
        return Ok(());
    }
    let file = Db::beside(&app.settings.database_url, "gazette.key");
    // Refused or failed, the log says nothing of it.
    Keys::replace_file(&file, &Keys::rotated(&Keys::hex_in(&file)?)?)?;
    transaction.commit().await?;
    println!(
        "{} has a new key before the old one. Restart every `gazette serve` and `gazette worker`, and make a backup.",
        file.display()
    );
    Ok(())
}
