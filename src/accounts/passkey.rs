//! Passkeys (WebAuthn): a key that a phone, a computer or a security key holds and uses only after a
//! fingerprint, a face or a PIN. So one is two factors by itself: it lets in without a password, and counts
//! as the second step after one. It works only on the site that it was made for, so nobody can be tricked
//! out of it. The database holds public keys.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, SqlErr, sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder,
};

use super::{
    account::{self, Account, by_id},
    account_notice::{GuardChange, note_change},
    account_tables::staff_passkey::{ActiveModel, Column, Entity, Model},
    error::{Result, StaffError},
};
use crate::{
    app::App,
    audit::{self, Action},
    clock::{MINUTE, Timestamp, instant},
    given_name,
    office::Office,
    repeated_fault::DailyCount,
};

static REFUSED: DailyCount = DailyCount::new();

/// What one account may have: a few devices, and no way to fill the database.
const MOST: u64 = 20;
const TOO_MANY: StaffError = StaffError::Passkey("there are 20 passkeys already; remove one first");
/// Letters in a name.
const LONGEST_NAME: usize = 60;
/// For so long a browser may take to answer.
const ASKED_FOR_MS: i64 = 10 * MINUTE;

/// A passkey of somebody's.
#[derive(Debug)]
pub struct Passkey {
    /// `staff_passkey.id`
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it let somebody in last.
    pub used_at: Option<Timestamp>,
}

/// What the browser is asked, and what its answer is held against. The second stays with us: in the
/// session.
#[derive(Debug)]
pub struct Asked<T> {
    /// `{"publicKey": …}`, as `navigator.credentials` takes it but for its octets, which are base64url.
    pub options: String,
    /// See [`Waiting`].
    pub waiting: Waiting<T>,
}

/// What an answer of a browser is held against.
#[derive(Debug, Serialize, Deserialize)]
pub struct Waiting<T> {
    state: T,
    at: i64,
}

impl<T> Waiting<T> {
    fn fresh(&self, app: &App) -> Result<&T> {
        if app.clock.now_ms() - self.at < ASKED_FOR_MS {
            return Ok(&self.state);
        }
        Err(StaffError::Passkey("that took too long; try again"))
    }
}

/// What waits while a passkey is made.
pub type NewPasskey = Waiting<PasskeyRegistration>;
/// What waits while somebody shows a passkey.
pub type ShownPasskey = Waiting<DiscoverableAuthentication>;

/// Whether browsers offer passkeys for our address: they want a host name, not a number, and TLS but on
/// this machine.
#[must_use]
pub fn is_possible(app: &App) -> bool {
    site(app, "Gazette").is_ok()
}

fn site(app: &App, name: &str) -> Result<Webauthn> {
    const NOT_HERE: StaffError = StaffError::Passkey(
        "passkeys work only where Gazette has a host name with https://; ask the person who runs it",
    );
    let public = &app.settings.public_url;
    if !public.is_https() && !public.is_loopback() {
        return Err(NOT_HERE);
    }
    let origin = Url::parse(public.as_str()).map_err(|_| NOT_HERE)?;
    let host = origin.domain().ok_or(NOT_HERE)?;
    WebauthnBuilder::new(host, &origin)
        .and_then(|site| site.rp_name(name).build())
        .map_err(|_| NOT_HERE)
}

/// Somebody's passkeys, the newest first.
///
/// # Errors
/// The database failed.
pub async fn list(app: &App, account: &Account) -> Result<Vec<Passkey>> {
    Ok(all(app, account)
        .await?
        .into_iter()
        .map(|row| Passkey {
            id: row.id,
            name: row.name,
            created_at: instant(row.created_at),
            used_at: row.used_at.map(instant),
        })
        .collect())
}

/// Whether somebody has a passkey.
///
/// # Errors
/// The database failed.
pub async fn has_one(app: &App, account: &Account) -> Result<bool> {
    let passkeys = Entity::find()
        .filter(Column::StaffId.eq(account.id))
        .count(app.db.pool())
        .await?;
    Ok(passkeys > 0)
}

async fn all(app: &App, account: &Account) -> Result<Vec<Model>> {
    Ok(Entity::find()
        .filter(Column::StaffId.eq(account.id))
        .order_by_desc(Column::Id)
        .all(app.db.pool())
        .await?)
}

