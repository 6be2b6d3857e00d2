//! Whose account it is that the office's own provider vouches for, and who gets one by its rules.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::Value;

use super::{
    account::{Account, by_id, by_key, object},
    account_tables::staff::{ActiveModel, Column, Entity},
    error::{Result, StaffError},
    oidc::Vouched,
    role::Role,
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action, GAZETTE},
    config::OidcRule,
};

const DISABLED: StaffError =
    StaffError::Provider("your account here is disabled; ask an admin of your office");

/// The account of whom the provider vouches for. It is known by the provider's name for them; the first time
/// by their verified address; and where a rule of the office says so, it is made.
///
/// # Errors
/// They have no account and no rule gives them one, it is disabled, or the database failed.
pub async fn account_of(app: &App, vouched: &Vouched) -> Result<Account> {
    let known = Entity::find()
        .filter(Column::ProviderSubject.eq(&vouched.subject))
        .one(app.db.pool())
        .await?;
    if let Some(row) = known {
        let account = Account::try_from(row)?;
        return match account.disabled_at {
            None => Ok(account),
            Some(_) => Err(DISABLED),
        };
    }
    let email = vouched.email.as_ref().ok_or(StaffError::Provider(
        "the provider does not say that your email address is yours; ask the person who runs Gazette",
    ))?;
    match by_key(app, &email.key()).await? {
        Some(account) => link(app, account, vouched).await,
        None => make(app, email, vouched).await,
    }
}

/// The first sign-in there of somebody who has an account.
async fn link(app: &App, account: Account, vouched: &Vouched) -> Result<Account> {
    if account.disabled_at.is_some() {
        return Err(DISABLED);
    }
    let transaction = app.db.begin().await?;
    let linked = Entity::update_many()
        .col_expr(
            Column::ProviderSubject,
            Expr::value(vouched.subject.clone()),
        )
        .filter(Column::Id.eq(account.id))
        .filter(Column::ProviderSubject.is_null())
        .exec(&transaction)
        .await?;
    if linked.rows_affected == 0 {
        // The address was given to somebody else there.
        return Err(StaffError::Provider(
            "this address belongs to another person’s account here; ask an admin of your office",
        ));
    }
    let (now, who) = (app.clock.now_ms(), account.email.as_str());
    let action = Action::StaffProvider;
    audit::record(&transaction, now, who, action, object(&account), "").await?;
    transaction.commit().await?;
    by_id(app, account.id).await?.ok_or(DISABLED)
}

/// The account that a rule gives.
async fn make(app: &App, email: &EmailAddress, vouched: &Vouched) -> Result<Account> {
    let rules = &app.settings.oidc.roles;
    let role = role_for(rules, email, &vouched.claims).ok_or(StaffError::Provider(
        "nobody has let you in here yet; ask an admin of your office for an invitation",
    ))?;
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let added = Entity::insert(ActiveModel {
        email: Set(email.as_str().to_owned()),
        email_key: Set(email.key()),
        role: Set(role),
        created_at: Set(now),
        provider_subject: Set(Some(vouched.subject.clone())),
        ..Default::default()
    })
    .exec(&transaction)
    .await?;
    let id = added.last_insert_id;
    audit::record(
        &transaction,
        now,
        GAZETTE,
        Action::StaffInvite,
        format!("staff/{id}"),
        format!("{email} as {role}, by a rule about the sign-in provider"),
    )
    .await?;
    transaction.commit().await?;
    by_id(app, id).await?.ok_or(DISABLED)
}

/// The highest role that a rule gives.
fn role_for(rules: &[OidcRule], email: &EmailAddress, claims: &Value) -> Option<Role> {
    let key = email.key();
    let domain = key.rsplit_once('@').map_or("", |(_, domain)| domain);
    rules
        .iter()
        .filter(|rule| match rule.claim.as_str() {
            "email" => key.eq_ignore_ascii_case(&rule.value),
            "domain" => domain.eq_ignore_ascii_case(&rule.value),
            claim => match claims.get(claim) {
                Some(Value::String(text)) => *text == rule.value,
                Some(Value::Array(several)) => {
                    several.iter().any(|one| one.as_str() == Some(&rule.value))
                }
                _ => false,
            },
        })
        .filter_map(|rule| rule.role.parse().ok())
        .max()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_highest_rule_that_fits_gives_the_role_and_no_rule_none() {
        let rules: Vec<OidcRule> = [
            "domain:example.gov=viewer",
            "groups:press=approver",
            "email:ana@example.gov=admin",
            "department:news=editor",
        ]
        .iter()
        .map(|rule| rule.parse().unwrap())
        .collect();
        let role = |email: &str, claims: Value| {
            role_for(&rules, &EmailAddress::parse(email).unwrap(), &claims)
        };
        assert_eq!(role("bo@example.gov", json!({})), Some(Role::Viewer));
        assert_eq!(role("Ana@Example.gov", json!({})), Some(Role::Admin));
        assert_eq!(
            role("bo@example.gov", json!({"groups": ["x", "press"]})),
            Some(Role::Approver)
        );
        assert_eq!(
            role("bo@other.example", json!({"department": "news"})),
            Some(Role::Editor)
        );
        // Neither a part of the domain nor what is only alike.
        for email in ["bo@sub.example.gov", "bo@example.gov.evil.example"] {
            assert_eq!(role(email, json!({})), None, "{email}");
        }
        assert_eq!(role("bo@other.example", json!({"groups": "presses"})), None);
        assert_eq!(
            role("bo@other.example", json!({"groups": {"press": 1}})),
            None
        );
    }

    #[test]
    fn each_role_may_stand_in_a_rule() {
        for role in Role::ALL {
            let rule: OidcRule = format!("domain:example.gov={role}").parse().unwrap();
            assert_eq!(rule.role.parse::<Role>().ok(), Some(role));
        }
    }
}
