//! Where each hold rule takes hold, to the number (F8, F10).

use super::{
    settle_due,
    tests::{Office, TODAY, poll, releases, watching},
};
use crate::{
    app::App,
    clock::{DAY, HOUR, MINUTE},
    newsletter_state::NewsletterState,
    test_data, values,
};

/// As feeds write the time.
fn dated(app: &App, ago: i64) -> String {
    crate::clock::instant(app.clock.now_ms() - ago)
        .strftime("%a, %d %b %Y %H:%M:%S +0000")
        .to_string()
}

/// Why the newest release is held; empty: it is not.
async fn why(app: &App) -> String {
    releases(app).await.pop().unwrap().1
}

fn publish_now(app: &App, office: &Office, slug: &str, title: &str) {
    office.publish(slug, title, &dated(app, MINUTE));
}

/// As if a newsletter had been made of the newest release, and were in this state.
async fn newsletter(app: &App, state: NewsletterState, started_at: Option<i64>) {
    let newest = "SELECT max(id) FROM release";
    let release: Option<i64> = crate::db::scalar(app.db.pool(), newest, []).await.unwrap();
    let release = release.unwrap();
    let mut made = test_data::newsletter("x")
        .id(1)
        .release(release)
        .state(state);
    if let Some(at) = started_at {
        made = made.started_at(at);
    }
    made.insert(app).await;
    test_data::made_from(app, 1, release, 1).await;
    let drafted = "UPDATE release SET drafted_at = 0 WHERE id = $1";
    app.db.execute(drafted, values![release]).await.unwrap();
}

#[tokio::test]
async fn three_new_releases_are_an_ordinary_day_and_four_are_a_flood_f8() {
    for (many, held) in [(3, 0), (4, 4)] {
        let (app, office, _folder) = watching(0).await;
        for number in 0..many {
            office.publish(&format!("r{number}"), &format!("Release {number}"), TODAY);
        }
        let polled = poll(&app).await;
        assert_eq!((polled.new, polled.held), (many, held));
    }
}

#[tokio::test]
async fn what_is_dated_47_hours_ago_passes_and_49_hours_ago_is_held_f8() {
    for (hours, held) in [(47, false), (49, true)] {
        let (app, office, _folder) = watching(0).await;
        office.publish("a", "A bridge opens", &dated(&app, hours * HOUR));
        poll(&app).await;
        assert_eq!(why(&app).await.contains("48 hours"), held, "{hours}");
    }
}

#[tokio::test]
async fn a_title_is_the_same_one_for_30_days_f8() {
    for (days, held) in [(29, true), (31, false)] {
        let (app, office, _folder) = watching(0).await;
        publish_now(&app, &office, "first", "A bridge opens");
        poll(&app).await;
        app.clock.advance_ms(days * DAY);
        publish_now(&app, &office, "second", "A BRIDGE OPENS!");
        poll(&app).await;
        assert_eq!(why(&app).await.contains("same title"), held, "{days}");
    }
}

#[tokio::test]
async fn a_title_counts_from_when_it_was_mailed_and_one_that_never_was_does_not_count_f8() {
    use NewsletterState::{Cancelled, Draft, Sent};
    for (seen, state, mailed, held) in [
        (40, Sent, Some(1), true),
        (40, Sent, Some(29), true),
        (40, Sent, Some(31), false),
        // Waits for approval; cancelled; cancelled when it was on its way.
        (5, Draft, None, true),
        (5, Cancelled, None, false),
        (5, Cancelled, Some(4), true),
    ] {
        let (app, office, _folder) = watching(0).await;
        publish_now(&app, &office, "first", "A bridge opens");
        poll(&app).await;
        app.clock.advance_ms(seen * DAY);
        let started = mailed.map(|days| app.clock.now_ms() - days * DAY);
        newsletter(&app, state, started).await;
        publish_now(&app, &office, "second", "A bridge opens");
        poll(&app).await;
        assert_eq!(
            why(&app).await.contains("same title"),
            held,
            "seen {seen} days ago, {state:?}, mailed {mailed:?}"
        );
    }
}

#[tokio::test]
async fn a_title_that_becomes_the_same_one_while_it_settles_is_held_f8_f9() {
    let (app, office, _folder) = watching(600).await;
    publish_now(&app, &office, "first", "A bridge opens");
    poll(&app).await;
    app.clock.advance_ms(10 * MINUTE);
    assert_eq!(
        settle_due(&app).await.unwrap(),
        1,
        "it is not its own double"
    );
    publish_now(&app, &office, "second", "A road closes");
    poll(&app).await;
    assert_eq!(why(&app).await, "");
    office.change(|site| "A bridge opens".clone_into(&mut site.posts[0].title));
    app.clock.advance_ms(10 * MINUTE);
    settle_due(&app).await.unwrap();
    assert!(why(&app).await.contains("same title"));
}

