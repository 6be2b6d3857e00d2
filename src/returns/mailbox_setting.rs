//! The mailbox that was set in the console. Its URL holds a password, so the database has it sealed
//! with the instance's key; `GAZETTE_RETURNS_IMAP_URL` goes before it.

use data_encoding::BASE64;
use url::Url;

use super::return_error::ReturnError;
use crate::{
    app::App,
    audit::{self, Action},
    config::ImapUrl,
    office_setting,
};

/// The setting, and what its seal is bound to.
const KEY: &str = "returns-mailbox";

/// A mailbox as it is typed into a form.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs, reason = "the words are the form's own")]
pub struct TypedMailbox<'a> {
    pub host: &'a str,
    pub port: &'a str,
    pub user: &'a str,
    /// The password, an access token, or with a client the refresh token.
    pub password: &'a str,
    pub folder: &'a str,
    /// `password`, `google`, `microsoft` or `oauth`.
    pub auth: &'a str,
    /// Empty: tokens are not renewed.
    pub client_id: &'a str,
    pub client_secret: &'a str,
}

impl TypedMailbox<'_> {
    /// Its URL. `None`: something is missing, or cannot stand in one.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        let needed = [self.host, self.user, self.password, self.folder];
        if needed.iter().any(|part| part.is_empty()) {
            return None;
        }
        // TLS; without it only on this machine, as `ImapUrl` has it.
        let is_here = matches!(self.host, "localhost" | "127.0.0.1" | "[::1]");
        let scheme = if is_here && self.port != "993" {
            "imap"
        } else {
            "imaps"
        };
        let mut url = Url::parse(&format!("{scheme}://host/")).ok()?;
        url.set_host(Some(self.host)).ok()?;
        url.set_port(Some(self.port.parse().ok()?)).ok()?;
        url.set_username(self.user).ok()?;
        url.set_password(Some(self.password)).ok()?;
        url.path_segments_mut()
            .ok()?
            .clear()
            .extend(self.folder.split('/'));
        let options = [
            ("auth", self.auth),
            ("client_id", self.client_id),
            ("client_secret", self.client_secret),
        ];
        url.query_pairs_mut()
            .extend_pairs(options.iter().filter(|(_, value)| !value.is_empty()));
        Some(url.into())
    }
}

/// The mailbox to read: the operator's, else the console's.
///
/// # Errors
/// The database failed. What cannot be opened any more, after a change of the key, is no mailbox.
pub async fn load(app: &App) -> Result<Option<ImapUrl>, ReturnError> {
    if let Some(url) = &app.settings.returns.imap_url {
        return Ok(Some(url.clone()));
    }
    let sealed = office_setting::one(app.db.pool(), KEY).await?;
    let Some(sealed) = sealed.filter(|sealed| !sealed.is_empty()) else {
        return Ok(None);
    };
    let url = BASE64
        .decode(sealed.as_bytes())
        .ok()
        .and_then(|sealed| app.keys.open(KEY, sealed))
        .and_then(|url| String::from_utf8(url).ok())
        .and_then(|url| url.parse().ok());
    if url.is_none() {
        tracing::warn!("the mailbox that was set in the console cannot be opened; set it again");
    }
    Ok(url)
}

/// Saves the URL, or with an empty one forgets it, with who did it; the audit log has no password.
pub async fn save(app: &App, url: &str, who: &str) -> Result<(), ReturnError> {
    let sealed = match url {
        "" => String::new(),
        url => BASE64.encode(&app.keys.seal(KEY, url.as_bytes())?),
    };
    let shown = url.parse::<ImapUrl>().map(|url| format!("{url:?}"));
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    office_setting::store(&transaction, KEY, &sealed, now).await?;
    let (action, object) = (Action::OfficeSet, format!("office/{KEY}"));
    audit::record(
        &transaction,
        now,
        who,
        action,
        object,
        shown.unwrap_or_default(),
    )
    .await?;
    transaction.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::{Clock, instant},
        db,
        delivery::testing,
    };

    const TYPED: TypedMailbox = TypedMailbox {
        host: "imap.office.example",
        port: "993",
        user: "bounces@office.example",
        password: "p/w@:?#%",
        folder: "A/B c",
        auth: "password",
        client_id: "",
        client_secret: "",
    };

    #[test]
    fn whatever_is_typed_comes_back_out_of_the_url() {
        let read: ImapUrl = TYPED.url().unwrap().parse().unwrap();
        assert_eq!(
            (read.host.as_str(), read.port, read.user.as_str()),
            ("imap.office.example", 993, "bounces@office.example")
        );
        assert_eq!(
            (read.password.as_str(), read.folder.as_str()),
            ("p/w@:?#%", "A/B c")
        );
        assert!(read.is_tls && !read.is_oauth);
        let google = TypedMailbox {
            auth: "google",
            client_id: "c&d",
            client_secret: "s=t",
            ..TYPED
        };
        let tokens = google
            .url()
            .unwrap()
            .parse::<ImapUrl>()
            .unwrap()
            .tokens
            .unwrap();
        assert_eq!(
            (tokens.client_id.as_str(), tokens.client_secret.as_deref()),
            ("c&d", Some("s=t"))
        );
        assert_eq!(TypedMailbox { host: "", ..TYPED }.url(), None);
        assert_eq!(
            TypedMailbox {
                port: "many",
                ..TYPED
            }
            .url(),
            None
        );
        // A password never travels in the clear to another machine.
        let other = TypedMailbox {
            port: "143",
            ..TYPED
        };
        assert!(other.url().unwrap().parse::<ImapUrl>().unwrap().is_tls);
    }

    #[tokio::test]
    async fn the_database_and_the_log_hold_no_password() {
        let clock = Clock::fixed_at(instant(1_780_000_000_000));
        let (app, _folder) = testing::app(clock).await;
        let typed = TypedMailbox {
            password: "geheim-7",
            ..TYPED
        };
        let typed = typed.url().unwrap();
        save(&app, &typed, "admin@office.example").await.unwrap();
        assert_eq!(load(&app).await.unwrap().unwrap().password, "geheim-7");
        for sql in [
            "SELECT count(*) FROM office_setting WHERE value LIKE '%geheim-7%'",
            "SELECT count(*) FROM audit WHERE details LIKE '%geheim-7%'",
        ] {
            let found: Option<i64> = db::scalar(app.db.pool(), sql, []).await.unwrap();
            assert_eq!(found, Some(0), "{sql}");
        }
        save(&app, "", "admin@office.example").await.unwrap();
        assert_eq!(load(&app).await.unwrap(), None);
    }
}
