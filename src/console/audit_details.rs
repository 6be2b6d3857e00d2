//! What a line of the log says beside what was done, in plain words: its hashes, its JSON and its short names are for
//! the file, in which each line stands as it was written.

use gazette_templates::pages::staff::{notice_words, source_setting};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{browser_words::network_words, frame::shown, language_names::language_name};
use crate::{
    audit::Entry,
    clock::Timestamp,
    newsletters::{Counts, Proof},
    office_time::zone_name,
};

/// The details of a line in words; empty: there is nothing to say.
pub fn details_words(entry: &Entry, zone: &TimeZone) -> String {
    let details = entry.details.trim();
    if let Ok(value @ Value::Object(_)) = serde_json::from_str(details) {
        return json_words(&value);
    }
    let said = match entry.action.as_str() {
        "office.set" => setting_words(&entry.object, details, entry.at),
        "source.set" => each_pair(details, '=', |key, value| {
            format!("{}: {value}", source_setting(key))
        }),
        "staff.notices" => each_pair(details, ':', notice_words),
        "newsletter.seen" => check_words(details),
        "newsletter.deadline" => details.replace(" h", " hours"),
        "subscriber.import" | "subscriber.import_undo" => import_words(details),
        _ => details.to_owned(),
    };
    plain(&said, zone)
}

/// What was counted, and JSON of any other shape.
fn json_words(value: &Value) -> String {
    if let Ok(proof) = serde_json::from_value::<Proof>(value.clone()) {
        return proof_words(&proof);
    }
    if let Ok(counts) = serde_json::from_value::<Counts>(value.clone()) {
        return counts_words(counts);
    }
    value_words(value)
}

fn proof_words(proof: &Proof) -> String {
    let groups = proof
        .evidence
        .iter()
        .map(|group| format!("{} {}", group.people, group.words()));
    let groups = groups.collect::<Vec<_>>().join(", ");
    match proof.people {
        0 => "nobody".to_owned(),
        people => format!("{people} in all: {groups}"),
    }
}

fn counts_words(counts: Counts) -> String {
    let waiting = counts.queued + counts.claimed + counts.deferred;
    [
        (counts.accepted, "accepted by mail servers"),
        (counts.failed, "not delivered"),
        (
            counts.withdrawn,
            "unsubscribed before delivery, or not sent",
        ),
        (waiting, "not sent yet"),
    ]
    .into_iter()
    .filter(|(people, _)| *people > 0)
    .map(|(people, words)| format!("{people} {words}"))
    .collect::<Vec<_>>()
    .join(", ")
}

fn value_words(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.replace('_', " "),
        Value::Array(values) => values
            .iter()
            .map(value_words)
            .collect::<Vec<_>>()
            .join(", "),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| format!("{}: {}", name.replace('_', " "), value_words(value)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// What a setting was set to.
fn setting_words(object: &str, value: &str, at: Timestamp) -> String {
    let key = object.trim_start_matches("office/");
    match (key, value) {
        (_, "") => "emptied".to_owned(),
        (_, "true") => "on".to_owned(),
        (_, "false") => "off".to_owned(),
        ("logo", _) => "another picture".to_owned(),
        ("time-zone", name) => {
            TimeZone::get(name).map_or_else(|_| name.to_owned(), |zone| zone_name(&zone, at))
        }
        ("languages", tags) => {
            let names = tags.split(',').map(|tag| language_name(tag.trim()));
            names.collect::<Vec<_>>().join(", ")
        }
        _ => value.to_owned(),
    }
}

/// Pairs of a name and a value, separated by commas, each in words.
fn each_pair(details: &str, between: char, words: impl Fn(&str, &str) -> String) -> String {
    let is_key = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    // A value may hold commas itself: what is no pair belongs to the one before.
    let mut pairs: Vec<String> = Vec::new();
    for part in details.split(", ") {
        let pair = part.split_once(between).filter(|(name, _)| is_key(name));
        match (pair, pairs.last_mut()) {
            (Some((name, value)), _) => pairs.push(words(name.trim(), value.trim())),
            (None, Some(before)) => {
                before.push_str(", ");
                before.push_str(part);
            }
            (None, None) => pairs.push(part.to_owned()),
        }
    }
    pairs.join("; ")
}

/// What an import did, without its short words.
fn import_words(details: &str) -> String {
    details
        .replacen("batch ", "list ", 1)
        .replace(" suppressed", " never to be mailed")
        .replace(" wrong", " not understood")
        .replace(" known", " known already")
}

/// The checks that somebody said they saw: `links blackout@3`.
fn check_words(details: &str) -> String {
    let is_mark = |mark: &str| {
        let name = mark.split('@').next().unwrap_or_default();
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'-'))
    };
    if !details.split_whitespace().all(is_mark) {
        return details.to_owned();
    }
    let checks = details.split_whitespace().map(|mark| {
        mark.split('@')
            .next()
            .unwrap_or(mark)
            .replace(['_', '-'], " ")
    });
    checks.collect::<Vec<_>>().join(", ")
}

/// Words with what only a program reads put into what people say.
fn plain(text: &str, zone: &TimeZone) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut tokens = text.split_whitespace().peekable();
    while let Some(token) = tokens.next() {
        match token {
            // With its hash.
            "sha256" => {
                tokens.next();
                if let Some(before) = words.last_mut() {
                    let end = before.trim_end_matches([',', ';']).len();
                    before.truncate(end);
                }
            }
            "revision" if tokens.peek().is_some_and(|next| revision(next).is_some()) => {
                let number = tokens.next().and_then(revision).unwrap_or_default();
                words.push(format!("version {} of the text,", number + 1));
            }
            _ => words.push(plain_token(token, zone)),
        }
    }
    words.join(" ").trim_end_matches([',', ';']).to_owned()
}

