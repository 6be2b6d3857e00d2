//! What the settings were when a form showed them: the form takes it along and brings it back, so that a page
//! that was opened before somebody else saved puts nothing back.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;

/// The name of the form's field.
pub const FIELD: &str = "seen";

/// A name and a fingerprint for each setting, as the form takes them along.
pub fn marks<'a>(shown: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let marks = shown
        .into_iter()
        .map(|(key, value)| format!("{key}:{}", fingerprint(&value)));
    marks.collect::<Vec<_>>().join(" ")
}

fn fingerprint(value: &str) -> String {
    HEXLOWER.encode(&digest(&SHA256, value.as_bytes()).as_ref()[..8])
}

/// What a form brought back.
#[derive(Debug, Default)]
pub struct Seen<'a>(HashMap<&'a str, &'a str>);

impl<'a> Seen<'a> {
    /// Of the field's value.
    pub fn read(marks: &'a str) -> Self {
        Self(
            marks
                .split(' ')
                .filter_map(|mark| mark.split_once(':'))
                .collect(),
        )
    }

    /// Whether the form showed a setting so; `None`: nobody knows.
    pub fn was(&self, key: &str, value: &str) -> Option<bool> {
        Some(*self.0.get(key)? == fingerprint(value))
    }
}

/// What whoever saves reads where somebody else was there first.
pub fn changed_meanwhile(value: &str) -> String {
    if value.is_empty() {
        return "Somebody else emptied this meanwhile. Save again to have yours.".to_owned();
    }
    format!("Somebody else changed this meanwhile, to “{value}”. Save again to have yours.")
}