/// Asks the browser to make a passkey for this account.
///
/// # Errors
/// Passkeys do not work at our address, there are enough, or the database failed.
pub async fn begin_new(app: &App, account: &Account) -> Result<Asked<PasskeyRegistration>> {
    let site = site(app, &Office::load(&app.db).await?.name)?;
    let known = all(app, account).await?;
    if known.len() as u64 >= MOST {
        return Err(TOO_MANY);
    }
    let known: Vec<_> = known
        .iter()
        .filter_map(|row| BASE64URL_NOPAD.decode(row.credential_id.as_bytes()).ok())
        .collect();
    let email = account.email.as_str();
    let shown = if account.name.is_empty() {
        email
    } else {
        &account.name
    };
    let (asked, state) = site
        .start_passkey_registration(handle(app, account.id), email, shown, Some(known))
        .map_err(|error| refused(app, error))?;
    let mut options = json!(asked);
    // One that the device finds by itself: whoever signs in with it types no address.
    let selection = &mut options["publicKey"]["authenticatorSelection"];
    selection["residentKey"] = json!("required");
    selection["requireResidentKey"] = json!(true);
    Ok(asked_now(app, &options, state))
}

/// Keeps the passkey that a browser has made.
///
/// # Errors
/// It is no answer to what was asked, the passkey is somebody's already, or the database failed.
pub async fn finish_new(
    app: &App,
    account: &Account,
    waiting: &NewPasskey,
    answer: &str,
    name: &str,
) -> Result<()> {
    let name = checked_name(name)?;
    let answer: RegisterPublicKeyCredential = read(answer)?;
    let passkey = site(app, "Gazette")?
        .finish_passkey_registration(&answer, waiting.fresh(app)?)
        .map_err(|error| refused(app, error))?;
    let transaction = app.db.begin().await?;
    let known = Entity::find()
        .filter(Column::StaffId.eq(account.id))
        .count(&transaction)
        .await?;
    if known >= MOST {
        return Err(TOO_MANY);
    }
    let added = Entity::insert(ActiveModel {
        staff_id: Set(account.id),
        credential_id: Set(BASE64URL_NOPAD.encode(passkey.cred_id().as_ref())),
        credential: Set(json!(passkey).to_string()),
        name: Set(name.clone()),
        created_at: Set(app.clock.now_ms()),
        ..Default::default()
    })
    .exec_without_returning(&transaction)
    .await;
    if let Err(error) = added {
        return Err(match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => {
                StaffError::Passkey("this passkey is registered already")
            }
            _ => error.into(),
        });
    }
    let details = format!("added “{name}”");
    let told = format!("A passkey was added, “{name}”: whoever has it can sign in as you.");
    let change = GuardChange::own(account, Action::StaffPasskey, &details, &told);
    note_change(app, &transaction, account, &change).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(())
}

/// Gives another name. False: there is no such passkey of theirs.
///
/// # Errors
/// It is no name, or the database failed.
pub async fn rename(app: &App, account: &Account, id: i64, name: &str) -> Result<bool> {
    let name = checked_name(name)?;
    let transaction = app.db.begin().await?;
    let changed = Entity::update_many()
        .col_expr(Column::Name, Expr::value(name.clone()))
        .filter(Column::Id.eq(id))
        .filter(Column::StaffId.eq(account.id))
        .exec(&transaction)
        .await?;
    if changed.rows_affected > 0 {
        let (now, who) = (app.clock.now_ms(), account.email.as_str());
        let (action, object) = (Action::StaffPasskey, account::object(account));
        let details = format!("renamed to “{name}”");
        audit::record(&transaction, now, who, action, object, details).await?;
    }
    transaction.commit().await?;
    Ok(changed.rows_affected > 0)
}

/// Removes one: it lets nobody in any more. False: there is no such passkey of theirs.
///
/// # Errors
/// The database failed.
pub async fn remove(app: &App, account: &Account, id: i64) -> Result<bool> {
    let transaction = app.db.begin().await?;
    let row = Entity::find_by_id(id)
        .filter(Column::StaffId.eq(account.id))
        .one(&transaction)
        .await?;
    let Some(row) = row else { return Ok(false) };
    Entity::delete_by_id(row.id).exec(&transaction).await?;
    let told = format!(
        "Your passkey “{}” was removed: it signs in nobody any more.",
        row.name
    );
    let details = format!("removed “{}”", row.name);
    let change = GuardChange::own(account, Action::StaffPasskey, &details, &told);
    note_change(app, &transaction, account, &change).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(true)
}

/// Removes all of theirs on the word of `by`: their devices are lost, and nothing else lets them in again where the
/// office asks for a second step.
///
/// # Errors
/// The database failed.
pub async fn remove_all(app: &App, account: &Account, by: &str) -> Result<()> {
    let transaction = app.db.begin().await?;
    let removed = Entity::delete_many()
        .filter(Column::StaffId.eq(account.id))
        .exec(&transaction)
        .await?;
    if removed.rows_affected > 0 {
        let change = GuardChange {
            by,
            action: Action::StaffPasskey,
            details: "removed all",
            told: "All your passkeys were removed: they sign in nobody any more.",
        };
        note_change(app, &transaction, account, &change).await?;
        transaction.commit().await?;
        app.wake_delivery().await;
    }
    Ok(())
}

