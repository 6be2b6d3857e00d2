//! A process of Gazette in the simulation: what it has of the network, and how it is stopped, held
//! and killed.

use std::{
    fmt, io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use gazette::environment::{Answer, Environment, Stream, Task};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};

use crate::{
    relay,
    world::{Reach, World},
};

/// More than any group of commands and messages that stands between two replies: what is written
/// has left.
const PIPE: usize = 1 << 20;

/// One process's surroundings.
pub struct Surroundings {
    number: usize,
    world: Arc<World>,
    gate: Arc<Gate>,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Surroundings({})", self.number)
    }
}

impl Surroundings {
    /// Those of the process with this number.
    pub fn new(number: usize, world: Arc<World>, gate: Arc<Gate>) -> Self {
        Self {
            number,
            world,
            gate,
        }
    }
}

impl Environment for Surroundings {
    fn connect<'a>(&'a self, _: &'a str, _: u16) -> Answer<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            match self.world.reach() {
                Reach::At(delay) => tokio::time::sleep(delay).await,
                Reach::Refused => {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    return Err(io::ErrorKind::ConnectionRefused.into());
                }
                Reach::Silence => std::future::pending().await,
            }
            let (near, far) = duplex(PIPE);
            let number = self.world.connected(self.number);
            tokio::spawn(relay::serve(self.world.clone(), far, number));
            let wire: Box<dyn Stream> = Box::new(Wire {
                stream: near,
                number,
                world: self.world.clone(),
                ends: Pattern::new(b"\r\n.\r\n"),
                begins: Pattern::new(b"MAIL FROM:"),
            });
            Ok(wire)
        })
    }

    fn provider<'a>(&'a self, domain: &'a str) -> Answer<'a, Result<String, String>> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.world.provider(domain)
        })
    }

    fn run(&self, task: Task) -> Task {
        self.gate.clone().hold(task)
    }
}

/// Whether a process runs. While it is closed nothing of it does, and time goes on.
#[derive(Debug, Default)]
pub struct Gate {
    closed: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
}

impl Gate {
    /// The task, at the mercy of the gate.
    pub fn hold(self: Arc<Self>, task: Task) -> Task {
        Box::pin(Held { gate: self, task })
    }

    /// As SIGSTOP does.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// As SIGCONT does.
    pub fn open(&self) {
        self.closed.store(false, Ordering::SeqCst);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.drain(..).for_each(Waker::wake);
    }
}

struct Held {
    gate: Arc<Gate>,
    task: Task,
}

impl Future for Held {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.gate.closed.load(Ordering::SeqCst) {
            let waiting = &self.gate.waiting;
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push(context.waker().clone());
            return Poll::Pending;
        }
        self.task.as_mut().poll(context)
    }
}

/// The end of a connection that Gazette holds. It sees when a message has left.
struct Wire {
    stream: DuplexStream,
    number: u64,
    world: Arc<World>,
    ends: Pattern,
    begins: Pattern,
}

/// Octets that are looked for in what is written piece by piece.
struct Pattern {
    octets: &'static [u8],
    /// How many of them the last octets were.
    matched: usize,
}

impl Pattern {
    fn new(octets: &'static [u8]) -> Self {
        Self { octets, matched: 0 }
    }

    /// Whether it ends with this octet. Its last line end may begin the next one's.
    fn ends_with(&mut self, octet: u8) -> bool {
        if octet != self.octets[self.matched] {
            self.matched = 0;
        }
        if octet == self.octets[self.matched] {
            self.matched += 1;
        }
        let ends = self.matched == self.octets.len();
        if ends {
            self.matched = if self.octets.ends_with(b"\r\n") { 2 } else { 0 };
        }
        ends
    }
}

impl Wire {
    fn watch(&mut self, written: &[u8]) {
        for octet in written {
            if self.ends.ends_with(*octet) {
                self.world.message_left(self.number);
            }
            if self.begins.ends_with(*octet) {
                self.world.message_offered();
            }
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(taken)) = written {
            self.watch(&bytes[..taken]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
