//! Relays to which no connection comes about, the first stage of all: once they are there, everyone
//! has it once, at the first attempt that counts (rule S1).

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::join_all;
use gazette::newsletters::{self, NewsletterState as State};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};

use crate::{
    app::TestApp,
    peer::{PIPELINING, Peer},
    relay_faults::{copies, progress, to_three},
};

/// How a relay cannot be reached before it says a word.
#[derive(Debug, Clone, Copy)]
enum NoConnection {
    /// Nobody listens on its port.
    Refused,
    /// It resets each connection as soon as that stands.
    Reset,
    /// The system takes connections for it; it takes none of them up.
    NotTakenUp,
    /// So many wait to be taken up that further ones are not answered at all.
    Full,
}

/// A port whose relay is not there yet.
struct Door {
    address: SocketAddr,
    socket: Option<TcpSocket>,
    listening: Option<TcpListener>,
    crowd: Vec<TcpStream>,
    resetting: Option<JoinHandle<TcpListener>>,
    mended: Arc<Notify>,
}

impl Door {
    async fn with(fault: NoConnection) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut door = Self {
            address: socket.local_addr().unwrap(),
            socket: None,
            listening: None,
            crowd: Vec::new(),
            resetting: None,
            mended: Arc::default(),
        };
        match fault {
            // The port is ours, and closed.
            NoConnection::Refused => door.socket = Some(socket),
            NoConnection::Reset => {
                let (listener, mended) = (socket.listen(64).unwrap(), door.mended.clone());
                door.resetting = Some(tokio::spawn(async move {
                    loop {
                        tokio::select! {
                            accepted = listener.accept() => {
                                accepted.unwrap().0.set_zero_linger().unwrap();
                            }
                            () = mended.notified() => return listener,
                        }
                    }
                }));
            }
            NoConnection::NotTakenUp => door.listening = Some(socket.listen(64).unwrap()),
            NoConnection::Full => {
                door.listening = Some(socket.listen(1).unwrap());
                let moment = Duration::from_millis(300);
                while let Ok(one) = timeout(moment, TcpStream::connect(door.address)).await {
                    door.crowd.push(one.unwrap());
                }
            }
        }
        door
    }

    /// A relay that answers there from now on.
    async fn mend(self) -> Peer {
        let listener = match (self.socket, self.listening, self.resetting) {
            (Some(socket), ..) => socket.listen(64).unwrap(),
            (_, Some(listener), _) => listener,
            (.., Some(resetting)) => {
                self.mended.notify_one();
                resetting.await.unwrap()
            }
            _ => unreachable!(),
        };
        Peer::start_on(listener, PIPELINING, |_| None)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_without_a_connection_nothing_is_lost_and_nothing_held_against_anybody() {
    let run = async |(fault, says)| {
        let door = Door::with(fault).await;
        let url = format!("smtp://{}?tls=none", door.address);
        let app = TestApp::start_with(&[
            "--smtp-url",
            &url,
            "--smtp-connections",
            "1",
            "--smtp-patience",
            "0.02",
        ])
        .await;
        let newsletter = to_three(&app).await;
        let attention = async || {
            let found = newsletters::find(&app.app, newsletter).await;
            found.unwrap().attention
        };
        let words = app.until("the reason", attention).await;
        assert!(words.contains(says), "{fault:?}: {words}");
        let (state, counts) = progress(&app, newsletter).await;
        assert_eq!(
            (state, counts.queued + counts.claimed),
            (State::Sending, 3),
            "{fault:?}: {counts:?}"
        );
        let peer = door.mend().await;
        let accepted = app.finished(newsletter).await.accepted;
        assert_eq!((accepted, copies(&peer).len()), (3, 3), "{fault:?}");
        assert_eq!(peer.seen().received.len(), 3, "{fault:?}");
        // The first attempt that counted was the one that succeeded.
        let tried = "SELECT cast(max(attempts) AS BIGINT) FROM delivery";
        assert_eq!(app.count(tried).await, 1, "{fault:?}");
        app.stop().await;
    };
    join_all(
        [
            (NoConnection::Refused, "refused"),
            (NoConnection::Reset, "reset"),
            (NoConnection::NotTakenUp, "did not answer in time"),
            (NoConnection::Full, "no answer"),
        ]
        .map(run),
    )
    .await;
}
