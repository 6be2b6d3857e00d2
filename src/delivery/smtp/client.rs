//! Opening a connection: greeting, TLS, login.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use super::{
    Reply,
    capabilities::Capabilities,
    connection::Connection,
    conversation::{Conversation, Speaker},
    timeouts::Timeouts,
    tls::{self, ClientError, Securer, Security},
    wire::Broken,
};
use crate::{
    config::{RelayTls, RelayUrl},
    delivery::reply_class::Stage,
    environment::{Environment, Stream},
};

/// What else it offers, where it offers anything.
fn offered(logins: &str) -> String {
    match logins.trim() {
        "" => String::new(),
        logins => format!("; it offers: {logins}"),
    }
}

/// Why there is no connection. Each says which relay and what to do; none holds a password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// TCP failed.
    #[error("relay `{0}` cannot be reached: {1}; check host and port in GAZETTE_SMTP_URL")]
    Unreachable(String, String),
    /// The relay does not want us now, or at all.
    #[error("relay `{0}` refuses to talk: {1}")]
    Refused(String, Reply),
    /// STARTTLS was required and is not offered (S9).
    #[error(
        "relay `{0}` offers no STARTTLS, and mail does not go to it in the clear; ask the operator of the relay, or set `tls=opportunistic` where nobody can listen on the way"
    )]
    NoStartTls(String),
    /// There is a login and no TLS to send it under (S9).
    #[error(
        "relay `{0}` offers no STARTTLS, and a password never travels in the clear; ask the operator of the relay, use `smtps://`, or leave out the login"
    )]
    LoginInTheClear(String),
    /// STARTTLS was required, offered and refused.
    #[error(
        "relay `{0}` offers STARTTLS and then refuses it: {1}; ask the operator of the relay or set `tls=opportunistic`"
    )]
    StartTlsRefused(String, Reply),
    /// The certificate does not hold, or TLS failed otherwise; why, and what to do.
    #[error("relay `{0}`: TLS failed: {1}; {2}")]
    Tls(String, String, &'static str),
    /// Plaintext came behind the reply to STARTTLS: someone is in between (RFC 3207 §4.2).
    #[error("relay `{0}` sent text behind its reply to STARTTLS; the connection is not trusted")]
    Injected(String),
    /// It offers no login that we know.
    #[error("relay `{0}` offers no login by PLAIN or LOGIN{offered}", offered = offered(.1))]
    NoLogin(String, String),
    /// The login failed.
    #[error("relay `{0}` refused the login: {1}; check user name and password in GAZETTE_SMTP_URL")]
    Login(String, Reply),
    /// The relay cannot look at logins now (454).
    #[error("relay `{0}` cannot check the login now: {1}")]
    LoginLater(String, Reply),
    /// The conversation broke.
    #[error("relay `{0}`: {1}")]
    Broken(String, String),
}

/// Opens connections to one relay.
pub struct Client {
    relay: RelayUrl,
    hello: String,
    tls: Option<Securer>,
    timeouts: Timeouts,
    environment: Option<Arc<dyn Environment>>,
    /// Where what is said is written down, while somebody looks.
    conversation: Option<Conversation>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({:?})", self.relay)
    }
}

impl Client {
    /// A client for `relay` that calls itself `hello` in EHLO.
    pub fn new(relay: RelayUrl, hello: &str, timeouts: Timeouts) -> Result<Self, ClientError> {
        let tls = Securer::of(&relay)?;
        Ok(Self {
            relay,
            hello: hello_name(hello),
            tls,
            timeouts,
            environment: None,
            conversation: None,
        })
    }

    /// The same on the network of a simulation, if there is one.
    #[must_use]
    pub fn within(self, environment: Option<Arc<dyn Environment>>) -> Self {
        Self {
            environment,
            ..self
        }
    }

    /// The same, and what is said until a connection is ready for mail is written down.
    #[must_use]
    pub fn noting(self, conversation: Conversation) -> Self {
        Self {
            conversation: Some(conversation),
            ..self
        }
    }

    fn note(&self, by: Speaker, line: &str) {
        if let Some(conversation) = &self.conversation {
            conversation.note(by, line);
        }
    }

