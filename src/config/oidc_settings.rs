//! The office's own sign-in provider (`OpenID` Connect).

use std::str::FromStr;

use clap::Args;
use url::Url;

use super::public_url::is_loopback_host;

/// The office's own sign-in provider, and whom it lets in.
#[derive(Debug, Clone, Args)]
pub struct OidcSettings {
    /// Issuer of the provider (`OpenID` Connect), as in `https://login.microsoftonline.com/TENANT/v2.0`; none: staff sign in by password or passkey
    #[arg(
        id = "oidc_issuer",
        long = "oidc-issuer",
        env = "GAZETTE_OIDC_ISSUER",
        value_parser = issuer,
        global = true,
        hide_short_help = true
    )]
    pub issuer: Option<String>,

    /// What the provider calls Gazette
    #[arg(
        id = "oidc_client_id",
        long = "oidc-client-id",
        env = "GAZETTE_OIDC_CLIENT_ID",
        global = true,
        hide_short_help = true
    )]
    pub client_id: Option<String>,

    /// Gazette's secret at the provider; none: PKCE alone
    #[arg(
        id = "oidc_client_secret",
        long = "oidc-client-secret",
        env = "GAZETTE_OIDC_CLIENT_SECRET",
        global = true,
        hide_short_help = true,
        hide_env_values = true
    )]
    pub client_secret: Option<String>,

    /// What the button of the sign-in page calls the provider
    #[arg(
        id = "oidc_name",
        long = "oidc-name",
        env = "GAZETTE_OIDC_NAME",
        default_value = "your office account",
        global = true,
        hide_short_help = true
    )]
    pub name: String,

    /// Strength of the sign-in that is asked of the provider (`acr_values`), separated by spaces
    #[arg(
        id = "oidc_acr",
        long = "oidc-acr",
        env = "GAZETTE_OIDC_ACR",
        value_delimiter = ' ',
        global = true,
        hide_short_help = true
    )]
    pub acr: Vec<String>,

    /// Who gets an account by signing in there, and which role, separated by commas: `CLAIM:VALUE=ROLE`, where the claim is `email`, `domain` or one of the provider's
    #[arg(
        id = "oidc_roles",
        long = "oidc-roles",
        env = "GAZETTE_OIDC_ROLES",
        value_delimiter = ',',
        global = true,
        hide_short_help = true
    )]
    pub roles: Vec<OidcRule>,
}

/// A rule that makes accounts: whoever has this claim gets this role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcRule {
    /// `email`, `domain`, or a claim such as `groups`.
    pub claim: String,
    /// What it must be, or hold.
    pub value: String,
    /// The role's name.
    pub role: String,
}

impl FromStr for OidcRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const WANTED: &str = "must be `CLAIM:VALUE=ROLE`, as in `domain:example.gov=viewer`, `email:ana@example.gov=admin` or `groups:press-office=approver`; the roles are viewer, editor, approver and admin";
        let (who, role) = text.trim().rsplit_once('=').ok_or(WANTED)?;
        let (claim, value) = who.split_once(':').ok_or(WANTED)?;
        let known = ["viewer", "editor", "approver", "admin"].contains(&role);
        if !known || claim.is_empty() || value.is_empty() {
            return Err(WANTED.to_owned());
        }
        Ok(Self {
            claim: claim.to_owned(),
            value: value.to_owned(),
            role: role.to_owned(),
        })
    }
}

/// An issuer is compared letter by letter, so it is kept as it was typed.
fn issuer(text: &str) -> Result<String, String> {
    const WANTED: &str =
        "must be an `https://` address as the provider writes it, without `/.well-known/…`";
    let text = text.trim();
    let url = Url::parse(text).map_err(|_| WANTED)?;
    let host = url.host_str().ok_or(WANTED)?;
    let safe = url.scheme() == "https" || url.scheme() == "http" && is_loopback_host(host);
    if !safe || url.query().is_some() || url.fragment().is_some() || text.contains("/.well-known") {
        return Err(WANTED.to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_names_a_claim_its_value_and_a_role_that_there_is() {
        let rule: OidcRule = "groups:a=b=approver".parse().unwrap();
        assert_eq!(
            (&*rule.claim, &*rule.value, &*rule.role),
            ("groups", "a=b", "approver")
        );
        for wrong in [
            "",
            "viewer",
            "domain=viewer",
            "domain:example.gov",
            "domain:example.gov=owner",
            ":x=viewer",
            "domain:=viewer",
        ] {
            assert!(wrong.parse::<OidcRule>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_provider_is_asked_by_tls_alone_but_on_this_machine() {
        for good in [
            "https://accounts.google.com",
            "https://login.microsoftonline.com/x/v2.0",
            "http://127.0.0.1:9000",
        ] {
            assert_eq!(issuer(good).unwrap(), good);
        }
        for wrong in [
            "http://login.example.gov",
            "login.example.gov",
            "https://x.example/.well-known/openid-configuration",
            "https://x.example/?a=b",
            "ftp://x.example",
        ] {
            assert!(issuer(wrong).is_err(), "{wrong}");
        }
    }
}
