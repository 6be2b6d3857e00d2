//! What a field is called on the page that it stood on, for what was typed there and is shown on another one.

use super::{
    office::setting_label,
    source::known_source_setting,
    writing::{CHANGED, INTRO, PREVIEW},
};

/// The label of a field; of one that stands here under no name, the name in words.
#[must_use]
pub fn field_label(name: &str) -> String {
    let known = own_label(name)
        .or_else(|| setting_label(name))
        .or_else(|| known_source_setting(name));
    known.map_or_else(|| in_words(name), str::to_owned)
}

fn own_label(name: &str) -> Option<&'static str> {
    Some(match name {
        "alt" => "What it shows",
        "at" => "Date and time",
        "caption" => "Caption (optional)",
        "changed" => CHANGED,
        "client_id" => "Client ID",
        "comment" => "Comment",
        "consent" => "How they asked for it",
        "day" => "Election day",
        "deadline" => "Stop retrying after this many hours",
        "description" => "What it holds",
        "email" => "Email address",
        "folder" => "Folder",
        "host" => "Mail server",
        "hours" => "For how many hours?",
        "intro" => INTRO,
        "lines" => "Addresses",
        "name" => "Name",
        "new_email" => "New email address",
        "origin" => "Where do they come from?",
        "port" => "Port",
        "preview" => PREVIEW,
        "reason" => "How did they ask, and why? (optional)",
        "slug" => "Short name",
        "statuses" => "What a word for a status means",
        "subject" => "Subject",
        "text" => "Text",
        "url" => "Address",
        "user" => "User",
        _ => return None,
    })
}

/// `from_date` is "From date".
fn in_words(name: &str) -> String {
    let words = name.replace(['_', '-'], " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