#[tokio::test]
async fn an_embargo_is_found_that_begins_within_the_first_500_characters_f10() {
    for (before, held) in [(0, true), (490, true), (510, false)] {
        let (app, office, _folder) = watching(0).await;
        office.publish("a", "A bridge opens", TODAY);
        office.change(|site| {
            // Words of ten characters with their space.
            let text = "structure ".repeat(before / 10);
            site.posts[0].text = format!("<p>{text}embargoed until noon on Monday</p>");
        });
        poll(&app).await;
        let document = &releases(&app).await[0].2;
        assert!(document.contains("embargoed until"), "{document}");
        assert_eq!(why(&app).await.contains("embargoed"), held, "{before}");
    }
}

/// Why a release of this text is held; empty: it is not.
async fn why_of(text: &str) -> String {
    let (app, office, _folder) = watching(0).await;
    office.publish("a", "A bridge opens", TODAY);
    office.change(|site| {
        site.posts[0].text =
            format!("{text}<p>The county opens the bridge to everyone on Monday morning.</p>");
    });
    poll(&app).await;
    why(&app).await
}

#[tokio::test]
async fn what_says_that_it_is_not_public_yet_or_was_not_finished_is_held_f10() {
    for (text, reason) in [
        ("<p>HOLD FOR RELEASE UNTIL DEC. 8</p>", "embargoed"),
        ("<p>Embargo: 00:01 Tuesday 8 December</p>", "embargoed"),
        (
            "<p>Not for publication or broadcast before 10 a.m. on December 8</p>",
            "embargoed",
        ),
        ("<p>Sperrfrist: 8. Dezember, 10 Uhr</p>", "embargoed"),
        ("<p>DRAFT – NOT FOR RELEASE</p>", "not to be published yet"),
        // TODAY is in February 2024.
        ("<p>For release: March 8, 2024</p>", "8 March 2024"),
        ("<p>TK TK</p>", "still to be written"),
        (
            "<p>XX percent agree, said [NAME].</p>",
            "still to be written",
        ),
    ] {
        let why = why_of(text).await;
        assert!(why.contains(reason), "{text}: {why}");
    }
    for text in [
        "<p>For release: February 16, 2024</p>",
        "<p>The bill [H.R. 1234] is for [the bridge], Super Bowl XX and TK Elevator.</p>",
        "<p>The grain embargo ended.</p>",
    ] {
        assert_eq!(why_of(text).await, "", "{text}");
    }
}

#[tokio::test]
async fn the_same_release_again_with_a_figure_corrected_is_held_f8() {
    let text = "<p>The road department of the county said on Friday that its plan for 45 towns starts in spring, \
        with 6,250 people at work.</p><p>“We looked at every road there is,” said the director of the office.</p>";
    for (title, again, held) in [
        ("Elm Street work", text.replace("45 towns", "46 towns"), "is nearly that of"),
        ("UPDATED: Road work begins", "<p>It begins at nine.</p>".to_owned(), "same title"),
        (
            "School plan",
            "<p>The school department of the town told parents in January about a budget for 12 schools, which \
             grows next summer so that 250 teachers more can be found, as the head of that board explained.</p>"
                .to_owned(),
            "",
        ),
    ] {
        let (app, office, _folder) = watching(0).await;
        publish_now(&app, &office, "first", "Road work begins");
        office.change(|site| text.clone_into(&mut site.posts[0].text));
        poll(&app).await;
        app.clock.advance_ms(HOUR);
        publish_now(&app, &office, "second", title);
        office.change(|site| site.posts[0].text = again);
        poll(&app).await;
        let why = why(&app).await;
        assert!(why.contains(held) && why.is_empty() == held.is_empty(), "{title}: {why}");
    }
}

#[tokio::test]
async fn who_decides_about_a_held_release_sees_all_that_is_odd_about_it_f8_f10() {
    let (app, office, _folder) = watching(0).await;
    publish_now(&app, &office, "first", "Protected: Embargoed until noon");
    poll(&app).await;
    for slug in ["a", "b", "c"] {
        publish_now(&app, &office, slug, slug);
    }
    let title = "Protected: Embargoed until noon";
    office.publish("second", title, "Thu, 16 Feb 2062 15:00:00 +0000");
    poll(&app).await;
    let why = why(&app).await;
    for reason in [
        "4 new releases came at once",
        "two weeks from now",
        "embargoed",
        "behind a password",
        "same title",
    ] {
        assert!(why.contains(reason), "{reason} is not in: {why}");
    }
}