/// Who has one: the numbers of their accounts.
///
/// # Errors
/// The database failed.
pub async fn owners(app: &App) -> Result<BTreeSet<i64>> {
    let owners: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::StaffId)
        .distinct()
        .into_tuple()
        .all(app.db.pool())
        .await?;
    Ok(owners.into_iter().collect())
}

/// Asks the browser to show a passkey, whosever it is.
///
/// # Errors
/// Passkeys do not work at our address.
pub fn begin_shown(app: &App) -> Result<Asked<DiscoverableAuthentication>> {
    let (mut asked, state) = site(app, "Gazette")?
        .start_discoverable_authentication()
        .map_err(|error| refused(app, error))?;
    // Somebody pressed a button: the browser asks at once, not only in the list below a field.
    asked.mediation = None;
    Ok(asked_now(app, &json!(asked), state))
}

/// Whose passkey a browser has shown.
///
/// # Errors
/// It is no answer to what was asked, nobody's, or of an account that was disabled; or the database failed.
pub async fn finish_shown(app: &App, waiting: ShownPasskey, answer: &str) -> Result<Account> {
    const UNKNOWN: StaffError = StaffError::Passkey(
        "this passkey is not known here; sign in another way, and add it on the page of your account",
    );
    waiting.fresh(app)?;
    let answer: PublicKeyCredential = read(answer)?;
    let site = site(app, "Gazette")?;
    let (whose, credential) = site
        .identify_discoverable_authentication(&answer)
        .map_err(|error| refused(app, error))?;
    let row = Entity::find()
        .filter(Column::CredentialId.eq(BASE64URL_NOPAD.encode(credential)))
        .one(app.db.pool())
        .await?
        .ok_or(UNKNOWN)?;
    let account = by_id(app, row.staff_id).await?;
    let account = account.filter(|account| {
        account.disabled_at.is_none() && handle(app, account.id).as_bytes() == whose.as_bytes()
    });
    let account = account.ok_or(UNKNOWN)?;
    let mut passkey: webauthn_rs::prelude::Passkey =
        serde_json::from_str(&row.credential).map_err(|_| UNKNOWN)?;
    // A counter that goes back is a copy of the key: refused in there.
    let seen = site
        .finish_discoverable_authentication_v2(&answer, waiting.state, &passkey)
        .map_err(|error| refused(app, error))?;
    passkey.update_credential(&seen);
    let used = Entity::update_many()
        .col_expr(Column::Credential, Expr::value(json!(passkey).to_string()))
        .col_expr(Column::UsedAt, Expr::value(app.clock.now_ms()))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Credential.eq(row.credential))
        .exec(&app.db.writer())
        .await?;
    if used.rows_affected == 0 {
        return Err(StaffError::Passkey("that was used already; try again"));
    }
    Ok(account)
}

fn asked_now<T>(app: &App, options: &Value, state: T) -> Asked<T> {
    Asked {
        options: options.to_string(),
        waiting: Waiting {
            state,
            at: app.clock.now_ms(),
        },
    }
}

/// How a device knows an account: by nothing that says who it is.
fn handle(app: &App, staff_id: i64) -> Uuid {
    let mac = app
        .keys
        .lasting_mac(&[b"passkey owner", &staff_id.to_be_bytes()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&mac[..16]);
    Uuid::from_bytes(bytes)
}

fn read<T: serde::de::DeserializeOwned>(answer: &str) -> Result<T> {
    serde_json::from_str(answer)
        .map_err(|_| StaffError::Passkey("your browser sent no passkey; try again"))
}

fn refused(app: &App, error: impl std::fmt::Display) -> StaffError {
    if let Some(today) = REFUSED.one_more(app.clock.now_ms()) {
        tracing::info!(today, %error, "a passkey was refused");
    }
    StaffError::Passkey("that passkey was not accepted; try again, or sign in another way")
}

/// A name as it is kept.
///
/// # Errors
/// It is empty, or [`StaffError::Name`].
pub fn checked_name(name: &str) -> Result<String> {
    let name = given_name::checked(name, LONGEST_NAME)?;
    if name.is_empty() {
        return Err(StaffError::Passkey(
            "give the passkey a name, such as “My phone”",
        ));
    }
    Ok(name)
}
