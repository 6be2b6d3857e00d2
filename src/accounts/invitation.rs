//! One-time links: for the very first account, for those who are invited, and for a forgotten
//! password. The database holds hashes only; a link works once and for a day (O3).

use std::collections::BTreeSet;

use gazette_templates::{email::staff as letter, pages::words::Words};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use super::{
    account::{self, Account},
    account_notice::{GuardChange, note_change},
    account_tables::{staff, staff_invitation},
    error::{Result, StaffError},
    link_store::void,
    password::NewPassword,
    role::Role,
    session,
    staff_names::StaffNames,
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    clock::{DAY, MINUTE, instant},
    db,
    office::Office,
    secret::{Token, random_label},
    transactional::{self, TransactionalContent, TransactionalKind, TransactionalMail},
    values,
};

/// Who forgot their password gets one mail in this time: nobody fills another's mailbox.
const FORGOTTEN_QUIET_MS: i64 = 10 * MINUTE;

/// How long a link works.
const LINK_MS: i64 = DAY;

/// Whom a link that still works lets in.
#[derive(Debug)]
pub enum Invited {
    /// Whoever set Gazette up: there is no account yet, this will be the first, an admin.
    First,
    /// Someone with an account, who chooses a password.
    Member(Account),
}

/// While there is no staff: a link that makes the first account, an admin. Each call gives a new
/// link and ends the one before, so only the newest line on the terminal works.
pub async fn first_account_link(app: &App) -> Result<Option<String>> {
    if !has_none(app).await? {
        return Ok(None);
    }
    let label = format!("staff/first/{}", random_label()?);
    let transaction = app.db.begin().await?;
    void(&transaction, None).await?;
    let token = store(app, &transaction, &label, None).await?;
    // It is shown at the machine's own terminal alone.
    let (now, action) = (app.clock.now_ms(), Action::StaffLink);
    audit::record(
        &transaction,
        now,
        audit::OPERATOR,
        action,
        "staff/first",
        "",
    )
    .await?;
    transaction.commit().await?;
    Ok(Some(link(app, &token)))
}

/// Whether there is no account yet.
pub async fn has_none(app: &App) -> Result<bool> {
    Ok(staff::Entity::find().count(app.db.pool()).await? == 0)
}

/// Adds someone to staff, queues the invitation mail where mail can leave, and gives the same link for whoever
/// wants to hand it over in person.
pub async fn invite(app: &App, email: &EmailAddress, role: Role, by: &str) -> Result<String> {
    let office = Office::load(&app.db).await?;
    let now = app.clock.now_ms();
    let by_whom = person(app, by).await?;
    let transaction = app.db.begin().await?;
    // Of two who invite the same person at once, the second is told.
    let added = staff::Entity::insert(staff::ActiveModel {
        email: Set(email.as_str().to_owned()),
        email_key: Set(email.key()),
        role: Set(role),
        created_at: Set(now),
        ..Default::default()
    })
    .on_conflict(
        OnConflict::column(staff::Column::EmailKey)
            .do_nothing()
            .to_owned(),
    )
    .exec_without_returning(&transaction)
    .await?;
    if added == 0 {
        return Err(StaffError::Exists(email.to_string()));
    }
    let id = staff::Entity::find()
        .filter(staff::Column::EmailKey.eq(email.key()))
        .one(&transaction)
        .await?
        .ok_or_else(|| StaffError::NotFound(email.to_string()))?
        .id;
    // Now that there is an account, the first-account link must not make another admin.
    void(&transaction, None).await?;
    let invited = LinkMail {
        staff: id,
        email,
        role,
        occasion: letter::Occasion::Invited(by_whom.as_deref()),
    };
    let token = mail_link(app, &transaction, &office, invited).await?;
    audit::record(
        &transaction,
        now,
        by,
        Action::StaffInvite,
        &format!("staff/{id}"),
        &format!("{email} as {role}"),
    )
    .await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(link(app, &token))
}

