//! The server's connections: how many there may be, how long each may do nothing, and which of them
//! ends when one more comes.
//!
//! Whoever opens connections and sends nothing, half a header, or a byte a second must not keep
//! others out, and must never take the files that delivery and the database need.

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Sleep, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{app::App, config::TrustedProxy, repeated_fault::RepeatedFault};

/// A request's head is here within this, and the next one on the same connection begins within it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection on which nothing moves for this long has ended. Longer than any request may take.
const STALL_TIMEOUT: Duration = Duration::from_secs(40);
/// A connection ends after its request under way at this age: a client that reads a byte now and then
/// is nobody's reader.
const CONNECTION_LIFETIME: Duration = Duration::from_mins(10);

/// Connections at most, all together, where the process may open files enough.
const MOST: usize = 1_024;
/// From one address (IPv6: /64) that is no proxy of ours.
const MOST_OF_ONE: usize = 100;
/// Files that are kept back for the database, delivery, fetching and logs.
const KEPT_BACK: u64 = 256;
/// Files that we ask the system for.
const WANTED: u64 = 16_384;

/// Raises the soft limit of open files as far as the hard one lets us; how many there may be.
pub fn raise_file_limit() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let now = current.unwrap_or(u64::MAX);
    let wanted = WANTED.min(maximum.unwrap_or(u64::MAX));
    if now >= wanted {
        return now;
    }
    let raised = Rlimit {
        current: Some(wanted),
        maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, files = now, "the limit of open files could not be raised");
            now
        }
    }
}

/// How many connections fit beside what is kept back.
fn room(files: u64) -> usize {
    let left = files.saturating_sub(KEPT_BACK).max(files / 4);
    MOST.min(usize::try_from(left).unwrap_or(MOST)).max(1)
}

/// Serves `router` until the process is asked to stop; requests under way are finished.
pub async fn serve(app: &App, router: Router, listener: TcpListener) {
    let open = Open::new(
        room(raise_file_limit()),
        app.settings.trusted_proxies.clone(),
    );
    let connections = TaskTracker::new();
    let shutdown = app.shutdown.clone();
    let mut fault = RepeatedFault::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                fault.ended();
                // Dropped, and so closed, where there is no room.
                if let Some(place) = open.admit(peer.ip()) {
                    let router = router.clone();
                    connections.spawn(converse(stream, peer, router, place, shutdown.clone()));
                }
            }
            Err(error) => {
                // Of one client (it is gone), or of us all (no file is left): the longest idle ends.
                if !is_of_one_connection(&error) {
                    if fault.is_worth_a_line() {
                        tracing::warn!(%error, "no connection can be taken");
                    }
                    open.end_an_idle_one(None);
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
    connections.close();
    connections.wait().await;
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// One connection from its first byte to its last.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    place: Place,
    shutdown: CancellationToken,
) {
    // An answer leaves at once; where that cannot be set it leaves a little later.
    let _ = stream.set_nodelay(true);
    let seat = place.seat.clone();
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (router, seat) = (router.clone(), seat.clone());
        async move {
            let busy = seat.busy();
            let answer = router.oneshot(request.map(Body::new)).await;
            drop(busy);
            Ok::<_, Infallible>(answer.unwrap_or_else(|never: Infallible| match never {}))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        // Room for a few cookies and a long address, and no more.
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(Moving::new(stream)), service);
    let mut connection = std::pin::pin!(connection);
    let old = sleep(CONNECTION_LIFETIME);
    // What ends a connection is the client's affair; whoever answers them is told by the routes.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = seat.ended.cancelled() => return,
        () = shutdown.cancelled() => {}
        () = old => {}
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = seat.ended.cancelled() => {}
        () = sleep(STALL_TIMEOUT) => {}
    }
}

/// The connections that are open.
#[derive(Debug)]
struct Open {
    most: usize,
    proxies: Vec<TrustedProxy>,
    begun: Instant,
    seats: Mutex<Seats>,
}

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    taken: HashMap<u64, (IpAddr, Arc<Seat>)>,
    of: HashMap<IpAddr, usize>,
}

/// What is known of one connection.
#[derive(Debug)]
struct Seat {
    /// Milliseconds since the server began, when it last asked or was answered.
    last: AtomicU64,
    /// Requests of it that are under way.
    under_way: AtomicUsize,
    begun: Instant,
    ended: CancellationToken,
}

/// Holds a connection's place; dropped with it.
struct Place {
    number: u64,
    seat: Arc<Seat>,
    open: Arc<Open>,
}

impl Open {
    fn new(most: usize, proxies: Vec<TrustedProxy>) -> Arc<Self> {
        tracing::debug!(most, "connections at most");
        Arc::new(Self {
            most,
            proxies,
            begun: Instant::now(),
            seats: Mutex::default(),
        })
    }