    /// A connection that is ready for mail: TLS up as the settings want it, logged in.
    pub async fn connect(&self) -> Result<Connection, ConnectError> {
        let mut stream: Box<dyn Stream> = match &self.environment {
            Some(environment) => self.reach_within(environment.as_ref()).await?,
            None => Box::new(self.reach().await?),
        };
        let mut security = None;
        if self.relay.tls == RelayTls::Implicit {
            let secured = self.secure(stream).await?;
            (stream, security) = (secured.0, Some(secured.1));
        }
        let mut connection = Connection::new(stream, security.is_some(), self.timeouts);
        let greeting = connection.listen(self.timeouts.greeting).await;
        let greeting = greeting.map_err(|broken| self.broken(&broken))?;
        self.note(Speaker::Relay, &greeting.to_string());
        if greeting.code != 220 {
            return Err(ConnectError::Refused(self.relay.name(), greeting));
        }
        self.hello(&mut connection).await?;
        if matches!(self.relay.tls, RelayTls::Required | RelayTls::Opportunistic) {
            (connection, security) = self.start_tls(connection).await?;
        }
        if let Some((user, password)) = &self.relay.login {
            if security.is_none() {
                return Err(ConnectError::LoginInTheClear(self.relay.name()));
            }
            self.log_in(&mut connection, user, password).await?;
        }
        connection.remember(greeting.words, security);
        // What stands behind the last reply is no message's fault.
        let silent = connection.expect_silence();
        silent.map_err(|broken| self.broken(&broken))?;
        Ok(connection)
    }