/// A new one-time link for someone who lost theirs or forgot the password; older ones end. The
/// password they have keeps working until the link is used.
pub async fn new_link(app: &App, account: &Account, by: &str) -> Result<String> {
    if account.disabled_at.is_some() {
        return Err(StaffError::Disabled(account.email.to_string()));
    }
    let office = Office::load(&app.db).await?;
    let sender = person(app, by).await?;
    let transaction = app.db.begin().await?;
    void(&transaction, Some(account.id)).await?;
    let occasion = if by == audit::GAZETTE {
        letter::Occasion::Forgotten
    } else {
        letter::Occasion::NewLink(sender.as_deref())
    };
    let invited = LinkMail {
        staff: account.id,
        email: &account.email,
        role: account.role,
        occasion,
    };
    let token = mail_link(app, &transaction, &office, invited).await?;
    audit::record(
        &transaction,
        app.clock.now_ms(),
        by,
        Action::StaffLink,
        &account::object(account),
        "",
    )
    .await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(link(app, &token))
}

/// A forgotten password: mails a link to whoever has this address and may sign in, once in ten minutes.
/// Whether anybody has it shows in nothing that the asker sees.
///
/// # Errors
/// The database failed, or the mail cannot be built.
pub async fn forgotten(app: &App, email: &EmailAddress) -> Result<()> {
    let account = account::by_key(app, &email.key())
        .await?
        .filter(|account| account.disabled_at.is_none());
    let Some(account) = account else {
        return Ok(());
    };
    let lately = staff_invitation::Entity::find()
        .filter(staff_invitation::Column::StaffId.eq(account.id))
        .filter(staff_invitation::Column::UsedAt.is_null())
        .filter(staff_invitation::Column::CreatedAt.gt(app.clock.now_ms() - FORGOTTEN_QUIET_MS))
        .count(app.db.pool())
        .await?;
    if lately == 0 && Office::load(&app.db).await?.complete {
        new_link(app, &account, audit::GAZETTE).await?;
    }
    Ok(())
}

/// Whose link still lets them in: the numbers of their accounts.
///
/// # Errors
/// The database failed.
pub async fn holders(app: &App) -> Result<BTreeSet<i64>> {
    let holders: Vec<Option<i64>> = staff_invitation::Entity::find()
        .select_only()
        .column(staff_invitation::Column::StaffId)
        .filter(staff_invitation::Column::UsedAt.is_null())
        .filter(staff_invitation::Column::ExpiresAt.gt(app.clock.now_ms()))
        .into_tuple()
        .all(app.db.pool())
        .await?;
    Ok(holders.into_iter().flatten().collect())
}

/// Whom the link lets in. Looking does not use it up: mail scanners look too (O4).
pub async fn open(app: &App, token: &Token) -> Result<Invited> {
    let link = staff_invitation::Entity::find_by_id(token.hash())
        .filter(staff_invitation::Column::UsedAt.is_null())
        .filter(staff_invitation::Column::ExpiresAt.gt(app.clock.now_ms()))
        .one(app.db.pool())
        .await?
        .ok_or(StaffError::Link)?;
    let Some(id) = link.staff_id else {
        return Ok(Invited::First);
    };
    match account::by_id(app, id).await? {
        Some(account) if account.disabled_at.is_none() => Ok(Invited::Member(account)),
        _ => Err(StaffError::Link),
    }
}

