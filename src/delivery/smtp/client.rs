//! Opening a connection: greeting, TLS, login.

use std::{path::PathBuf, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::{
    Reply,
    connection::{Broken, Capabilities, Connection, Wire},
};
use crate::config::{RelayTls, RelayUrl};

/// How long each stage may take: RFC 5321 §4.5.3.2 (S3).
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// TCP and TLS.
    pub connect: Duration,
    /// The relay's first line.
    pub greeting: Duration,
    /// EHLO, MAIL, RCPT and the like.
    pub command: Duration,
    /// DATA.
    pub data: Duration,
    /// Each block of the message.
    pub block: Duration,
    /// The reply to the final dot.
    pub final_dot: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        Self {
            connect: Duration::from_secs(30),
            greeting: minutes(5),
            command: minutes(5),
            data: minutes(2),
            block: minutes(3),
            final_dot: minutes(10),
        }
    }
}

/// Why a relay's settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The file named by `ca=` cannot be read.
    #[error("the certificate file `{0}` cannot be read: {1}; it must hold certificates in PEM")]
    Ca(PathBuf, String),
    /// The system has no certificate authorities.
    #[error(
        "this machine has no certificate authorities, so no relay can be trusted; install them (Debian: `apt-get install ca-certificates`) or name one with `ca=FILE`"
    )]
    NoAuthorities,
    /// rustls refused its settings.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
    /// The host is no name that a certificate could be for.
    #[error("`{0}` is no host name")]
    Host(String),
}

/// Why there is no connection. Each says which relay and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// TCP failed.
    #[error("relay `{0}` cannot be reached: {1}")]
    Unreachable(String, String),
    /// The relay does not want us now, or at all.
    #[error("relay `{0}` refuses to talk: {1}")]
    Refused(String, Reply),
    /// STARTTLS was required and is not offered (S9).
    #[error(
        "relay `{0}` offers no STARTTLS but the address says `tls=required`; ask the operator of the relay or set `tls=opportunistic`"
    )]
    NoStartTls(String),
    /// The certificate does not hold, or TLS failed otherwise.
    #[error(
        "relay `{0}`: TLS failed: {1}; the certificate must be for this host and by a known authority (name another with `ca=FILE`)"
    )]
    Tls(String, String),
    /// Plaintext came behind the reply to STARTTLS: someone is in between (RFC 3207 §4.2).
    #[error("relay `{0}` sent text behind its reply to STARTTLS; the connection is not trusted")]
    Injected(String),
    /// It offers no login that we know.
    #[error("relay `{0}` offers no login by PLAIN or LOGIN; it offers: {1}")]
    NoLogin(String, String),
    /// The login failed.
    #[error("relay `{0}` refused the login: {1}; check user name and password in GAZETTE_SMTP_URL")]
    Login(String, Reply),
    /// The conversation broke.
    #[error("relay `{0}`: {1}")]
    Broken(String, String),
}

/// Opens connections to one relay.
pub struct Client {
    relay: RelayUrl,
    hello: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    timeouts: Timeouts,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({:?})", self.relay)
    }
}

impl Client {
    /// A client for `relay` that calls itself `hello` in EHLO.
    pub fn new(relay: RelayUrl, hello: String, timeouts: Timeouts) -> Result<Self, ClientError> {
        let tls = match relay.tls {
            RelayTls::None => None,
            _ => Some((connector(&relay)?, server_name(&relay)?)),
        };
        Ok(Self {
            relay,
            hello: hello_name(&hello),
            tls,
            timeouts,
        })
    }

