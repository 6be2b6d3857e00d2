//! What became of each delivery, as the command line tells it.

use serde_json::Value;

use crate::{
    peer::{Act, PIPELINING, Peer, Stage},
    program::Program,
};

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn show_tells_what_the_relay_took_put_off_and_refused_and_which_relay_it_was() {
    let peer = Peer::start(PIPELINING, |moment| {
        let words = match moment.line.split_once("TO:<")?.1.split_once('@')?.0 {
            "late" => "451 4.7.1 not now",
            "nobody" => "550 5.1.1 not here",
            _ => return None,
        };
        (moment.stage == Stage::Rcpt).then_some(Act::Say(words))
    })
    .await;
    let program = Program::new()
        .with("GAZETTE_SMTP_URL", peer.url())
        .with_office()
        .await;
    let list = program.folder().join("list.csv");
    let readers = "email\nana@example.org\nlate@example.com\nnobody@example.net\n";
    std::fs::write(&list, readers).unwrap();
    let list = list.display().to_string();
    let release = program.folder().join("release.txt");
    std::fs::write(
        &release,
        "A bridge opens\n\nThe bridge opened today, and everybody came to see it.\n",
    )
    .unwrap();
    let release = release.display().to_string();
    for words in [
        &["subscribers", "import", &list, "--consent", "signed a list"][..],
        &["releases", "add", &release],
        &["newsletters", "send", "1"],
    ] {
        let ran = program.run(words).await;
        assert_eq!(ran.status, 0, "{words:?}: {}", ran.err);
    }
    let serving = program.serve().await;
    let mut shown = Value::Null;
    for _ in 0..200 {
        let ran = program.run(&["newsletters", "show", "1", "--json"]).await;
        shown = serde_json::from_str(&ran.out).unwrap();
        if shown["counts"]["queued"] == 0 && shown["counts"]["claimed"] == 0 {
            break;
        }
    }
    let plain = program.run(&["newsletters", "show", "1"]).await.out;
    serving.stop().await;

    let counts = &shown["counts"];
    let count = |state: &str| counts[state].as_u64().unwrap();
    assert_eq!(
        ["accepted", "deferred", "failed", "withdrawn"].map(count),
        [1, 1, 1, 0],
        "{shown}"
    );
    assert_eq!(shown["state"], "sending");
    let exceptions = shown["exceptions"].as_array().unwrap();
    assert_eq!(exceptions.len(), 2, "{shown}");
    let relay = peer.address.to_string();
    for (email, state, code, words) in [
        ("late@example.com", "deferred", 451, "4.7.1 not now"),
        ("nobody@example.net", "failed", 550, "5.1.1 not here"),
    ] {
        let told = exceptions.iter().find(|told| told["email"] == email);
        let told = told.unwrap();
        assert_eq!(
            (&told["state"], &told["code"]),
            (&state.into(), &code.into())
        );
        assert_eq!(
            (&told["words"], &told["relay"]),
            (&words.into(), &relay.as_str().into())
        );
        assert_eq!(
            (&told["attempts"], &told["tls"]),
            (&1.into(), &"none".into())
        );
        if state == "deferred" {
            let next: jiff::Timestamp = told["next_try_at"].as_str().unwrap().parse().unwrap();
            let wait = next.duration_since(jiff::Timestamp::now()).as_mins();
            assert!((20..=33).contains(&wait), "{told}");
            assert_eq!(told["at"], told["next_try_at"]);
        } else {
            assert!(
                told["next_try_at"].is_null() && !told["at"].is_null(),
                "{told}"
            );
        }
        let line = plain.lines().find(|line| line.contains(email)).unwrap();
        for part in [state, &relay, &format!("{code} {words}")] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }

    // Who saw these addresses stands in the log, and who looked up one reader, too.
    let of_the_log = async |words: &[&str]| {
        let mut all = vec!["audit", "list", "--who", "operator", "--json"];
        all.extend_from_slice(words);
        let ran = program.run(&all).await;
        serde_json::from_str::<Value>(&ran.out).unwrap()
    };
    let looked = of_the_log(&["--object", "newsletter/1", "--limit", "1"]).await;
    assert_eq!(looked[0]["action"], "newsletter.addresses", "{looked}");
    let reader = ["newsletters", "show", "1", "--reader", "ana@example.org"];
    let receipt = program.run(&reader).await;
    assert!(receipt.out.starts_with("accepted at "), "{receipt:?}");
    let looked = of_the_log(&["--limit", "1"]).await;
    assert_eq!(looked[0]["action"], "subscriber.evidence", "{looked}");
    assert_eq!(looked[0]["details"], "newsletter/1");
    assert!(!looked.to_string().contains("ana@"), "{looked}");
    let unknown = ["newsletters", "show", "1", "--reader", "zoe@example.org"];
    assert_eq!(program.run(&unknown).await.status, 1);
}