/// Uses the link up and stores the password. For the first account `email` is who it will be.
/// Gives the account's number.
pub async fn accept(
    app: &App,
    token: &Token,
    email: &EmailAddress,
    password: NewPassword,
) -> Result<i64> {
    let hash = password.hash().await?;
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    // One statement decides who was first; everyone after finds the link used.
    let used = staff_invitation::Entity::update_many()
        .col_expr(staff_invitation::Column::UsedAt, Expr::value(now))
        .filter(staff_invitation::Column::TokenHash.eq(token.hash()))
        .filter(staff_invitation::Column::UsedAt.is_null())
        .filter(staff_invitation::Column::ExpiresAt.gt(now))
        .exec_with_returning(&transaction)
        .await?;
    let id = match used.first().ok_or(StaffError::Link)?.staff_id {
        Some(id) => id,
        None => first_account(app, &transaction, email).await?,
    };
    let known = staff::Entity::find_by_id(id).one(&transaction).await?;
    let known = known.map(Account::try_from).transpose()?;
    let changed = staff::Entity::update_many()
        .col_expr(staff::Column::PasswordHash, Expr::value(hash))
        .filter(staff::Column::Id.eq(id))
        .filter(staff::Column::DisabledAt.is_null())
        .exec(&transaction)
        .await?;
    if changed.rows_affected == 0 {
        return Err(StaffError::Link);
    }
    void(&transaction, Some(id)).await?;
    session::end_all(&transaction, id).await?;
    let details = "by a one-time link";
    match known {
        Some(account) if account.has_password() => {
            let told = "A new password was chosen by the link that was mailed to you.";
            let change = GuardChange::own(&account, Action::StaffPassword, details, told);
            note_change(app, &transaction, &account, &change).await?;
        }
        _ => {
            let (who, object) = (email.as_str(), format!("staff/{id}"));
            audit::record(
                &transaction,
                now,
                who,
                Action::StaffPassword,
                object,
                details,
            )
            .await?;
        }
    }
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(id)
}

async fn first_account(
    app: &App,
    transaction: &impl ConnectionTrait,
    email: &EmailAddress,
) -> Result<i64> {
    // One statement, so that of two who were first only one is.
    db::scalar(
        transaction,
        "INSERT INTO staff (email, email_key, role, created_at)
         SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT 1 FROM staff)
         RETURNING id",
        values![
            email.as_str(),
            email.key(),
            Role::Admin.as_str(),
            app.clock.now_ms()
        ],
    )
    .await?
    .ok_or(StaffError::Link)
}

/// Whom a link is mailed to.
struct LinkMail<'a> {
    staff: i64,
    email: &'a EmailAddress,
    role: Role,
    occasion: letter::Occasion<'a>,
}

/// Somebody at the machine itself has no address to be asked at.
async fn person(app: &App, by: &str) -> Result<Option<String>> {
    if !by.contains('@') {
        return Ok(None);
    }
    let names = StaffNames::load(app, Role::Admin).await?;
    Ok(Some(names.with_address(by)))
}

async fn mail_link(
    app: &App,
    transaction: &impl ConnectionTrait,
    office: &Office,
    to: LinkMail<'_>,
) -> Result<Token> {
    let staff = to.staff;
    let label = format!("staff/{staff}/{}", random_label()?);
    let token = store(app, transaction, &label, Some(staff)).await?;
    if !office.complete {
        // It would wait, in the name of an office that has none, until the link is too old. Whoever asked for it is
        // shown the link.
        return Ok(token);
    }
    let sender = office.sender("en");
    let until = instant(app.clock.now_ms() + LINK_MS).to_zoned_datetime(office.time_zone.clone());
    let zone = until.strftime("%Z").to_string();
    let subject = to.occasion.title(sender.office);
    let parts = letter::invitation(
        sender,
        &letter::Invitation {
            occasion: to.occasion,
            until: &Words::of("en").day_and_time(until.datetime(), &zone),
            role: to.role.as_str(),
            may: to.role.may(),
            link: &app.link(&format!("/staff/welcome/{}", Token::SLOT)),
            console: &app.link("/staff"),
        },
    );
    transactional::enqueue(
        app,
        transaction,
        office,
        TransactionalMail {
            kind: TransactionalKind::Invitation,
            recipient: to.email,
            content: TransactionalContent::letter(subject, parts, "en"),
            token_label: Some(label),
        },
    )
    .await?;
    Ok(token)
}

async fn store(
    app: &App,
    transaction: &impl ConnectionTrait,
    label: &str,
    staff: Option<i64>,
) -> Result<Token> {
    let token = app.keys.token(label);
    let now = app.clock.now_ms();
    staff_invitation::Entity::insert(staff_invitation::ActiveModel {
        token_hash: Set(token.hash()),
        staff_id: Set(staff),
        created_at: Set(now),
        expires_at: Set(now + LINK_MS),
        used_at: Set(None),
    })
    .exec_without_returning(transaction)
    .await?;
    Ok(token)
}

fn link(app: &App, token: &Token) -> String {
    app.link(&format!("/staff/welcome/{}", token.as_str()))
}
