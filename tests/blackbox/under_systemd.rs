//! What systemd hears and sees of a service: that it is ready, goes on and stops; the journal's
//! priorities; a hang-up.

use std::{
    os::unix::{fs::MetadataExt, net::UnixDatagram},
    process::Stdio,
    time::Duration,
};

use tokio::process::{Child, Command};

use crate::program::Program;

/// What systemd sets for a service: where it listens, and the watchdog's patience.
struct Manager(UnixDatagram);

impl Manager {
    fn of(program: Program) -> (Self, Program) {
        let path = program.folder().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        // Long enough for a busy machine; what never comes fails the test.
        let patience = Duration::from_mins(1);
        socket.set_read_timeout(Some(patience)).unwrap();
        let program = program
            .with("NOTIFY_SOCKET", path.to_str().unwrap())
            .with("WATCHDOG_USEC", "300000");
        (Self(socket), program)
    }

    /// Waits until the service says this.
    fn hears(&self, wanted: &str) {
        let mut said = [0; 256];
        loop {
            let length = self.0.recv(&mut said).unwrap();
            let said = String::from_utf8_lossy(&said[..length]);
            if said.lines().any(|line| line == wanted) {
                return;
            }
        }
    }
}

async fn signal(child: &Child, name: &str) {
    let id = child.id().unwrap().to_string();
    let sent = Command::new("kill").args([name, &id]).status().await;
    assert!(sent.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn systemd_hears_that_a_service_is_ready_goes_on_and_stops_and_a_hang_up_ends_nothing() {
    let (manager, program) = Manager::of(Program::new().with("GAZETTE_LISTEN", "127.0.0.1:0"));
    assert_eq!(program.run(&["migrate"]).await.status, 0);
    for words in ["serve", "worker"] {
        let mut service = program.start(&[words]);
        manager.hears("READY=1");
        signal(&service, "-HUP").await;
        for _ in 0..3 {
            manager.hears("WATCHDOG=1");
        }
        signal(&service, "-TERM").await;
        manager.hears("STOPPING=1");
        assert_eq!(service.wait().await.unwrap().code(), Some(0), "{words}");
    }
}

#[tokio::test]
async fn a_command_that_cannot_begin_is_never_ready() {
    let (manager, program) = Manager::of(Program::new());
    assert_eq!(program.run(&["migrate"]).await.status, 0);
    let program = program.with("GAZETTE_DKIM_KEY", "nowhere.pem");
    let program = program
        .with("GAZETTE_DKIM_SELECTOR", "s")
        .with("GAZETTE_DKIM_DOMAIN", "doe.example");
    assert_eq!(program.run(&["worker"]).await.status, 2);
    manager.0.set_nonblocking(true).unwrap();
    let mut said = [0; 256];
    assert!(manager.0.recv(&mut said).is_err());
}

#[tokio::test]
async fn lines_for_the_journal_have_their_priority_and_others_have_none() {
    for (to_journal, beginnings) in [
        (true, ["<6>{", "<3>gazette: "]),
        (false, ["{", "gazette: "]),
    ] {
        let program = Program::new().with("GAZETTE_LOG_FORMAT", "json");
        let path = program.folder().join("log");
        let file = std::fs::File::create(&path).unwrap();
        let about = file.metadata().unwrap();
        let inode = if to_journal { about.ino() } else { 1 };
        let program = program.with("JOURNAL_STREAM", format!("{}:{inode}", about.dev()));
        let mut service = program
            .command(&["serve"])
            .env("GAZETTE_LISTEN", "127.0.0.1:0")
            .stdout(Stdio::null())
            .stderr(file.try_clone().unwrap())
            .spawn()
            .unwrap();
        let logged = || std::fs::read_to_string(&path).unwrap();
        while !logged().contains("delivery worker started") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        signal(&service, "-TERM").await;
        assert!(service.wait().await.unwrap().success());
        let failed = program
            .command(&["newsletters", "show", "7"])
            .stderr(file)
            .status();
        assert_eq!(failed.await.unwrap().code(), Some(1));
        let logged = logged();
        let last = logged.lines().last().unwrap();
        assert!(last.starts_with(beginnings[1]), "{last}");
        for line in logged.lines().filter(|line| *line != last) {
            assert!(line.starts_with(beginnings[0]), "{line}");
        }
    }
}
