//! The second step of a sign-in: a code from an app (TOTP, RFC 6238), or where the phone is lost one of ten
//! recovery codes. The database holds no secret: it is derived from the secret key and a label.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::Expr,
};
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, TOTP};

use super::{
    account::Account,
    account_notice::{GuardChange, note_change},
    account_tables::{staff, staff_recovery_code},
    error::{Result, StaffError},
};
use crate::{app::App, audit::Action, clock::MINUTE, office::Office, secret::random_label};

/// Seconds that a code holds.
const STEP_SECONDS: i64 = 30;
/// Codes before and after the present one that are taken, for clocks that differ (RFC 6238 §5.2).
const SKEW_STEPS: i64 = 1;
const DIGITS: usize = 6;
/// Recovery codes that are given at once.
const RECOVERY_CODES: u8 = 10;

/// What an app needs to make the codes.
#[derive(Debug)]
pub struct Enrolment {
    /// To be typed where no picture can be taken.
    pub secret: String,
    /// What the picture holds: `otpauth://totp/…`
    pub url: String,
}

/// A new secret for somebody who has no second step yet. It is asked for only once [`confirm`] has seen a
/// code made with it.
///
/// # Errors
/// The second step is on already, or the database failed.
pub async fn enrol(app: &App, account: &Account) -> Result<Enrolment> {
    let label = random_label()?;
    let set = staff::Entity::update_many()
        .col_expr(staff::Column::TotpLabel, Expr::value(label.clone()))
        .filter(staff::Column::Id.eq(account.id))
        .filter(staff::Column::TotpSince.is_null())
        .exec(&app.db.writer())
        .await?;
    if set.rows_affected == 0 {
        return Err(StaffError::SecondFactor("the second step is on already"));
    }
    enrolment(app, account, &label).await
}

/// The secret that was given and not confirmed yet, once more. `None`: there is none.
///
/// # Errors
/// The database failed.
pub async fn pending(app: &App, account: &Account) -> Result<Option<Enrolment>> {
    let row = staff::Entity::find_by_id(account.id)
        .one(app.db.pool())
        .await?;
    match row {
        Some(staff::Model {
            totp_label: Some(label),
            totp_since: None,
            ..
        }) => Ok(Some(enrolment(app, account, &label).await?)),
        _ => Ok(None),
    }
}

async fn enrolment(app: &App, account: &Account, label: &str) -> Result<Enrolment> {
    // The colon parts issuer and account in the address.
    let issuer = Office::load(&app.db).await?.name.replace(':', " ");
    let totp = totp(app, account.id, label, issuer, account.email.to_string())?;
    Ok(Enrolment {
        secret: totp.get_secret_base32(),
        url: totp.get_url(),
    })
}

/// Turns the second step on with the first code of the app; the recovery codes, which are shown once. Of a
/// button that is pressed twice the browser shows the second answer only: it has the same codes.
///
/// # Errors
/// The code is not right, or the database failed.
pub async fn confirm(app: &App, account: &Account, typed: &str) -> Result<Vec<String>> {
    let row = staff::Entity::find_by_id(account.id)
        .one(app.db.pool())
        .await?
        .filter(|row| row.totp_since.is_none());
    let Some(label) = row.and_then(|row| row.totp_label) else {
        return turned_on_before(app, account, typed).await;
    };
    let step = matching_step(app, account.id, &label, typed)?.ok_or(StaffError::SecondFactor(
        "that code is not right; type the six digits that the app shows now. If it is refused again, look whether your phone sets its clock by itself: a code is right for half a minute only",
    ))?;
    let transaction = app.db.begin().await?;
    let set = staff::Entity::update_many()
        .col_expr(staff::Column::TotpSince, Expr::value(app.clock.now_ms()))
        .col_expr(staff::Column::TotpStep, Expr::value(step))
        .filter(staff::Column::Id.eq(account.id))
        .filter(staff::Column::TotpLabel.eq(label.clone()))
        .filter(staff::Column::TotpSince.is_null())
        .exec(&transaction)
        .await?;
    if set.rows_affected == 0 {
        transaction.rollback().await?;
        return turned_on_before(app, account, typed).await;
    }
    let codes = codes_of(app, account.id, &label);
    give_codes(app, &transaction, account.id, &codes).await?;
    let told = "Signing in now takes a second step: a code from an app.";
    let change = GuardChange::own(account, Action::StaffSecondFactor, "on", told);
    note_change(app, &transaction, account, &change).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(codes)
}