    /// A connection that is ready for mail: TLS up as the settings want it, logged in.
    pub async fn connect(&self) -> Result<Connection, ConnectError> {
        let name = || self.relay.name();
        let address = (self.relay.host.as_str(), self.relay.port);
        let stream =
            match tokio::time::timeout(self.timeouts.connect, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => return Err(ConnectError::Unreachable(name(), error.to_string())),
                Err(_) => return Err(ConnectError::Unreachable(name(), "no answer".to_owned())),
            };
        // Without it the kernel holds back small writes for up to 40 ms.
        stream
            .set_nodelay(true)
            .map_err(|error| ConnectError::Unreachable(name(), error.to_string()))?;
        let wire: Box<dyn Wire> = match self.relay.tls {
            RelayTls::Implicit => self.secure(Box::new(stream)).await?,
            _ => Box::new(stream),
        };
        let mut connection = Connection::new(wire, self.timeouts);
        let greeting = connection
            .listen(self.timeouts.greeting)
            .await
            .map_err(|b| self.broken(&b))?;
        if greeting.code != 220 {
            return Err(ConnectError::Refused(name(), greeting));
        }
        self.hello(&mut connection).await?;
        let mut secured = self.relay.tls == RelayTls::Implicit;
        if matches!(self.relay.tls, RelayTls::Required | RelayTls::Opportunistic) {
            if connection.capabilities().starttls {
                connection = self.start_tls(connection).await?;
                secured = true;
            } else if self.relay.tls == RelayTls::Required {
                return Err(ConnectError::NoStartTls(name()));
            }
        }
        if let Some((user, password)) = &self.relay.login {
            if !secured {
                return Err(ConnectError::NoStartTls(name()));
            }
            self.log_in(&mut connection, user, password).await?;
        }
        Ok(connection)
    }

    async fn hello(&self, connection: &mut Connection) -> Result<(), ConnectError> {
        let patience = self.timeouts.command;
        let line = format!("EHLO {}", self.hello);
        let (code, lines) = connection
            .say_for_lines(&line, patience)
            .await
            .map_err(|b| self.broken(&b))?;
        match code {
            200..300 => {
                connection.set_capabilities(capabilities(&lines));
                Ok(())
            }
            // RFC 5321 §3.2: an old relay knows only HELO.
            500.. => {
                let line = format!("HELO {}", self.hello);
                let reply = connection
                    .say(&line, patience)
                    .await
                    .map_err(|b| self.broken(&b))?;
                if reply.is_positive() {
                    Ok(())
                } else {
                    Err(ConnectError::Refused(self.relay.name(), reply))
                }
            }
            _ => Err(ConnectError::Refused(
                self.relay.name(),
                Reply {
                    code,
                    enhanced: None,
                    words: lines.join(" "),
                },
            )),
        }
    }

    async fn start_tls(&self, mut connection: Connection) -> Result<Connection, ConnectError> {
        let reply = connection
            .say("STARTTLS", self.timeouts.command)
            .await
            .map_err(|b| self.broken(&b))?;
        if reply.code != 220 {
            return Err(ConnectError::Refused(self.relay.name(), reply));
        }
        if connection.has_unread() {
            return Err(ConnectError::Injected(self.relay.name()));
        }
        // What was learnt before TLS is forgotten with the old connection (RFC 3207 §4.2).
        let wire = self.secure(connection.into_wire()).await?;
        let mut connection = Connection::new(wire, self.timeouts);
        self.hello(&mut connection).await?;
        Ok(connection)
    }