    /// TCP to the first of the relay's addresses that answers; each has its time, so that a dead
    /// IPv6 route does not hide a live IPv4 one.
    async fn reach(&self) -> Result<TcpStream, ConnectError> {
        let unreachable = |why: String| ConnectError::Unreachable(self.relay.name(), why);
        let patience = self.timeouts.connect;
        let found = timeout(
            patience,
            lookup_host((self.relay.host.as_str(), self.relay.port)),
        )
        .await;
        let addresses = found
            .map_err(|_| unreachable("no answer from the name server".to_owned()))?
            .map_err(|error| unreachable(error.to_string()))?;
        let mut why = "the name has no address".to_owned();
        for address in addresses {
            match timeout(patience, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    self.note(Speaker::Event, &format!("Connected to {address}."));
                    // Without it the kernel holds back small writes for up to 40 ms.
                    let set = stream.set_nodelay(true);
                    return set
                        .map(|()| stream)
                        .map_err(|error| unreachable(error.to_string()));
                }
                Ok(Err(error)) => why = error.to_string(),
                Err(_) => "no answer".clone_into(&mut why),
            }
        }
        Err(unreachable(why))
    }

    async fn reach_within(
        &self,
        environment: &dyn Environment,
    ) -> Result<Box<dyn Stream>, ConnectError> {
        let unreachable = |why: String| ConnectError::Unreachable(self.relay.name(), why);
        let connecting = environment.connect(&self.relay.host, self.relay.port);
        match timeout(self.timeouts.connect, connecting).await {
            Ok(connected) => connected.map_err(|error| unreachable(error.to_string())),
            Err(_) => Err(unreachable("no answer".to_owned())),
        }
    }

    async fn hello(&self, connection: &mut Connection) -> Result<(), ConnectError> {
        let line = format!("EHLO {}", self.hello);
        self.note(Speaker::Us, &line);
        let said = connection.say_for_lines(&line).await;
        let (code, lines) = said.map_err(|broken| self.broken(&broken))?;
        for line in &lines {
            self.note(Speaker::Relay, &format!("{code} {line}"));
        }
        match code {
            200..300 => {
                connection.set_capabilities(Capabilities::read(&lines));
                Ok(())
            }
            // RFC 5321 §3.2: an old relay knows only HELO.
            500.. => {
                let line = format!("HELO {}", self.hello);
                let reply = self.say(connection, &line).await?;
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
                    stage: Stage::Session,
                },
            )),
        }
    }

    /// Goes on under TLS, or without where the settings allow that.
    async fn start_tls(
        &self,
        mut connection: Connection,
    ) -> Result<(Connection, Option<Security>), ConnectError> {
        let must = self.relay.tls == RelayTls::Required;
        if !connection.capabilities().starttls {
            return if must {
                Err(ConnectError::NoStartTls(self.relay.name()))
            } else {
                Ok((connection, None))
            };
        }
        let reply = self.say(&mut connection, "STARTTLS").await?;
        if reply.code != 220 {
            return if must || !reply.is_refusal() || reply.is_closing() {
                Err(ConnectError::StartTlsRefused(self.relay.name(), reply))
            } else {
                Ok((connection, None))
            };
        }
        if connection.has_unread() {
            return Err(ConnectError::Injected(self.relay.name()));
        }
        // What was learnt before TLS is forgotten with the old connection (RFC 3207 §4.2).
        let (stream, security) = self.secure(connection.into_stream()).await?;
        let mut connection = Connection::new(stream, true, self.timeouts);
        self.hello(&mut connection).await?;
        Ok((connection, Some(security)))
    }

    async fn secure(
        &self,
        stream: Box<dyn Stream>,
    ) -> Result<(Box<dyn Stream>, Security), ConnectError> {
        let failed = |why: String, remedy| ConnectError::Tls(self.relay.name(), why, remedy);
        let Some(tls) = &self.tls else {
            return Err(failed("it is not set up".to_owned(), tls::ASK));
        };
        match timeout(self.timeouts.connect, tls.secure(stream)).await {
            Ok(Ok(secured)) => {
                let version = secured.1.version.as_str();
                self.note(
                    Speaker::Event,
                    &format!("Encrypted from here on: {version}."),
                );
                Ok(secured)
            }
            Ok(Err(error)) => Err(failed(error.to_string(), tls::remedy(&error))),
            Err(_) => Err(failed("no answer".to_owned(), tls::SPEAKS_NONE)),
        }
    }

    async fn log_in(
        &self,
        connection: &mut Connection,
        user: &str,
        password: &str,
    ) -> Result<(), ConnectError> {
        let offered = connection.capabilities().auth.clone();
        let offers = |mechanism: &str| offered.iter().any(|offer| offer == mechanism);
        let plain = STANDARD.encode(format!("\0{user}\0{password}"));
        let login = [STANDARD.encode(user), STANDARD.encode(password)];
        // Some relays repeat the line that they did not like.
        let secrets = [password, &plain, &login[1], &login[0]];
        let reply = if offers("PLAIN") {
            let line = format!("AUTH PLAIN {plain}");
            self.say_veiled(connection, &line, "AUTH PLAIN …", &secrets)
                .await?
        } else if offers("LOGIN") {
            let mut reply = self.say(connection, "AUTH LOGIN").await?;
            for secret in &login {
                if reply.code != 334 {
                    break;
                }
                reply = self.say_veiled(connection, secret, "…", &secrets).await?;
            }
            reply
        } else {
            return Err(ConnectError::NoLogin(self.relay.name(), offered.join(" ")));
        };
        if reply.code == 235 {
            return Ok(());
        }
        Err(if (400..500).contains(&reply.code) {
            ConnectError::LoginLater(self.relay.name(), reply)
        } else {
            ConnectError::Login(self.relay.name(), reply)
        })
    }

    /// Says a line that holds no secret, and hears the reply.
    async fn say(&self, connection: &mut Connection, line: &str) -> Result<Reply, ConnectError> {
        self.say_veiled(connection, line, line, &[]).await
    }

    /// Says a line that is written down as `shown`; in the reply the secrets are veiled.
    async fn say_veiled(
        &self,
        connection: &mut Connection,
        line: &str,
        shown: &str,
        secrets: &[&str],
    ) -> Result<Reply, ConnectError> {
        self.note(Speaker::Us, shown);
        let reply = connection.say(line).await;
        let mut reply = reply.map_err(|broken| self.broken(&broken))?;
        for secret in secrets {
            reply.veil(secret);
        }
        self.note(Speaker::Relay, &reply.to_string());
        Ok(reply)
    }

    fn broken(&self, broken: &Broken) -> ConnectError {
        ConnectError::Broken(self.relay.name(), broken.to_string())
    }
}

/// EHLO wants a name with a dot, or an address in brackets (RFC 5321 §4.1.3).
fn hello_name(hello: &str) -> String {
    let bare = hello.trim_matches(['[', ']']);
    match bare.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(address)) => format!("[{address}]"),
        Ok(std::net::IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        Err(_) => hello.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_leaves_at_once() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}?tls=none", listener.local_addr().unwrap());
        let relay = url.parse().unwrap();
        let client = Client::new(relay, "news.example.gov", Timeouts::default()).unwrap();
        // Else the kernel keeps a small write back until the last one is acknowledged.
        assert!(client.reach().await.unwrap().nodelay().unwrap());
    }

    #[test]
    fn s5_an_address_is_bracketed_in_ehlo() {
        assert_eq!(hello_name("127.0.0.1"), "[127.0.0.1]");
        assert_eq!(hello_name("::1"), "[IPv6:::1]");
        // As the host of a public URL reads.
        assert_eq!(hello_name("[::1]"), "[IPv6:::1]");
        assert_eq!(hello_name("news.example.gov"), "news.example.gov");
    }
}