/// For so long after the first press of the button a second one may come.
const PRESSED_TWICE_MS: i64 = 2 * MINUTE;

/// The codes that were given when this same code turned the second step on a moment ago, as long as none has
/// been used and no others were given since.
async fn turned_on_before(app: &App, account: &Account, typed: &str) -> Result<Vec<String>> {
    let row = staff::Entity::find_by_id(account.id)
        .one(app.db.pool())
        .await?;
    if let Some(staff::Model {
        totp_label: Some(label),
        totp_since: Some(since),
        totp_step,
        ..
    }) = row
        && app.clock.now_ms() - since <= PRESSED_TWICE_MS
        && matching_step(app, account.id, &label, typed)? == Some(totp_step)
    {
        let codes = codes_of(app, account.id, &label);
        let hashes = codes.iter().map(|code| hash(app, account.id, code));
        let unused = staff_recovery_code::Entity::find()
            .filter(staff_recovery_code::Column::StaffId.eq(account.id))
            .filter(staff_recovery_code::Column::CodeHash.is_in(hashes))
            .filter(staff_recovery_code::Column::UsedAt.is_null())
            .count(app.db.pool())
            .await?;
        if unused == codes.len() as u64 {
            return Ok(codes);
        }
    }
    Err(StaffError::SecondFactor("begin with the picture once more"))
}

/// Ten new recovery codes; the ones before end.
///
/// # Errors
/// The second step is off, or the database failed.
pub async fn new_codes(app: &App, account: &Account) -> Result<Vec<String>> {
    if !account.second_factor {
        return Err(StaffError::SecondFactor("the second step is off"));
    }
    let transaction = app.db.begin().await?;
    let codes = codes_of(app, account.id, &random_label()?);
    give_codes(app, &transaction, account.id, &codes).await?;
    let (details, told) = (
        "new recovery codes",
        "New recovery codes were made. Those from before do not work any more.",
    );
    let change = GuardChange::own(account, Action::StaffSecondFactor, details, told);
    note_change(app, &transaction, account, &change).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(codes)
}

/// Turns it off: by the person, or by an admin for somebody who lost phone and codes.
///
/// # Errors
/// The database failed.
pub async fn turn_off(app: &App, account: &Account, by: &str) -> Result<()> {
    let transaction = app.db.begin().await?;
    staff::Entity::update_many()
        .col_expr(staff::Column::TotpLabel, Expr::value(None::<String>))
        .col_expr(staff::Column::TotpSince, Expr::value(None::<i64>))
        .filter(staff::Column::Id.eq(account.id))
        .exec(&transaction)
        .await?;
    staff_recovery_code::Entity::delete_many()
        .filter(staff_recovery_code::Column::StaffId.eq(account.id))
        .exec(&transaction)
        .await?;
    let change = GuardChange {
        by,
        action: Action::StaffSecondFactor,
        details: "off",
        told: "Signing in takes no second step any more: codes from an app are not asked for.",
    };
    note_change(app, &transaction, account, &change).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(())
}

/// Whether what was typed is a code of the app or a recovery code. Each works once, however many ask at
/// the same instant.
///
/// # Errors
/// The database failed.
pub async fn verify(app: &App, account: &Account, typed: &str) -> Result<bool> {
    let row = staff::Entity::find_by_id(account.id)
        .one(app.db.pool())
        .await?
        .filter(|row| row.totp_since.is_some());
    let Some(label) = row.and_then(|row| row.totp_label) else {
        return Ok(false);
    };
    if let Some(step) = matching_step(app, account.id, &label, typed)? {
        let used = staff::Entity::update_many()
            .col_expr(staff::Column::TotpStep, Expr::value(step))
            .filter(staff::Column::Id.eq(account.id))
            .filter(staff::Column::TotpStep.lt(step))
            .exec(&app.db.writer())
            .await?;
        return Ok(used.rows_affected == 1);
    }
    let transaction = app.db.begin().await?;
    let used = staff_recovery_code::Entity::update_many()
        .col_expr(
            staff_recovery_code::Column::UsedAt,
            Expr::value(app.clock.now_ms()),
        )
        .filter(staff_recovery_code::Column::CodeHash.eq(hash(app, account.id, typed)))
        .filter(staff_recovery_code::Column::StaffId.eq(account.id))
        .filter(staff_recovery_code::Column::UsedAt.is_null())
        .exec(&transaction)
        .await?;
    if used.rows_affected == 0 {
        return Ok(false);
    }
    let (details, told) = (
        "a recovery code was used",
        "Somebody with your password used one of your recovery codes.",
    );
    let change = GuardChange::own(account, Action::StaffSecondFactor, details, told);
    note_change(app, &transaction, account, &change).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(true)
}

