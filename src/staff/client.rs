//! Which network address a request comes from.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRef, FromRequestParts},
    http::request::Parts,
};

use crate::app::App;

/// The client's address: the connection's, or what a trusted proxy says it is.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

impl<S> FromRequestParts<S> for ClientAddress
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let trusted = &App::from_ref(state).settings.trusted_proxies;
        let mut address = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(Ipv4Addr::UNSPECIFIED.into(), |info| {
                info.0.ip().to_canonical()
            });
        // Each proxy appends who spoke to it, so the list is read from the end, and only for as
        // long as the speaker is one of ours: what stands before that, anyone can have written.
        let lines = parts.headers.get_all("x-forwarded-for");
        let spoken: Vec<&str> = lines
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .collect();
        for said in spoken.into_iter().rev() {
            if !trusted.contains(&address) {
                break;
            }
            let Ok(earlier) = said.trim().parse::<IpAddr>() else {
                break;
            };
            address = earlier.to_canonical();
        }
        Ok(Self(address))
    }
}
