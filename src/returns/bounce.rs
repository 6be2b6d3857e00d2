//! From evidence to a decision: the statements that a bounce makes, by their precedence (B5).
//!
//! The diagnosis of the system that refused comes first, then the words around the recipient in the
//! notice, then the status code. A status code alone is weak: Sendmail and its kin write 5.1.1 for
//! every 550, whatever its words said.

use super::{
    delivery_status::RecipientStatus,
    notice::{self, Named},
    opened::Opened,
};
use crate::delivery::reply_class::{
    ReplyAction, ReplyClass, ReplyVerdict, Stage, Statement, Strength, classify, first_codes,
    stage_of,
};

/// What was decided for one recipient, and by what.
#[derive(Debug)]
pub(super) struct Decision {
    pub class: ReplyClass,
    pub action: ReplyAction,
    pub status: Option<String>,
    pub diagnosis: String,
    pub source: &'static str,
}

/// Octets of a diagnosis that are kept.
const DIAGNOSIS_OCTETS: usize = 1_000;

/// Decides by a machine-readable report and the notice beside it.
pub(super) fn by_report(status: &RecipientStatus, section: &str, all: &str) -> Decision {
    let section: &str = &notice::without_consequences(section);
    let all: &str = &notice::without_consequences(all);
    let diagnosis = if status.diagnosis.is_empty() {
        section
    } else {
        &status.diagnosis
    };
    let by = format!("{} {}", status.remote_mta, status.diagnosis_type);
    let given = first_codes(&status.status).1;
    let mut statement = Statement::from_words(&status.diagnosis, &by);
    if statement.stage == Stage::Unknown {
        statement.stage = stage_of(section);
    }
    // A report says "failed" or "delayed" in its own field.
    // Some write "error" there: only what RFC 3464 §2.3.3 calls otherwise is otherwise.
    let failed = !["delayed", "delivered", "relayed", "expanded"].contains(&status.action.as_str());
    let spoken = (!status.diagnosis.is_empty()).then(|| classify(&statement));
    let around = (!section.trim().is_empty()).then(|| {
        let mut around = Statement::from_words(section, &by);
        around.stage = statement.stage;
        if statement.code.is_some() {
            (around.code, around.enhanced) = (statement.code, statement.enhanced);
        }
        classify(&around)
    });
    let coded = given.map(|enhanced| {
        classify(&Statement {
            stage: statement.stage,
            code: None,
            enhanced: Some(enhanced),
            words: "",
            by: &status.remote_mta,
            is_our_relay: false,
        })
    });
    // Only the status is left: 5.1.1 beside a 550 that carries no enhanced code of its own was made
    // from the 550 (Sendmail).
    let made_up = statement.code.is_some() && statement.enhanced.is_none();
    let whole = || {
        let words = Statement::from_words(all, &by);
        classify(&Statement {
            stage: statement.stage,
            ..words
        })
    };
    let in_words = |verdict: &ReplyVerdict| verdict.strength == Strength::Words;
    let by_code = |verdict: &ReplyVerdict| verdict.strength == Strength::Code;
    let suppresses = |verdict: &ReplyVerdict| verdict.class.action(true) == ReplyAction::Suppress;
    let verdict = spoken
        .filter(in_words)
        // A code that would suppress gives way to plain words that would not.
        .or_else(|| around.filter(in_words).filter(|around| !suppresses(around)))
        .filter(|_| !spoken.is_some_and(|spoken| by_code(&spoken) && !suppresses(&spoken)))
        .or_else(|| spoken.filter(by_code))
        .or_else(|| around.filter(in_words))
        .or_else(|| Some(whole()).filter(in_words).filter(|_| spoken.is_none()))
        .or_else(|| coded.filter(by_code).filter(|_| !made_up))
        .or_else(|| strongest([spoken, around, coded.filter(|_| !made_up)]))
        .or_else(|| coded.filter(|coded| !suppresses(coded)))
        .unwrap_or_else(whole);
    let permanent = statement
        .permanent()
        .or_else(|| given.map(|(class, _, _)| class == 5))
        .or(verdict.permanent)
        .unwrap_or(failed);
    let class = verdict.class;
    Decision {
        class,
        action: class.action(permanent && failed),
        status: statement
            .enhanced
            .or(given)
            .map(|(class, subject, detail)| format!("{class}.{subject}.{detail}")),
        diagnosis: one_line(diagnosis),
        source: verdict.source,
    }
}

/// Decides by a notice alone.
pub(super) fn by_notice(opened: &Opened, named: Option<&Named>, all: &[Named]) -> Decision {
    let section = named.map_or("", |named| notice::section(&opened.notice, named, all));
    let section: &str = &notice::without_consequences(section);
    let by = opened.headers.get("from").unwrap_or_default();
    let words: &str = &notice::without_consequences(&opened.notice);
    let near = Statement::from_words(section, by);
    let whole = Statement::from_words(words, by);
    let subject = without_our_subject(opened);
    let subject = Statement::from_words(&subject, "");
    let verdicts = [
        (!section.trim().is_empty()).then(|| (classify(&near), near)),
        Some((classify(&whole), whole)),
        Some((classify(&subject), subject)),
    ];
    let (verdict, statement) = verdicts
        .into_iter()
        .flatten()
        .min_by_key(|(verdict, _)| verdict.strength)
        .unwrap_or((classify(&whole), whole));
    let permanent = statement.permanent().or(whole.permanent()).unwrap_or(true);
    let enhanced = statement.enhanced.or(whole.enhanced);
    Decision {
        class: verdict.class,
        action: verdict.class.action(permanent),
        status: enhanced.map(|(class, subject, detail)| format!("{class}.{subject}.{detail}")),
        diagnosis: one_line(if section.trim().is_empty() {
            &opened.notice
        } else {
            section
        }),
        source: verdict.source,
    }
}

/// What the bounce's own subject says, without ours: behind "Undeliverable:" stands what we wrote.
fn without_our_subject(opened: &Opened) -> String {
    let subject = opened.headers.get("subject").unwrap_or_default();
    let original = opened.original.get("subject").unwrap_or_default();
    let subject = if original.is_empty() {
        subject.to_owned()
    } else {
        subject.replace(original, "")
    };
    match subject.split_once(':') {
        Some((before, _)) if super::signs::says_failure(&before.to_lowercase()) => {
            before.to_owned()
        }
        _ => subject,
    }
}

fn strongest(verdicts: [Option<ReplyVerdict>; 3]) -> Option<ReplyVerdict> {
    verdicts
        .into_iter()
        .flatten()
        .filter(|verdict| verdict.strength < Strength::Nothing)
        .min_by_key(|verdict| verdict.strength)
}

/// White space folded, and short enough for a page.
fn one_line(text: &str) -> String {
    let text = super::opened::cut(text, DIAGNOSIS_OCTETS * 2);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = super::opened::cut(&line, DIAGNOSIS_OCTETS);
    line.chars().filter(|c| !c.is_control()).collect()
}
