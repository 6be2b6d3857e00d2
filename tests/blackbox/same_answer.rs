//! The form and the API tell nobody whose address is known (O5), and bury nobody under mail (O6).

use std::{fmt::Write, time::Instant};

use gazette::{
    app::App,
    clock::{Clock, DAY, HOUR},
    subscribers, values,
};

use crate::app::TestApp;

/// Calls per state and way of asking.
const CALLS: usize = 100;

/// Someone in each state; all addresses are equally long, so that the requests are.
async fn one_of_each_state(app: &TestApp) -> Vec<(&'static str, &'static str)> {
    app.sign_up("pend@example.org").await;
    app.subscriber("conf@example.org").await;
    app.subscriber("left@example.org").await;
    let id = app.draft("Before leaving").await;
    app.send(id).await;
    let mail = app.mails_to("left@example.org").await.pop().unwrap();
    app.post(&mail.one_click(), "List-Unsubscribe=One-Click")
        .await;
    let never = app.sign_up("bloc@example.org").await;
    app.post(&never.link("/never/"), "").await;
    for (email, status) in [
        ("pend@example.org", "pending"),
        ("conf@example.org", "confirmed"),
        ("left@example.org", "unsubscribed"),
        ("bloc@example.org", "blocked"),
    ] {
        assert_eq!(app.status(email).await, status);
    }
    vec![
        ("unknown", ""),
        ("pending", "pend@example.org"),
        ("confirmed", "conf@example.org"),
        ("unsubscribed", "left@example.org"),
        ("suppressed", "bloc@example.org"),
        ("undeliverable", "und@nowhere.test"),
    ]
}

/// What one call gave, without its date, and how long it took in microseconds.
async fn call(app: &TestApp, email: &str, api: bool) -> (String, f64) {
    let request = if api {
        let request = app.client.post(app.url("/api/v1/subscriptions"));
        request.body(format!("{{\"email\": \"{email}\"}}"))
    } else {
        let request = app.client.post(app.url("/subscribe"));
        let kind = "application/x-www-form-urlencoded";
        request
            .header("content-type", kind)
            .body(format!("email={}&topic=press", email.replace('@', "%40")))
    };
    let begun = Instant::now();
    let answer = request.send().await.unwrap();
    let took = begun.elapsed().as_secs_f64() * 1e6;
    let mut said = format!("{}\n", answer.status());
    for (name, value) in answer.headers() {
        // The page repeats the address, whose length varies.
        if name != "date" && name != "content-length" {
            let _ = writeln!(said, "{name}: {value:?}");
        }
    }
    said.push_str(&answer.text().await.unwrap().replace(email, "ADDRESS"));
    (said, took)
}

