//! Names that people give, wherever they may: one rule, a clear refusal, and what was typed stays.

use super::{newsletters::office, *};

/// Its page, its address, the fields, and the field that holds the name.
type Place = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

/// Where a name is given.
const PLACES: [Place; 6] = [
    ("/staff/account", "/staff/account/name", &[], "name"),
    (
        "/staff/topics",
        "/staff/topics",
        &[("slug", "roads")],
        "name",
    ),
    (
        "/staff/topics",
        "/staff/topics/change",
        &[("slug", "press"), ("act", "save")],
        "name",
    ),
    ("/staff/events", "/staff/events", &[("hours", "2")], "name"),
    (
        "/staff/house",
        "/staff/house/elections",
        &[
            ("day", "2026-11-03"),
            ("kind", "general"),
            ("candidate", "yes"),
        ],
        "name",
    ),
    ("/staff/settings", "/staff/settings", &[], "name"),
];

#[tokio::test]
async fn a_name_that_turns_the_text_breaks_the_line_or_never_ends_is_refused_everywhere() {
    let (app, _place) = instance().await;
    office(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let long = "Doe".repeat(5_000 / 3);
    let names = [
        ("Jane \u{202E}eoD", "U+202E"),
        ("\u{202A}Jane", "U+202A"),
        ("Jane\u{2066}", "U+2066"),
        ("Ja\u{2069}ne", "U+2069"),
        ("Jane\u{7}Doe", "control characters"),
        ("Jane\nDoe", "control characters"),
        (long.as_str(), "this one has 4998"),
    ];
    for (page, path, fields, field) in PLACES {
        let before = number(&app, "SELECT count(*) FROM audit").await;
        for (name, says) in names {
            let mut sent = fields.to_vec();
            sent.push((field, name));
            let told = admin.submit(page, path, &sent).await;
            assert_eq!(told.status, 422, "{path}: {}", told.text);
            assert!(told.text.contains(says), "{path}: {says}: {}", told.text);
            assert!(told.text.contains(name), "{path}: what was typed is lost");
        }
        let after = number(&app, "SELECT count(*) FROM audit").await;
        assert_eq!(after, before, "{path}: nothing was done");
    }
    // What a browser would cut at a length, without a word, would be lost as well.
    for page in [
        "/staff/account",
        "/staff/topics",
        "/staff/events",
        "/staff/settings",
    ] {
        let shown = admin.get(page).await;
        assert!(!shown.text.contains(" maxlength="), "{page}");
    }
}

#[tokio::test]
async fn a_name_of_another_script_is_taken_as_it_is() {
    let (app, _place) = instance().await;
    office(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    for name in ["제인 도", "مکتب نمی\u{200C}دانم", "Ngô Thị  Hạnh"] {
        let path = "/staff/account/name";
        let done = admin
            .submit("/staff/account", path, &[("name", name)])
            .await;
        assert_eq!(done.location(), "/staff/account?done=name", "{}", done.text);
        let one_space = name.replace("  ", " ");
        assert!(admin.get("/staff/account").await.text.contains(&one_space));
    }
}