    /// A place for a connection from `peer`. Where all are taken, the one that has been idle for
    /// longest ends for it; `None`: all have requests under way.
    fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let one = counted(peer);
        let full_for_one = {
            let seats = self.seats();
            let proxy = self.proxies.iter().any(|proxy| proxy.is(peer));
            !proxy && seats.of.get(&one).is_some_and(|open| *open >= MOST_OF_ONE)
        };
        if full_for_one && !self.end_an_idle_one(Some(one)) {
            return None;
        }
        if self.seats().taken.len() >= self.most && !self.end_an_idle_one(None) {
            return None;
        }
        let seat = Arc::new(Seat {
            last: AtomicU64::new(milliseconds(self.begun.elapsed())),
            under_way: AtomicUsize::new(0),
            begun: self.begun,
            ended: CancellationToken::new(),
        });
        let mut seats = self.seats();
        let number = seats.next;
        seats.next += 1;
        seats.taken.insert(number, (one, seat.clone()));
        *seats.of.entry(one).or_default() += 1;
        Some(Place {
            number,
            seat,
            open: self.clone(),
        })
    }

    /// Ends the connection that has been idle for longest, of one address or of all.
    fn end_an_idle_one(&self, of: Option<IpAddr>) -> bool {
        let mut seats = self.seats();
        let idle = seats
            .taken
            .iter()
            .filter(|(_, (from, seat))| {
                of.is_none_or(|of| of == *from) && seat.under_way.load(Relaxed) == 0
            })
            .min_by_key(|(_, (_, seat))| seat.last.load(Relaxed))
            .map(|(number, (_, seat))| (*number, seat.clone()));
        let Some((number, seat)) = idle else {
            return false;
        };
        seat.ended.cancel();
        // Its task ends a moment later; its place is free now.
        seats.leave(number);
        true
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        // Nothing panics while it is held.
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seats {
    fn leave(&mut self, number: u64) {
        let Some((one, _)) = self.taken.remove(&number) else {
            return;
        };
        if let Some(open) = self.of.get_mut(&one) {
            *open -= 1;
            if *open == 0 {
                self.of.remove(&one);
            }
        }
    }
}

impl Seat {
    /// While it is held, the connection is not idle.
    fn busy(self: &Arc<Self>) -> Busy {
        self.under_way.fetch_add(1, Relaxed);
        Busy(self.clone())
    }
}

struct Busy(Arc<Seat>);

impl Drop for Busy {
    fn drop(&mut self) {
        let Seat { last, begun, .. } = &*self.0;
        last.store(milliseconds(begun.elapsed()), Relaxed);
        self.0.under_way.fetch_sub(1, Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.seats().leave(self.number);
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What counts as one address: whoever has one of IPv6 has 2^64 of them.
fn counted(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// A stream that fails when nothing has moved on it for [`STALL_TIMEOUT`].
struct Moving {
    stream: TcpStream,
    patience: Pin<Box<Sleep>>,
}

impl Moving {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            patience: Box::pin(sleep(STALL_TIMEOUT)),
        }
    }

    /// Passes on what the stream says; fails it when it has been pending for too long.
    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            let end = tokio::time::Instant::now() + STALL_TIMEOUT;
            self.patience.as_mut().reset(end);
            return polled;
        }
        match self.patience.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Moving {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_read(context, buffer);
        this.watch(context, polled)
    }
}

impl AsyncWrite for Moving {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.watch(context, polled)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(context, bytes);
        this.watch(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn files_are_kept_back_for_delivery_and_the_database() {
        assert_eq!(room(1_048_576), MOST);
        assert_eq!(room(1_024), 768);
        assert_eq!(room(256), 64);
        assert_eq!(room(0), 1);
    }

    #[test]
    fn when_all_places_are_taken_the_longest_idle_ends_and_never_one_that_is_being_answered() {
        let open = Open::new(3, Vec::new());
        let places: Vec<Place> = (1..=3)
            .map(|n| open.admit(ip(&format!("192.0.2.{n}"))).unwrap())
            .collect();
        for (place, last) in places.iter().zip([7, 5, 9]) {
            place.seat.last.store(last, Relaxed);
        }
        let busy = places[1].seat.busy();
        let fourth = open.admit(ip("192.0.2.4")).unwrap();
        let ended: Vec<bool> = places.iter().map(|p| p.seat.ended.is_cancelled()).collect();
        assert_eq!(ended, [true, false, false]);
        let busy_too = [places[2].seat.busy(), fourth.seat.busy()];
        assert!(open.admit(ip("192.0.2.5")).is_none(), "all are busy");
        drop((busy, busy_too, places, fourth));
        assert!(open.seats().taken.is_empty() && open.seats().of.is_empty());
    }

    #[test]
    fn one_address_has_its_share_and_a_proxy_of_ours_has_no_such_limit() {
        let open = Open::new(1_000, vec!["10.0.0.0/8".parse().unwrap()]);
        let mut places: Vec<Place> = (0..MOST_OF_ONE)
            .map(|n| open.admit(ip(&format!("2001:db8::{n:x}"))).unwrap())
            .collect();
        let busy: Vec<Busy> = places.iter().map(|place| place.seat.busy()).collect();
        assert!(open.admit(ip("2001:db8::ffff")).is_none());
        assert!(open.admit(ip("2001:db8:0:1::1")).is_some());
        drop(busy);
        // Now its own longest idle one makes room.
        places.push(open.admit(ip("2001:db8::ffff")).unwrap());
        assert_eq!(open.seats().taken.len(), MOST_OF_ONE);
        let of_proxy: Vec<_> = (0..300).map(|_| open.admit(ip("10.0.0.7"))).collect();
        assert!(of_proxy.iter().all(Option::is_some));
    }
}