/// Mann–Whitney's U as a z-score: how far the ranks of the two lie apart, whatever the shape of the
/// distributions. Beyond ±3 by chance: 27 times in 10,000.
fn mann_whitney(a: &[f64], b: &[f64]) -> f64 {
    let wins: f64 = a
        .iter()
        .flat_map(|x| b.iter().map(move |y| x.total_cmp(y)))
        .map(|order| match order {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        })
        .sum();
    let (n, m) = (a.len() as f64, b.len() as f64);
    (wins - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

/// How each state's times lie beside those of all others, as z-scores, after [`CALLS`] calls of each. `series` tells
/// the addresses that nobody knows yet from those of earlier series: asking makes them known.
async fn told_apart(app: &TestApp, states: &[(&str, &str)], api: bool, series: usize) -> Vec<f64> {
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); states.len()];
    let mut answers = std::collections::HashSet::new();
    // In turns, each round beginning with another: what else the machine does meets all alike.
    for round in 0..CALLS {
        for turn in 0..states.len() {
            let at = (round * 5 + turn) % states.len();
            let email = match states[at] {
                ("unknown", _) => {
                    let way = if api { 'a' } else { 'f' };
                    format!("{way}{:03}@example.org", series * CALLS + round)
                }
                (_, email) => email.to_owned(),
            };
            let (said, took) = call(app, &email, api).await;
            answers.insert(said);
            times[at].push(took);
        }
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    (0..states.len())
        .map(|at| {
            let others: Vec<f64> = (0..states.len())
                .filter(|other| *other != at)
                .flat_map(|other| times[other].clone())
                .collect();
            mann_whitney(&times[at], &others)
        })
        .collect()
}

#[tokio::test]
async fn o5_all_six_states_get_the_same_answer_in_the_same_time() {
    let app = TestApp::start().await;
    let states = one_of_each_state(&app).await;
    for api in [false, true] {
        // What makes a difference makes it again, in the same direction; what a loaded machine does by chance does
        // not. Beyond 3 three times in a row by chance: once in ten million runs.
        let mut suspects = vec![0.0; states.len()];
        for series in 0..3 {
            let scores = told_apart(&app, &states, api, series).await;
            for (suspect, z) in suspects.iter_mut().zip(&scores) {
                let again = z.abs() > 3.0 && (series == 0 || *suspect * z > 0.0);
                *suspect = if again { *z } else { 0.0 };
            }
            if suspects.iter().all(|z| *z == 0.0) {
                break;
            }
        }
        for ((state, _), z) in states.iter().zip(suspects) {
            assert!(z == 0.0, "{state} can be told from the others: z = {z:.1}");
        }
    }
    app.stop().await;
}

#[test]
fn the_measure_sees_a_difference_of_a_tenth() {
    let noise = |n: usize| 1_000.0 + ((n * 7_919) % 500) as f64;
    let same: Vec<f64> = (0..CALLS).map(noise).collect();
    let others: Vec<f64> = (CALLS..6 * CALLS).map(noise).collect();
    let slower: Vec<f64> = same.iter().map(|time| time + 125.0).collect();
    assert!(mann_whitney(&same, &others).abs() < 2.0);
    assert!(mann_whitney(&slower, &others) > 4.5);
}

#[tokio::test]
async fn o6_ten_thousand_sign_ups_of_one_victim_send_one_mail_a_day_and_a_restart_forgives_nothing()
{
    let app = TestApp::start().await;
    // As the form puts them down, from 10,000 networks.
    let flood = async |times: i64| {
        app.app
            .db
            .execute(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
                 INSERT INTO sign_up (at, email, topics, language, page, channel, ip, network, user_agent)
                 SELECT 1, 'victim@agency.gov', '[]', 'en', '/', 'form', '198.51.100.1', 'network ' || i, 'bot' FROM n",
                values![times],
            )
            .await
            .unwrap();
    };
    let mails = async || {
        app.count("SELECT count(*) FROM transactional_mail WHERE kind = 'confirmation'")
            .await
    };
    flood(10_000).await;
    subscribers::answer_sign_ups(&app.app).await.unwrap();
    app.all_answered().await;
    assert_eq!(mails().await, 1);

    // Another process on the same database, an hour later: nothing was forgotten.
    app.app.clock.advance_ms(HOUR);
    let clock = Clock::fixed_at(app.app.clock.now());
    let other = App::open(app.app.settings.clone(), clock).await.unwrap();
    flood(1_000).await;
    subscribers::answer_sign_ups(&other).await.unwrap();
    assert_eq!(mails().await, 1);

    // Day after day: three in a month, then silence.
    for _ in 0..5 {
        app.app.clock.advance_ms(DAY + HOUR);
        app.submit("victim@agency.gov").await;
        app.all_answered().await;
    }
    assert_eq!(mails().await, 3);

    // Until an operator says otherwise.
    subscribers::allow(&app.app, "Victim@agency.gov", "operator")
        .await
        .unwrap();
    app.submit("victim@agency.gov").await;
    app.all_answered().await;
    assert_eq!(mails().await, 4);
    app.stop().await;
}
