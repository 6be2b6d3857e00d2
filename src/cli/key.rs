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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{
        accounts::{Role, invite},
        address::EmailAddress,
        clock::Clock,
        db,
        delivery::testing,
        test_data,
    };

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        key: Key,
    }

    #[tokio::test]
    async fn a_rotation_stands_in_the_audit_log_and_one_that_was_refused_does_not() {
        let (app, _folder) = testing::app(Clock::system()).await;
        let rotate = async || {
            let line = Line::parse_from(["gazette", "rotate", "--yes"]);
            run(&app, line.key).await
        };
        let logged = async || {
            let sql = "SELECT count(*) FROM audit WHERE action = 'key.rotate' AND who = 'operator'";
            db::scalar::<i64>(app.db.pool(), sql, []).await.unwrap()
        };
        rotate().await.unwrap();
        assert_eq!(logged().await, Some(1));
        test_data::office(&app).await;
        // Its link is not written yet.
        let address = EmailAddress::parse("ana@example.gov").unwrap();
        invite(&app, &address, Role::Viewer, OPERATOR)
            .await
            .unwrap();
        assert!(rotate().await.is_err());
        assert_eq!(logged().await, Some(1));
    }
}
