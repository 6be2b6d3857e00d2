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
const ANSWER_WITH_A_PAGE: [&str; 30] = [
    "/staff/account/second-step/codes",
    "/staff/account/second-step/confirm",
    "/staff/events",
    "/staff/events/close",
    "/staff/events/paper",
    "/staff/import/undo",
    "/staff/login",
    "/staff/login/code",
    "/staff/newsletters/{id}/addresses",
    "/staff/newsletters/{id}/not-delivered.csv",
    "/staff/people",
    "/staff/people/{id}/link",
    "/staff/pictures",
    "/staff/pictures/line",
    "/staff/press-list",
    "/staff/press-list/addresses",
    "/staff/returns/mailbox",
    "/staff/returns/test",
    "/staff/subscribers",
    "/staff/subscribers/add",
    "/staff/subscribers/address",
    "/staff/subscribers/choose",
    "/staff/subscribers/resend",
    "/staff/subscribers/download",
    "/staff/subscribers/erase",
    "/staff/subscribers/export",
    "/staff/subscribers/unsubscribe",
    "/staff/topics",
    "/staff/topics/change",
    "/staff/welcome/{token}",
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
    let named = addresses_in(&tests);
    let never: Vec<String> = takes_form
        .map(|(address, ..)| address)
        .filter(|address| !OPEN.contains(&address.as_str()) && !is_silent(address))
        .filter(|address| !named.iter().any(|named| names(named, address)))
        .collect();
    assert!(never.is_empty(), "no test posts to {never:?}");
}

/// What stands in quotes and is an address, or its end behind a variable: `/staff/events`, `{here}/approve`.
fn addresses_in(code: &str) -> Vec<&str> {
    let parts = code.split('"');
    let is_address = |part: &&str| {
        (part.starts_with("/staff/") || (part.starts_with('{') && part.contains("}/")))
            && !part.contains(char::is_whitespace)
    };
    parts.filter(is_address).collect()
}

/// Whether what a test names is the route's `address`, or its end.
fn names(named: &str, address: &str) -> bool {
    let named: Vec<&str> = named
        .split('?')
        .next()
        .unwrap_or_default()
        .split('/')
        .collect();
    let address: Vec<&str> = address.split('/').collect();
    let (named, address) = match named.split_first() {
        // The variable holds the address up to there.
        Some((first, end)) if first.starts_with('{') && end.len() < address.len() => {
            (end, &address[address.len() - end.len()..])
        }
        _ => (named.as_slice(), address.as_slice()),
    };
    let is_same = |(named, part): (&&str, &&str)| named == part || part.starts_with('{');
    named.len() == address.len() && named.iter().zip(address).all(is_same)
}

#[test]
fn an_address_is_not_taken_for_another_that_ends_alike() {
    let code = r#"at("/staff/events/close"); format!("{here}/approve?x=1"); "a /b" "/staff/more""#;
    let named = addresses_in(code);
    assert_eq!(
        named,
        ["/staff/events/close", "{here}/approve?x=1", "/staff/more"]
    );
    assert!(names(named[0], "/staff/events/close"));
    assert!(!names(named[0], "/staff/topics/close"));
    assert!(names(named[1], "/staff/newsletters/{id}/approve"));
    assert!(!names(named[1], "/staff/newsletters/{id}/review"));
    assert!(names("/staff/people/7/link", "/staff/people/{id}/link"));
    assert!(!names("/staff/people/{}/link", "/staff/people"));
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
