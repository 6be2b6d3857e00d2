//! How many sign-ups one machine puts down and how long each visitor waits, and how long a list of a million
//! people takes to import: `cargo bench --bench sign_up`, or with `-- 100000` for a shorter list.
//!
//! The program runs as it does for an office, on `SQLite` with its usual durability: whoever is answered has
//! their request on the disk. Each request has an address of its own, and a network of its own as a trusted
//! proxy says it. Targets on two cores: 3,000 a second with p99 under 25 ms; the list under 60 s and 100 MB.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Visitors at the same time.
const CONNECTIONS: u32 = 64;

const FOR: Duration = Duration::from_secs(10);

/// Requests a second that must be answered in time.
const WANTED: u32 = 3_000;

fn main() {
    let rows: u32 = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    sign_ups(folder.path());
    // A place of its own: no second database is made beside a key.
    let folder = tempfile::tempdir().expect("a folder");
    import(folder.path(), rows);
}

fn gazette(folder: &Path, database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gazette"));
    let url = format!("sqlite://{}/{database}.db", folder.display());
    command.env("GAZETTE_DATABASE_URL", url);
    command.env("RUST_LOG", "error");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn done(command: &mut Command) {
    let status = command.status().expect("gazette runs");
    assert!(status.success(), "{command:?}: {status}");
}

fn with_an_office(folder: &Path, database: &str) {
    done(gazette(folder, database).arg("migrate"));
    done(gazette(folder, database).args([
        "office",
        "set",
        "name=Office of Rep. Jane Doe",
        "from=news@doe.example",
        "postal-address=1 Main Street",
        "time-zone=America/Los_Angeles",
    ]));
}

/// Ends with its server.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sign_ups(folder: &Path) {
    with_an_office(folder, "sign-up");
    let address = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port");
    let serving = gazette(folder, "sign-up")
        .arg("serve")
        .env("GAZETTE_LISTEN", address.to_string())
        .env("GAZETTE_PUBLIC_URL", format!("http://{address}"))
        .env("GAZETTE_TRUSTED_PROXIES", "127.0.0.1")
        .spawn()
        .expect("gazette serves");
    let _server = Server(serving);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        while TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        load(address, 0, Some(500), Duration::from_secs(2)).await;
        let paced = load(address, 1, Some(WANTED), FOR).await;
        say(&format!("asked for {WANTED} a second"), &paced);
        let most = load(address, 2, None, FOR).await;
        say("as many as are answered", &most);
    });
}

fn say(what: &str, waited: &[Duration]) {
    let at = |part: usize| {
        let at = (waited.len() * part / 1_000).min(waited.len().saturating_sub(1));
        waited.get(at).copied().unwrap_or_default()
    };
    println!(
        "sign-ups, {what}: {:.0} /s, p50 {:.1?}, p99 {:.1?}, p99.9 {:.1?}",
        waited.len() as f64 / FOR.as_secs_f64(),
        at(500),
        at(990),
        at(999)
    );
}

/// Signs people up from all connections; how long each waited since it was their turn, in order.
async fn load(
    address: SocketAddr,
    round: u32,
    rate: Option<u32>,
    during: Duration,
) -> Vec<Duration> {
    let begin = Instant::now() + Duration::from_millis(100);
    let mut visitors = JoinSet::new();
    for visitor in 0..CONNECTIONS {
        visitors.spawn(async move {
            let mut stream = TcpStream::connect(address).await.expect("connected");
            stream.set_nodelay(true).expect("a socket");
            let (mut waited, mut turn, mut room) = (Vec::new(), visitor, Vec::new());
            loop {
                let due = match rate {
                    Some(rate) => {
                        begin + Duration::from_secs_f64(f64::from(turn) / f64::from(rate))
                    }
                    None => Instant::now().max(begin),
                };
                if due >= begin + during {
                    return waited;
                }
                tokio::time::sleep_until(due.into()).await;
                one(&mut stream, &mut room, round, turn).await;
                waited.push(due.elapsed());
                turn += CONNECTIONS;
            }
        });
    }
    let mut all: Vec<Duration> = visitors.join_all().await.into_iter().flatten().collect();
    all.sort_unstable();
    all
}

async fn one(stream: &mut TcpStream, room: &mut Vec<u8>, round: u32, turn: u32) {
    let [_, a, b, c] = turn.to_be_bytes();
    let body = format!("email=reader{round}x{turn}%40place{turn}.example&topic=press");
    let request = format!(
        "POST /subscribe HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {}.{c}.{b}.{a}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        60 + round,
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    room.clear();
    let end = loop {
        let read = stream.read_buf(room).await.expect("an answer");
        assert!(read > 0, "the server hung up");
        if let Some(end) = room.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(&room[..end]).to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse().ok())
        .expect("a length");
    while room.len() < end + length {
        assert!(stream.read_buf(room).await.expect("the page") > 0);
    }
}

fn import(folder: &Path, rows: u32) {
    with_an_office(folder, "import");
    let list = folder.join("list.csv");
    let mut file = std::io::BufWriter::new(fs::File::create(&list).expect("a file"));
    writeln!(file, "Email Address,First Name,OPTIN_TIME,OPTIN_IP,TAGS").expect("written");
    for row in 0..rows {
        writeln!(
            file,
            "reader{row}@place{}.example,\"Lopez, Ana\",2021-03-01 12:00:00,192.0.2.1,",
            row % 5_000
        )
        .expect("written");
    }
    file.flush().expect("written");
    let begin = Instant::now();
    let mut importing = gazette(folder, "import")
        .args([
            "subscribers",
            "import",
            "--consent",
            "signed a list",
            "--json",
        ])
        .arg(&list)
        .stdout(Stdio::piped())
        .spawn()
        .expect("gazette imports");
    let status = format!("/proc/{}/status", importing.id());
    let mut peak = 0;
    while importing.try_wait().expect("a process").is_none() {
        // Linux says what a process held at most.
        let held = fs::read_to_string(&status).unwrap_or_default();
        let held = held.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = held.and_then(|held| held.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kilobytes.unwrap_or(0_u64));
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = begin.elapsed();
    let out = importing.stdout.take().expect("its output");
    let imported = BufReader::new(out)
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("\"imported\""));
    println!(
        "import of {rows} people: {took:.1?}, {:.0} /s, at most {} MB;{}",
        f64::from(rows) / took.as_secs_f64(),
        peak / 1_000,
        imported.unwrap_or_default()
    );
}
