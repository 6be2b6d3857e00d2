//! Looking things up in the DNS, as a receiver of our mail does.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig},
    net::{DnsError, NetError, NoRecords, runtime::TokioRuntimeProvider},
    proto::{
        op::ResponseCode,
        rr::{Name, RData, RecordType},
    },
};

use crate::config::DnsServer;

#[cfg(test)]
pub(crate) mod stub;

/// Asks the system's name servers, or the one of the settings.
pub struct Dns(TokioResolver);

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// No such name.
    #[error("the name does not exist")]
    Name,
    /// The name has no record of this kind.
    #[error("there is no such record")]
    Record,
    /// It is not known.
    #[error("the name server gave no answer ({0})")]
    Unknown(String),
}

impl Missing {
    /// What was asked for is not there: not merely that nobody answered.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        !matches!(self, Self::Unknown(_))
    }
}

/// The exchange of a null MX (RFC 7505).
pub const NOBODY: &str = "";

impl Dns {
    /// # Errors
    /// In words, when the system names no name server.
    pub fn new(server: Option<DnsServer>) -> Result<Self, String> {
        let mut builder = match server {
            Some(DnsServer(address)) => {
                Resolver::builder_with_config(only(address), TokioRuntimeProvider::default())
            }
            None => TokioResolver::builder_tokio().map_err(|error| error.to_string())?,
        };
        let options = builder.options_mut();
        options.timeout = Duration::from_secs(4);
        options.attempts = 2;
        // Receivers do not read this machine's /etc/hosts.
        options.use_hosts_file = ResolveHosts::Never;
        let resolver = builder.build().map_err(|error| error.to_string())?;
        Ok(Self(resolver))
    }

    /// TXT records, each in one piece.
    pub async fn txt(&self, name: &str) -> Result<Vec<String>, Missing> {
        self.look_up(name, RecordType::TXT, |data| match data {
            RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
            _ => None,
        })
        .await
    }

    /// A and AAAA records.
    pub async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, Missing> {
        let (four, six) = tokio::join!(
            self.look_up(name, RecordType::A, RData::ip_addr),
            self.look_up(name, RecordType::AAAA, RData::ip_addr),
        );
        match (four, six) {
            (Ok(four), Ok(six)) => Ok([four, six].concat()),
            (Ok(some), Err(_)) | (Err(_), Ok(some)) => Ok(some),
            (Err(missing), Err(Missing::Name | Missing::Record)) | (Err(_), Err(missing)) => {
                Err(missing)
            }
        }
    }

    /// MX records in order of preference; [`NOBODY`] where the domain says that it takes no mail.
    pub async fn mx(&self, name: &str) -> Result<Vec<String>, Missing> {
        let mut found = self
            .look_up(name, RecordType::MX, |data| match data {
                RData::MX(mx) => Some((mx.preference, plain(&mx.exchange))),
                _ => None,
            })
            .await?;
        found.sort();
        Ok(found.into_iter().map(|(_, exchange)| exchange).collect())
    }

    /// The host names behind an address.
    pub async fn ptr(&self, address: IpAddr) -> Result<Vec<String>, Missing> {
        let name = Name::from(address).to_ascii();
        self.look_up(&name, RecordType::PTR, |data| match data {
            RData::PTR(ptr) => Some(plain(&ptr.0)),
            _ => None,
        })
        .await
    }

    /// Whether the name is the beginning of a zone.
    pub async fn soa(&self, name: &str) -> Result<(), Missing> {
        self.look_up(name, RecordType::SOA, |data| match data {
            RData::SOA(_) => Some(()),
            _ => None,
        })
        .await
        .map(|_| ())
    }

    async fn look_up<T>(
        &self,
        name: &str,
        kind: RecordType,
        read: impl Fn(&RData) -> Option<T>,
    ) -> Result<Vec<T>, Missing> {
        // With its closing dot: the machine's search list is not the receivers'.
        let name = Name::from_ascii(format!("{}.", name.trim_end_matches('.')))
            .map_err(|error| Missing::Unknown(error.to_string()))?;
        let answer = self
            .0
            .lookup(name, kind)
            .await
            .map_err(|error| missing(&error))?;
        let found: Vec<T> = answer
            .answers()
            .iter()
            .filter_map(|record| read(&record.data))
            .collect();
        if found.is_empty() {
            Err(Missing::Record)
        } else {
            Ok(found)
        }
    }
}

fn only(address: SocketAddr) -> ResolverConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    ResolverConfig::from_name_servers(vec![NameServerConfig::new(
        address.ip(),
        true,
        connections.into(),
    )])
}

fn missing(error: &NetError) -> Missing {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(NoRecords { response_code, .. })) => {
            match response_code {
                ResponseCode::NXDomain => Missing::Name,
                ResponseCode::NoError => Missing::Record,
                other => Missing::Unknown(other.to_string()),
            }
        }
        other => Missing::Unknown(other.to_string()),
    }
}

fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
impl stub::Stub {
    pub fn dns(&self) -> Dns {
        Dns::new(Some(DnsServer(self.address))).unwrap()
    }
}