#[tokio::test]
async fn the_question_for_the_same_title_is_asked_of_indexes() {
    let (app, _office, _folder) = watching(0).await;
    if !app.db.is_sqlite() {
        // PostgreSQL chooses by size; on a table of one row it is right to read the table.
        return;
    }
    let sql = super::hold_rules::sql_same_title();
    let rows = app
        .db
        .all(&format!("EXPLAIN QUERY PLAN {sql}"), values!["x", 0, 0])
        .await
        .unwrap();
    let plan: Vec<String> = rows
        .iter()
        .map(|row| row.try_get("", "detail").unwrap())
        .collect();
    let plan = plan.join("; ");
    assert!(!plan.contains("SCAN"), "{plan}");
    assert!(
        plan.contains("release_title") && plan.contains("newsletter_release_of"),
        "{plan}"
    );
}

#[tokio::test]
async fn a_date_that_can_mean_two_days_is_said_and_held_f10() {
    for (date, held) in [
        // 3 February or 2 March; 2 January or 1 February.
        ("03/02/2024", true),
        ("02/01/2024", true),
        ("02/15/2024", false),
        ("15 Feb 2024", false),
    ] {
        let (app, office, _folder) = watching(600).await;
        office.publish("a", "A bridge opens", date);
        poll(&app).await;
        let why = why(&app).await;
        assert_eq!(why.contains("day and month"), held, "{date}: {why}");
        if date == "03/02/2024" {
            assert!(
                why.contains("can be 3 February 2024 or 2 March 2024"),
                "{why}"
            );
        }
    }
}

#[tokio::test]
async fn a_date_that_lies_ahead_is_said_and_held_and_waits_when_let_go_f10() {
    let (app, office, _folder) = watching(0).await;
    office.publish("a", "A bridge opens", "Tue, 20 Feb 2024 15:00:00 +0000");
    poll(&app).await;
    assert!(why(&app).await.contains("dated 20 February 2024"));
    super::release(&app, 2, "e@x.gov").await.unwrap();
    for (days, is_final) in [(3, 0), (1, 1)] {
        app.clock.advance_ms(days * DAY);
        assert_eq!(settle_due(&app).await.unwrap(), is_final);
    }
}

#[tokio::test]
async fn a_page_that_is_no_release_is_held_under_its_name() {
    let (app, office, _folder) = watching(0).await;
    publish_now(&app, &office, "a", "A bridge opens");
    office.change(|site| site.posts[0].text = "%PDF-1.7 ...".to_owned());
    poll(&app).await;
    let why = why(&app).await;
    assert!(why.contains("Its page was not taken: it is a PDF"), "{why}");
    assert!(!why.contains("summary"), "{why}");
}

#[tokio::test]
async fn what_means_less_in_a_mail_is_held_with_its_words() {
    for (text, reason) in [
        (
            "<p>Dear {{ name }}, the bridge is open again.</p>",
            "{{ name }}",
        ),
        (
            "<p>The bridge, as <a href='https://protect-us.mimecast.com/s/AbC?domain=o.example'>the letter</a> says.</p>",
            "protect-us.mimecast.com",
        ),
        (
            "<p>It costs <math><mfrac><mn>1</mn><mn>2</mn></mfrac></math> of that.</p>",
            "formula",
        ),
    ] {
        let (app, office, _folder) = watching(0).await;
        publish_now(&app, &office, "a", "A bridge opens");
        office.change(|site| site.posts[0].text = text.to_owned());
        poll(&app).await;
        assert!(
            why(&app).await.contains(reason),
            "{reason}: {}",
            why(&app).await
        );
    }
}

#[tokio::test]
async fn a_release_on_which_two_readers_disagree_is_held_and_both_readings_are_kept() {
    let (app, office, _folder) = watching(0).await;
    publish_now(&app, &office, "a", "A bridge opens");
    // The other reader leaves out what is called so; ours looks at what it says.
    let long: String = ["roads", "schools", "parks", "wells", "farms", "ferries"]
        .map(|what| format!("<p>The council met on Monday to hear of {what}, and it asked the county to pay for them from now on.</p>"))
        .concat();
    office.change(|site| {
        site.posts[0].text = format!(
            "<p>The bridge over the river is open again, and it is free for everybody who walks or rides over it, on every day of the week and at every hour.</p><p>So the council said on Monday, when it met for the first time since the flood, and it thanked all who had worked on it.</p><div class='community'>{long}</div>"
        );
    });
    poll(&app).await;
    let why = why(&app).await;
    assert!(why.contains("Two readers of its page disagree"), "{why}");
    let both = super::second_reading_of(&app, 2).await.unwrap().unwrap();
    assert!(both.ours.contains("open again"), "{both:?}");
    assert_ne!(both.ours, both.theirs);
    // Let go, it is not held again for that; changed so that the readers agree, nothing is left to compare.
    super::release(&app, 2, "e@x.gov").await.unwrap();
    office.change(|site| {
        site.posts[0].text =
            "<p>The bridge over the river is open again, and it is free for everybody who walks.</p>"
                .repeat(3);
    });
    assert_eq!(settle_due(&app).await.unwrap(), 1);
    assert_eq!(super::second_reading_of(&app, 2).await.unwrap(), None);
}
