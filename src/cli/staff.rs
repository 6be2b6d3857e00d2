//! `gazette staff`: who may sign in to the console.

use clap::Subcommand;
use serde_json::json;

use crate::{
    accounts::{self, Role},
    address::EmailAddress,
    app::App,
    audit::OPERATOR,
};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Staff {
    /// Invite someone: queues a mail with a one-time link, and prints the link too
    Add {
        /// Their address
        email: EmailAddress,
        /// What they may do: viewer, editor, approver or admin
        #[arg(long)]
        role: Role,
    },
    /// Print the link that makes the first account, while there is none; older ones end
    FirstLink,
    /// Make a new one-time link, for a lost link or a forgotten password
    Link {
        /// Their address
        email: EmailAddress,
    },
    /// Change what someone may do
    Role {
        /// Their address
        email: EmailAddress,
        /// What they may do: viewer, editor, approver or admin
        #[arg(long)]
        role: Role,
    },
    /// Sign someone out and let them in no more
    Disable {
        /// Their address
        email: EmailAddress,
    },
    /// Let someone in again who was disabled
    Enable {
        /// Their address
        email: EmailAddress,
    },
    /// List them, newest first
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub async fn run(app: &App, command: Staff) -> anyhow::Result<()> {
    match command {
        Staff::Add { email, role } => {
            println!("{}", accounts::invite(app, &email, role, OPERATOR).await?);
        }
        Staff::FirstLink => match accounts::first_account_link(app).await? {
            Some(link) => println!("{link}"),
            None => anyhow::bail!(
                "there is an account already; `gazette staff link EMAIL` makes a new link for it"
            ),
        },
        Staff::Link { email } => {
            let account = accounts::find(app, &email).await?;
            println!("{}", accounts::new_link(app, &account, OPERATOR).await?);
        }
        Staff::Role { email, role } => {
            let account = accounts::find(app, &email).await?;
            accounts::set_role(app, &account, role, OPERATOR).await?;
            println!("{} is {role} now", email.as_str());
        }
        Staff::Disable { email } => {
            let account = accounts::find(app, &email).await?;
            accounts::disable(app, &account, OPERATOR).await?;
            println!("{} is signed out and comes in no more", email.as_str());
        }
        Staff::Enable { email } => {
            let account = accounts::find(app, &email).await?;
            accounts::enable(app, &account, OPERATOR).await?;
            println!("{} may sign in again", email.as_str());
        }
        Staff::List { json } => list(app, json).await?,
    }
    Ok(())
}

async fn list(app: &App, json: bool) -> anyhow::Result<()> {
    let accounts = accounts::list(app).await?;
    if json {
        let array: Vec<_> = accounts
            .iter()
            .map(|account| {
                json!({
                    "id": account.id,
                    "email": account.email.as_str(),
                    "role": account.role,
                    "state": account.state(),
                    "created_at": account.created_at,
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&array)?);
        return Ok(());
    }
    if accounts.is_empty() {
        println!("Nobody yet. `gazette staff add EMAIL --role admin` invites the first.");
    }
    for account in accounts {
        println!(
            "{:<40} {:<9} {}",
            account.email.as_str(),
            account.role,
            account.state()
        );
    }
    Ok(())
}
