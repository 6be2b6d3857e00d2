//! A name server for tests: on loopback, with a zone that the test writes. The black-box suite
//! includes this file too, so it uses nothing of ours.

use std::sync::{Arc, Mutex};

use hickory_resolver::proto::{
    op::{Message, OpCode, ResponseCode},
    rr::{
        Name, RData, Record,
        rdata::{A, AAAA, MX, PTR, SOA, TXT},
    },
};
use tokio::{net::UdpSocket, task::JoinHandle};

/// Name, kind and value of a record: `("doe.example", "MX", "10 mail.doe.example")`.
pub type Entry = (String, String, String);

/// Ends with the test.
pub struct Stub {
    pub address: std::net::SocketAddr,
    pub zone: Arc<Mutex<Vec<Entry>>>,
    task: JoinHandle<()>,
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stub {
    pub async fn start(entries: &[(&str, &str, &str)]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let zone = Arc::new(Mutex::new(owned(entries)));
        let task = tokio::spawn(serve(socket, zone.clone()));
        Self {
            address,
            zone,
            task,
        }
    }
}

pub fn owned(entries: &[(&str, &str, &str)]) -> Vec<Entry> {
    let entries = entries.iter();
    entries
        .map(|(name, kind, value)| ((*name).into(), (*kind).into(), (*value).into()))
        .collect()
}

async fn serve(socket: UdpSocket, zone: Arc<Mutex<Vec<Entry>>>) {
    let mut buffer = [0; 2048];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        let asked = Message::from_vec(&buffer[..length]).unwrap();
        let answer = answer(&asked, &zone.lock().unwrap());
        let _ = socket.send_to(&answer.to_vec().unwrap(), from).await;
    }
}

fn answer(asked: &Message, zone: &[Entry]) -> Message {
    let mut answer = Message::response(asked.metadata.id, OpCode::Query);
    let query = asked.queries[0].clone();
    let name = query.name().to_ascii().to_ascii_lowercase();
    let name = name.trim_end_matches('.');
    let kind = query.query_type().to_string();
    let exists = |(at, ..): &&Entry| at == name || at.ends_with(&format!(".{name}"));
    answer.metadata.response_code = match zone.iter().find(exists) {
        Some((_, kind, _)) if kind == "SERVFAIL" => ResponseCode::ServFail,
        Some(_) => ResponseCode::NoError,
        None => ResponseCode::NXDomain,
    };
    for (_, _, value) in zone.iter().filter(|(at, is, _)| at == name && *is == kind) {
        answer.add_answer(Record::from_rdata(
            query.name().clone(),
            60,
            data(&kind, value),
        ));
    }
    answer.add_query(query);
    answer
}

fn data(kind: &str, value: &str) -> RData {
    let name = |text: &str| Name::from_ascii(format!("{}.", text.trim_end_matches('.'))).unwrap();
    match kind {
        "A" => RData::A(A(value.parse().unwrap())),
        "AAAA" => RData::AAAA(AAAA(value.parse().unwrap())),
        "PTR" => RData::PTR(PTR(name(value))),
        "SOA" => RData::SOA(SOA::new(name(value), name(value), 1, 1, 1, 1, 1)),
        "MX" => {
            let (preference, exchange) = value.split_once(' ').unwrap();
            RData::MX(MX::new(preference.parse().unwrap(), name(exchange)))
        }
        "TXT" => {
            let pieces = value.as_bytes().chunks(255);
            let pieces = pieces.map(|piece| String::from_utf8(piece.to_vec()).unwrap());
            RData::TXT(TXT::new(pieces.collect()))
        }
        other => panic!("the stub knows no {other}"),
    }
}