/// How many recovery codes somebody has left.
///
/// # Errors
/// The database failed.
pub async fn codes_left(app: &App, account: &Account) -> Result<u64> {
    Ok(staff_recovery_code::Entity::find()
        .filter(staff_recovery_code::Column::StaffId.eq(account.id))
        .filter(staff_recovery_code::Column::UsedAt.is_null())
        .count(app.db.pool())
        .await?)
}

/// Ten codes that only the secret key and this label make. 50 bits each: nobody guesses one at the pace of
/// the sign-in.
fn codes_of(app: &App, staff_id: i64, label: &str) -> Vec<String> {
    let whose = staff_id.to_be_bytes();
    let code = |number: u8| {
        let parts: [&[u8]; 4] = [b"recovery codes", &whose, label.as_bytes(), &[number]];
        let letters = BASE32_NOPAD
            .encode(&app.keys.lasting_mac(&parts)[..7])
            .to_lowercase();
        format!("{}-{}", &letters[..5], &letters[5..10])
    };
    (0..RECOVERY_CODES).map(code).collect()
}

async fn give_codes(
    app: &App,
    transaction: &impl ConnectionTrait,
    staff_id: i64,
    codes: &[String],
) -> Result<()> {
    staff_recovery_code::Entity::delete_many()
        .filter(staff_recovery_code::Column::StaffId.eq(staff_id))
        .exec(transaction)
        .await?;
    let rows = codes.iter().map(|code| staff_recovery_code::ActiveModel {
        code_hash: Set(hash(app, staff_id, code)),
        staff_id: Set(staff_id),
        used_at: Set(None),
    });
    staff_recovery_code::Entity::insert_many(rows)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// How the database knows a recovery code: however it was typed.
fn hash(app: &App, staff_id: i64, typed: &str) -> String {
    let letters: String = typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .take(40)
        .collect();
    let whose = staff_id.to_be_bytes();
    let parts: [&[u8]; 3] = [b"recovery code", &whose, letters.as_bytes()];
    HEXLOWER.encode(&app.keys.lasting_mac(&parts))
}

/// The step whose code this is, among those that are taken now.
fn matching_step(app: &App, staff_id: i64, label: &str, typed: &str) -> Result<Option<i64>> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let totp = totp(app, staff_id, label, String::new(), String::new())?;
    let now = app.clock.now_ms() / 1000 / STEP_SECONDS;
    Ok((now - SKEW_STEPS..=now + SKEW_STEPS).rev().find(|step| {
        let code = totp.generate((step * STEP_SECONDS).unsigned_abs());
        bool::from(code.as_bytes().ct_eq(digits.as_bytes()))
    }))
}