    async fn secure(&self, wire: Box<dyn Wire>) -> Result<Box<dyn Wire>, ConnectError> {
        let failed = |why: String| ConnectError::Tls(self.relay.name(), why);
        let Some((connector, name)) = &self.tls else {
            return Err(failed("it is not set up".to_owned()));
        };
        match tokio::time::timeout(self.timeouts.connect, connector.connect(name.clone(), wire))
            .await
        {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed("no answer".to_owned())),
        }
    }

    async fn log_in(
        &self,
        connection: &mut Connection,
        user: &str,
        password: &str,
    ) -> Result<(), ConnectError> {
        let offered = &connection.capabilities().auth;
        let offers = |mechanism: &str| offered.iter().any(|offer| offer == mechanism);
        let patience = self.timeouts.command;
        let reply = if offers("PLAIN") {
            let secret = STANDARD.encode(format!("\0{user}\0{password}"));
            connection
                .say(&format!("AUTH PLAIN {secret}"), patience)
                .await
        } else if offers("LOGIN") {
            let mut reply = connection.say("AUTH LOGIN", patience).await;
            for secret in [user, password] {
                match &reply {
                    Ok(asks) if asks.code == 334 => {
                        reply = connection.say(&STANDARD.encode(secret), patience).await;
                    }
                    _ => break,
                }
            }
            reply
        } else {
            return Err(ConnectError::NoLogin(self.relay.name(), offered.join(" ")));
        };
        let reply = reply.map_err(|broken| self.broken(&broken))?;
        if reply.code == 235 {
            Ok(())
        } else {
            Err(ConnectError::Login(self.relay.name(), reply))
        }
    }

    fn broken(&self, broken: &Broken) -> ConnectError {
        ConnectError::Broken(self.relay.name(), broken.to_string())
    }
}

/// EHLO wants a name with a dot, or an address in brackets (RFC 5321 §4.1.3).
fn hello_name(hello: &str) -> String {
    match hello.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(address)) => format!("[{address}]"),
        Ok(std::net::IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        Err(_) => hello.to_owned(),
    }
}

fn server_name(relay: &RelayUrl) -> Result<ServerName<'static>, ClientError> {
    ServerName::try_from(relay.host.clone()).map_err(|_| ClientError::Host(relay.host.clone()))
}

fn connector(relay: &RelayUrl) -> Result<TlsConnector, ClientError> {
    let mut roots = RootCertStore::empty();
    let (_, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = &relay.ca {
        let unreadable = |why: String| ClientError::Ca(file.clone(), why);
        let certificates =
            CertificateDer::pem_file_iter(file).map_err(|error| unreadable(error.to_string()))?;
        let mut found = 0;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| unreadable(error.to_string()))?;
            found += 1;
        }
        if found == 0 {
            return Err(unreadable("it holds none".to_owned()));
        }
    }
    if roots.is_empty() && relay.tls != RelayTls::Opportunistic {
        return Err(ClientError::NoAuthorities);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn capabilities(lines: &[String]) -> Capabilities {
    let mut found = Capabilities::default();
    for line in lines.iter().skip(1) {
        let line = line.to_ascii_uppercase().replace("AUTH=", "AUTH ");
        let mut words = line.split_whitespace();
        match words.next() {
            Some("PIPELINING") => found.pipelining = true,
            Some("SMTPUTF8") => found.smtputf8 = true,
            Some("STARTTLS") => found.starttls = true,
            Some("AUTH") => found.auth.extend(words.map(str::to_owned)),
            Some("SIZE") => {
                found.size = true;
                // 0: no fixed limit (RFC 1870 §4).
                found.size_limit = words
                    .next()
                    .and_then(|n| n.parse().ok())
                    .filter(|limit| *limit > 0);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_read_as_relays_write_them() {
        let lines = [
            "mail.example.gov at your service",
            "pipelining",
            "SIZE 52428800",
            "AUTH=LOGIN PLAIN",
            "AUTH PLAIN XOAUTH2",
            "8BITMIME",
            "STARTTLS",
        ];
        let found = capabilities(&lines.map(str::to_owned));
        assert!(found.pipelining && found.starttls && found.size && !found.smtputf8);
        assert_eq!(found.size_limit, Some(52_428_800));
        assert!(found.auth.iter().any(|m| m == "PLAIN"));
        assert_eq!(
            capabilities(&["x".to_owned(), "SIZE 0".to_owned()]).size_limit,
            None
        );
    }

    #[test]
    fn an_address_is_bracketed_in_ehlo() {
        assert_eq!(hello_name("127.0.0.1"), "[127.0.0.1]");
        assert_eq!(hello_name("::1"), "[IPv6:::1]");
        assert_eq!(hello_name("news.example.gov"), "news.example.gov");
    }
}