/// `3,`: how often a text had been changed.
fn revision(token: &str) -> Option<u64> {
    token.trim_end_matches([',', ';', '.']).parse().ok()
}

fn plain_token(token: &str, zone: &TimeZone) -> String {
    let word = token.trim_end_matches([',', ';', ':', '.']);
    let end = &token[word.len()..];
    let network = network_words(word);
    let said = if let Ok(at) = word.parse::<Timestamp>() {
        shown(at, zone)
    } else if network != word {
        network
    } else if let Some((kind, number)) = numbered(word) {
        format!("{kind} {number}")
    } else {
        match word {
            "true" => "yes".to_owned(),
            "false" => "no".to_owned(),
            _ if is_short_name(word) => word.replace('_', " "),
            _ => return token.replace('"', "”"),
        }
    };
    said + end
}

/// `release_event/7`: what the log names by its number.
fn numbered(word: &str) -> Option<(String, &str)> {
    let (kind, number) = word.split_once('/')?;
    let is_one = is_word(kind) && number.bytes().all(|b| b.is_ascii_digit());
    (is_one && !number.is_empty()).then(|| (kind.replace('_', " "), number))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn is_short_name(word: &str) -> bool {
    word.contains('_') && is_word(word)
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveEnum, Iterable};

    use super::*;
    use crate::audit::Action;

    fn words(action: &str, object: &str, details: &str) -> String {
        let entry = Entry {
            id: 1,
            at: "2026-11-24T17:00:00Z".parse().unwrap(),
            who: "ana@example.gov".to_owned(),
            action: action.to_owned(),
            object: object.to_owned(),
            details: details.to_owned(),
        };
        details_words(&entry, &TimeZone::get("America/Los_Angeles").unwrap())
    }

    #[test]
    fn what_is_counted_set_and_seen_is_told_in_words() {
        let proof = r#"{"at":"2026-11-24T17:00:00Z","people":3,"evidence":[{"kind":"double_opt_in_form","consent_text":null,"people":2},{"kind":"import","consent_text":"asked on paper","people":1}],"all_opted_in":true}"#;
        let counts =
            r#"{"queued":0,"claimed":0,"accepted":12,"deferred":0,"failed":1,"withdrawn":0}"#;
        let hash = "ab".repeat(32);
        for (action, object, details, said) in [
            (
                "newsletter.list",
                "newsletter/1",
                proof,
                "3 in all: 2 signed up on the form and confirmed by mail, 1 imported with the stated consent “asked on paper”",
            ),
            (
                "newsletter.finish",
                "newsletter/1",
                counts,
                "12 accepted by mail servers, 1 not delivered",
            ),
            (
                "newsletter.approve",
                "newsletter/1",
                &format!("2026-11-24T18:00:00Z; revision 0, sha256 {hash}"),
                "Tue, Nov 24, 2026, 10:00 a.m. PST; version 1 of the text",
            ),
            ("office.set", "office/four-eyes", "true", "on"),
            ("office.set", "office/footer", "", "emptied"),
            (
                "office.set",
                "office/time-zone",
                "America/New_York",
                "Eastern time",
            ),
            (
                "source.set",
                "source/1",
                "include=Veterans, health",
                "Only releases about: Veterans, health",
            ),
            (
                "staff.notices",
                "staff/1",
                "draft: now, review: morning",
                "A new press release is ready to review: at once; Somebody asks for approval: in the morning",
            ),
            (
                "staff.sign_in_refused",
                "a…@example.gov",
                "second step, from 203.0.113.0/24",
                "second step, from network 203.0.113.x",
            ),
            (
                "newsletter.seen",
                "newsletter/1",
                "links release_news@3",
                "links, release news",
            ),
            (
                "newsletter.updated",
                "newsletter/1",
                "release_event/7: A bridge",
                "release event 7: A bridge",
            ),
            (
                "subscriber.import",
                "subscribers",
                "batch x7 ends: 2 imported, 1 known, 0 left elsewhere, 0 suppressed, 3 wrong",
                "list x7 ends: 2 imported, 1 known already, 0 left elsewhere, 0 never to be mailed, 3 not understood",
            ),
            (
                "anything.else",
                "x",
                r#"{"some_key":[true,null]}"#,
                "some key: yes, none",
            ),
        ] {
            assert_eq!(words(action, object, details), said);
        }
    }

    #[test]
    fn no_line_of_any_action_shows_what_only_programs_read() {
        let hash = "0f".repeat(32);
        let written = [
            format!("now; revision 2, sha256 {hash}"),
            r#"{"all_opted_in":true,"people":[{"kind":"double_opt_in"}],"more":false}"#.to_owned(),
            "press_list, General election".to_owned(),
            "release_event/4: A \"new\" bridge".to_owned(),
            "true".to_owned(),
            "as of 2026-11-24T17:00:00Z".to_owned(),
        ];
        for action in Action::iter().map(|action| action.to_value()) {
            for details in &written {
                let said = words(&action, "office/four-eyes", details);
                for code in ["{", "\"", "_", "sha256", "T17:", "true", "false", &hash] {
                    assert!(!said.contains(code), "{action}: {details}: {said}");
                }
            }
        }
    }
}