fn totp(app: &App, staff_id: i64, label: &str, issuer: String, email: String) -> Result<TOTP> {
    let whose = staff_id.to_be_bytes();
    let parts: [&[u8]; 3] = [b"totp", &whose, label.as_bytes()];
    let secret = app.keys.lasting_mac(&parts)[..20].to_vec();
    let issuer = (!issuer.is_empty()).then_some(issuer);
    // SHA-1, six digits, 30 seconds: what every app takes (RFC 6238 §1.2).
    TOTP::new(
        Algorithm::SHA1,
        DIGITS,
        0,
        STEP_SECONDS.unsigned_abs(),
        secret,
        issuer,
        email,
    )
    .map_err(|_| StaffError::SecondFactor("the second step cannot be set up"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        accounts::{Role, account::by_id},
        clock::Clock,
        delivery::testing,
        test_data,
    };

    async fn ana() -> (App, Account, tempfile::TempDir) {
        let (app, folder) =
            testing::app(Clock::fixed_at("2026-02-24T17:00:00Z".parse().unwrap())).await;
        test_data::office(&app).await;
        test_data::member(&app, "ana@example.gov", Role::Admin).await;
        let account = crate::accounts::list(&app).await.unwrap().remove(0);
        (app, account, folder)
    }

    fn code(app: &App, account: &Account, label: &str) -> String {
        let totp = totp(app, account.id, label, String::new(), String::new()).unwrap();
        totp.generate((app.clock.now_ms() / 1000).unsigned_abs())
    }

    async fn label(app: &App, account: &Account) -> String {
        let row = staff::Entity::find_by_id(account.id).one(app.db.pool());
        row.await.unwrap().unwrap().totp_label.unwrap()
    }

    #[tokio::test]
    async fn a_code_works_once_and_a_recovery_code_once_however_many_ask() {
        crate::db::several_connections();
        let (app, account, _folder) = ana().await;
        let given = enrol(&app, &account).await.unwrap();
        assert!(given.url.starts_with("otpauth://totp/"), "{}", given.url);
        assert!(given.url.contains(&given.secret));
        assert!(
            !verify(&app, &account, "000000").await.unwrap(),
            "not on yet"
        );
        let label = label(&app, &account).await;
        assert!(confirm(&app, &account, "12345").await.is_err());
        let first = code(&app, &account, &label);
        let codes = confirm(&app, &account, &first).await.unwrap();
        assert_eq!(codes.len(), usize::from(RECOVERY_CODES));
        assert!(enrol(&app, &account).await.is_err(), "it is on already");
        let account = by_id(&app, account.id).await.unwrap().unwrap();
        assert!(account.second_factor);
        assert!(
            !verify(&app, &account, &first).await.unwrap(),
            "used already"
        );
        app.clock.advance_ms(60_000);
        let next = code(&app, &account, &label);
        let spaced = format!("{} {}", &next[..3], &next[3..]);
        let at_once = (0..8).map(|_| {
            let (app, account, spaced) = (app.clone(), account.clone(), spaced.clone());
            tokio::spawn(async move { verify(&app, &account, &spaced).await.unwrap() })
        });
        let mut right = 0;
        for task in at_once.collect::<Vec<_>>() {
            right += u32::from(task.await.unwrap());
        }
        assert_eq!(right, 1, "each code once");
        // The code of five minutes ago is none.
        app.clock.advance_ms(300_000);
        assert!(!verify(&app, &account, &next).await.unwrap());
        let shouted = codes[3].to_uppercase().replace('-', " ");
        assert!(verify(&app, &account, &shouted).await.unwrap());
        assert!(!verify(&app, &account, &codes[3]).await.unwrap());
        assert_eq!(codes_left(&app, &account).await.unwrap(), 9);
        turn_off(&app, &account, "operator").await.unwrap();
        assert!(!verify(&app, &account, &codes[4]).await.unwrap());
    }

    #[tokio::test]
    async fn a_second_press_shows_the_same_recovery_codes_and_later_nobody_sees_them_again() {
        crate::db::several_connections();
        let (app, account, _folder) = ana().await;
        enrol(&app, &account).await.unwrap();
        let label = label(&app, &account).await;
        let typed = code(&app, &account, &label);
        let at_once = (0..4).map(|_| {
            let (app, account, typed) = (app.clone(), account.clone(), typed.clone());
            tokio::spawn(async move { confirm(&app, &account, &typed).await.unwrap() })
        });
        let mut given = Vec::new();
        for press in at_once.collect::<Vec<_>>() {
            given.push(press.await.unwrap());
        }
        assert!(given.iter().all(|codes| *codes == given[0]), "{given:?}");
        let mut different = given[0].clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), usize::from(RECOVERY_CODES));
        // Neither with another code, nor after one was used, nor a while later.
        assert!(confirm(&app, &account, "000000").await.is_err());
        let on = by_id(&app, account.id).await.unwrap().unwrap();
        app.clock.set_forward_ms(PRESSED_TWICE_MS + 1);
        assert!(confirm(&app, &account, &typed).await.is_err());
        app.clock.set_forward_ms(-PRESSED_TWICE_MS - 1);
        assert_eq!(confirm(&app, &account, &typed).await.unwrap(), given[0]);
        assert!(verify(&app, &on, &given[0][7]).await.unwrap());
        assert!(
            confirm(&app, &account, &typed).await.is_err(),
            "one is used"
        );
        let new = new_codes(&app, &on).await.unwrap();
        assert!(new.iter().all(|code| !given[0].contains(code)));
        assert!(
            confirm(&app, &account, &typed).await.is_err(),
            "others were given"
        );
    }

    #[test]
    fn the_codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, with six digits.
        let secret = b"12345678901234567890".to_vec();
        let totp = TOTP::new(Algorithm::SHA1, DIGITS, 0, 30, secret, None, String::new()).unwrap();
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(totp.generate(at), code);
        }
    }
}
