//! What staff do leaves its line in the audit log. Whatever test posts a form that is then said to be done
//! is held to it by the browser of these tests ([`SILENT`] names what changes nothing that others must know
//! of), and every address that takes a form is posted to by some test.

use super::{browser::Page, nothing_lost::routes, route_roles::OPEN, *};

/// Addresses whose forms leave no line, and why.
const SILENT: [(&str, &str); 11] = [
    ("/staff/logout", "ends one's own session"),
    ("/staff/kept", "puts a form back that was typed before"),
    ("/staff/deliverability/check", "looks"),
    (
        "/staff/settings",
        "what is saved as it was changes nothing; what is changed is held by `gazette office set`",
    ),
    ("/staff/settings/preview.html", "looks"),
    (
        "/staff/newsletters/{id}/correct",
        "pressed twice, it leads to the draft of the first time",
    ),
    ("/staff/newsletters/{id}/links", "looks"),
    (
        "/staff/newsletters/{id}/unsaved",
        "keeps what is being typed",
    ),
    (
        "/staff/newsletters/{id}/unsaved/discard",
        "forgets what was being typed",
    ),
    ("/staff/releases/unsaved", "keeps what is being typed"),
    (
        "/staff/releases/unsaved/discard",
        "forgets what was being typed",
    ),
];

/// Addresses that answer with a page, or lead back to it, when it is done; with an error when not.
const ANSWER_WITH_A_PAGE: [&str; 18] = [
    "/staff/events",
    "/staff/events/close",
    "/staff/events/paper",
    "/staff/import/undo",
    "/staff/newsletters/{id}/addresses",
    "/staff/people",
    "/staff/people/{id}/link",
    "/staff/pictures",
    "/staff/pictures/line",
    "/staff/press-list/addresses",
    "/staff/subscribers/add",
    "/staff/subscribers/address",
    "/staff/subscribers/choose",
    "/staff/subscribers/resend",
    "/staff/subscribers/download",
    "/staff/subscribers/erase",
    "/staff/topics",
    "/staff/topics/change",
];

/// Addresses whose forms no test of the console posts: the tests of their rooms ask the log.
const POSTED_TO_BY_NONE: [&str; 4] = [
    "/staff/account/second-step/codes",
    "/staff/account/second-step/off",
    "/staff/events/close",
    "/staff/events/paper",
];

/// Whether the answer to a form says that it is done.
pub fn says_that_it_is_done(path: &str, answer: &Page) -> bool {
    let is_fine = [200, 303].contains(&answer.status.as_u16());
    let leads_to_the_sign_in = answer.location().starts_with("/staff/login")
        || answer.location().starts_with("/staff/again");
    let is_named = ANSWER_WITH_A_PAGE
        .iter()
        .any(|address| is_at(address, path));
    let is_done = answer.location().contains("done=") || (is_named && !leads_to_the_sign_in);
    is_fine && is_done && !is_silent(path)
}

/// How many lines the log has.
pub async fn lines(app: &App) -> i64 {
    number(app, "SELECT count(*) FROM audit").await
}

/// Whether a form that is posted there may leave no line.
fn is_silent(path: &str) -> bool {
    SILENT.iter().any(|(address, _)| is_at(address, path))
}

/// Whether `path` is the `address`, whose parameters are numbers or words.
fn is_at(address: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (mut wanted, mut found) = (address.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(want), Some(part)) if want == part || want.starts_with('{') => {}
            _ => return false,
        }
    }
}

#[test]
fn each_address_that_takes_a_form_is_posted_to_by_a_test() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/console/tests");
    let mut tests = String::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        // Those that walk all addresses post nothing that is taken.
        let walks = ["route_roles.rs", "route_audit.rs", "nothing_lost.rs"];
        if !walks.iter().any(|name| path.ends_with(name)) {
            tests += &std::fs::read_to_string(&path).unwrap();
        }
    }
    let takes_form = routes().into_iter().filter(|(_, _, post)| *post);
    let never: Vec<String> = takes_form
        .map(|(address, ..)| address)
        .filter(|address| {
            let is_excused =
                OPEN.contains(&address.as_str()) || POSTED_TO_BY_NONE.contains(&address.as_str());
            !is_excused && !is_silent(address)
        })
        .filter(|address| {
            let end = address.rsplit(['}', '/']).next().unwrap_or_default();
            !tests.contains(&format!("/{end}\"")) && !tests.contains(&format!("/{end}?"))
        })
        .collect();
    assert!(never.is_empty(), "no test posts to {never:?}");
}

#[test]
fn what_is_silent_is_there() {
    let routes = routes();
    for (address, why) in SILENT {
        let is_there = routes
            .iter()
            .any(|(known, _, post)| known == address && *post);
        assert!(is_there && !why.is_empty(), "{address}");
    }
    assert!(is_silent("/staff/newsletters/7/links"));
    assert!(!is_silent("/staff/newsletters/7/approve"));
    assert!(!is_silent("/staff/newsletters"));
}
