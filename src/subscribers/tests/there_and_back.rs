//! Whoever moves to another instance takes everybody along: an export makes the same people on an empty
//! one, whoever they are and wherever they stand.

use proptest::{prelude::*, sample::subsequence};
use sea_orm::ActiveEnum;

use super::{
    importing::{exported, take},
    *,
};
use crate::subscribers::{AboutReader, ExportPlace, Subscriber, about_readers, export, topics};

#[derive(Debug, Clone)]
struct Someone {
    status: Status,
    /// Of [`TOPICS`].
    topics: Vec<usize>,
    frequency: Frequency,
    language: &'static str,
    since: i64,
    about: AboutReader,
}

const TOPICS: [&str; 3] = ["press", "veterans", "gone"];

fn someone() -> impl Strategy<Value = Someone> {
    let status = prop::sample::select(vec![
        Status::Pending,
        Status::Confirmed,
        Status::Unsubscribed,
        Status::Bounced,
        Status::Complained,
        Status::Blocked,
    ]);
    let often = prop::sample::select(vec![Frequency::Each, Frequency::Daily, Frequency::Weekly]);
    let language = prop::sample::select(vec!["en", "es", "ko", "zh-Hant", "ar"]);
    let answers = prop::collection::vec(("[ -~]{1,12}", "\\PC{1,12}"), 0..2);
    (
        status,
        subsequence(vec![0, 1, 2], 0..=3),
        often,
        language,
        0..NOW,
        (prop::option::of("[1-9][0-9]{4}"), answers),
    )
        .prop_map(
            |(status, topics, frequency, language, since, (zip, answers))| Someone {
                status,
                topics,
                frequency,
                language,
                since,
                about: AboutReader { zip, answers },
            },
        )
}

async fn add(app: &App, id: i64, who: &Someone, ids: &[i64; 3]) {
    let chosen: Vec<i64> = who.topics.iter().map(|at| ids[*at]).collect();
    let keeps = matches!(who.status, Status::Confirmed | Status::Bounced);
    test_data::subscriber(id)
        .status(who.status)
        .language(who.language)
        .since(who.since)
        .topics(if keeps { &chosen } else { &[] })
        .insert(app)
        .await;
    let often =
        "UPDATE subscription SET frequency = $1, frequency_before = $1 WHERE subscriber_id = $2";
    let often_values = values![who.frequency.to_value(), id];
    db::execute(app.db.pool(), often, often_values)
        .await
        .unwrap();
    let office = Office::load(&app.db).await.unwrap();
    let transaction = app.db.begin().await.unwrap();
    if who.status == Status::Pending {
        let address = EmailAddress::parse(&format!("reader{id}@example.org")).unwrap();
        let about = who.about.to_json().unwrap();
        // An older request, whose place a newer one has taken.
        for topics in [&ids[..1], &chosen] {
            let request = NewRequest {
                subscriber: id,
                address: &address,
                topics,
                frequency: who.frequency,
                page: "https://news.example.gov/",
                at: who.since,
                about: about.as_deref(),
            };
            confirmation_requests::queue(app, &transaction, &office, Words::of("en"), &request)
                .await
                .unwrap();
        }
    } else {
        about_readers::keep(&transaction, id, who.about.clone(), NOW)
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
}

/// Everybody, by their addresses: an import gives numbers in an order of its own.
async fn all(app: &App) -> Vec<Subscriber> {
    let (mut people, _) = export(app, ExportPlace::BEGINNING, 1_000)
        .await
        .unwrap()
        .unwrap();
    people.sort_by(|one, other| one.email.cmp(&other.email));
    people
}

/// All of a person but the evidence, whatever the order of the topics there.
fn person(of: &Subscriber) -> String {
    let mut topics = of.topics.clone();
    topics.sort();
    let Subscriber {
        email,
        status,
        frequency,
        about,
        language,
        since,
        created,
        ..
    } = of;
    format!("{email} {status:?} {topics:?} {frequency:?} {about:?} {language} {since} {created}")
}

async fn goes_there_and_back(people: &[Someone]) {
    let (from, _folder) = app().await;
    let ids = [
        test_data::FIRST_TOPIC,
        test_data::topic(&from, TOPICS[1]).await,
        test_data::topic(&from, TOPICS[2]).await,
    ];
    topics::archive(&from, TOPICS[2], true, "operator")
        .await
        .unwrap();
    for (id, who) in (1..).zip(people) {
        add(&from, id, who, &ids).await;
    }
    let file = exported(&from).await;
    let before = all(&from).await;
    for (id, who) in (1..).zip(people) {
        let email = format!("reader{id}@example.org");
        let was = before.iter().find(|was| was.email == email).unwrap();
        let chosen = who.topics.iter().map(|at| TOPICS[*at]);
        let keeps = matches!(
            who.status,
            Status::Confirmed | Status::Bounced | Status::Pending
        );
        let chosen: Vec<&str> = chosen.filter(|_| keeps).collect();
        assert_eq!(was.topics, chosen, "{who:?}");
    }
    let (to, _other) = app().await;
    take(&to, &file).await.unwrap();
    let after = all(&to).await;
    assert_eq!(
        before.iter().map(person).collect::<Vec<_>>(),
        after.iter().map(person).collect::<Vec<_>>()
    );
    for (was, is) in before.iter().zip(&after) {
        let kept = &is.evidence[..was.evidence.len()];
        assert_eq!(kept, was.evidence, "{}", was.email);
    }
    // Once more, into a third one and into the first: nobody changes.
    let (third, _third_folder) = app().await;
    take(&third, &exported(&to).await).await.unwrap();
    let there = all(&third).await;
    assert_eq!(
        after.iter().map(person).collect::<Vec<_>>(),
        there.iter().map(person).collect::<Vec<_>>()
    );
    take(&from, &file).await.unwrap();
    let back = all(&from).await;
    assert_eq!(
        before.iter().map(person).collect::<Vec<_>>(),
        back.iter().map(person).collect::<Vec<_>>()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 30, ..ProptestConfig::default() })]

    #[test]
    fn an_export_makes_the_same_people_whoever_they_are(
        people in prop::collection::vec(someone(), 1..24),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(goes_there_and_back(&people));
    }
}
