//! People who stand on several lines of one list: what comes of them is the same however far apart the lines are.

use std::fmt::Write;

use super::{
    importing::{everybody, import_of, take, take_as},
    *,
};
use crate::subscribers::{Answers, Import, ImportReport};

/// What comes of two lines of one person, next to each other and further apart than what is stored together,
/// and what was said before of what would be.
async fn comes_of(before: &[Status], lines: [&str; 2]) -> String {
    let mut outcomes = Vec::new();
    for apart in [0, 1_200] {
        let (app, _folder) = app().await;
        for slug in ["water", "veterans"] {
            test_data::topic(&app, slug).await;
        }
        for (id, status) in (1..).zip(before) {
            let known = test_data::subscriber(id).status(*status);
            known.insert(&app).await;
        }
        let mut list = format!("email,status,topics\n{}\n", lines[0]);
        for filler in 0..apart {
            let _ = writeln!(list, "filler{filler}@example.org,confirmed,press");
        }
        list += lines[1];
        let dry = Import {
            dry_run: true,
            ..import_of("signed a list")
        };
        let would = take_as(&app, list.as_bytes(), dry, Answers::default()).await;
        let is = take(&app, list.as_bytes()).await;
        let numbers = |report: ImportReport| {
            let people = [report.imported, report.known, report.gained, report.pending];
            (people, report.left, report.suppressed)
        };
        assert_eq!(numbers(would.unwrap()), numbers(is.unwrap()), "{lines:?}");
        let all = everybody(&app).await;
        let mut people = all.into_iter().filter(|line| !line.starts_with("filler"));
        outcomes.push(people.next().unwrap());
    }
    assert_eq!(outcomes[0], outcomes[1], "{lines:?}");
    outcomes.remove(0).split_once(' ').unwrap().1.to_owned()
}

#[tokio::test]
async fn a_line_without_topics_adds_none_to_those_that_another_line_names() {
    let known = &[Status::Confirmed][..];
    for (before, lines, expected) in [
        (
            known,
            ["confirmed,", "confirmed,veterans"],
            "press,veterans",
        ),
        (
            known,
            ["confirmed,veterans", "confirmed,"],
            "press,veterans",
        ),
        (known, ["confirmed,", "confirmed,"], "press"),
        (&[], ["confirmed,veterans", "confirmed,"], "veterans"),
        (&[], ["confirmed,", "confirmed,veterans"], "veterans"),
        (
            &[],
            ["confirmed,water", "confirmed,veterans"],
            "water,veterans",
        ),
        (&[], ["confirmed,", "confirmed,"], "press,water,veterans"),
    ] {
        let lines = lines.map(|line| format!("reader1@example.org,{line}"));
        let is = comes_of(before, [&lines[0], &lines[1]]).await;
        assert_eq!(is, format!("confirmed {expected}"), "{lines:?}");
    }
}

#[tokio::test]
async fn of_two_lines_the_stricter_status_holds_in_whatever_order() {
    let strictness = [
        "confirmed",
        "pending",
        "unsubscribed",
        "bounced",
        "complained",
        "blocked",
    ];
    for (at, stricter) in strictness.iter().enumerate().skip(1) {
        for weaker in [strictness[at - 1], "confirmed"] {
            for order in [[weaker, *stricter], [*stricter, weaker]] {
                let lines = order.map(|status| format!("Reader1@example.org,{status},press"));
                let is = comes_of(&[], [&lines[0], &lines[1].to_lowercase()]).await;
                assert_eq!(is.split(' ').next(), Some(*stricter), "{order:?}");
            }
        }
    }
    // Who asked here is confirmed by a list that says so once and nothing else.
    for (order, expected) in [
        (["confirmed", "confirmed"], "confirmed"),
        (["confirmed", "pending"], "pending"),
        (["pending", "confirmed"], "pending"),
    ] {
        let lines = order.map(|status| format!("reader1@example.org,{status},press"));
        let is = comes_of(&[Status::Pending], [&lines[0], &lines[1]]).await;
        assert_eq!(is.split(' ').next(), Some(expected), "{order:?}");
    }
}

/// More of them than are stored together, and topics that come with the first.
#[tokio::test]
async fn topics_of_our_own_export_are_made_once_for_all_who_stand_in_it_twice() {
    let (app, _folder) = app().await;
    let mut list = "email,status,topics,frequency,since,evidence\n".to_owned();
    for topic in ["water", "roads"] {
        for person in 0..1_050 {
            let often = format!("{topic}=weekly");
            let _ = writeln!(list, "p{person}@example.org,confirmed,{topic},{often},,[]");
        }
    }
    let report = take(&app, list.as_bytes()).await.unwrap();
    assert_eq!((report.imported, report.known), (1_050, 1_050));
    assert_eq!(report.new_topics, ["water", "roads"]);
    let all = everybody(&app).await;
    let has_both = |line: &&String| line.ends_with(" confirmed water,roads");
    assert_eq!(all.iter().filter(has_both).count(), 1_050);
    let often = "SELECT count(*) FROM subscription WHERE frequency = 2";
    assert_eq!(number(&app, often).await, 2_100);
}
