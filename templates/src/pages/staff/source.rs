//! One source's settings.

use maud::{Markup, html};

use super::{Frame, Section, page, token};

/// The settings page of a source.
#[derive(Debug)]
pub struct SourceView {
    /// Around it.
    pub frame: Frame,
    /// Its number.
    pub id: i64,
    /// What it calls itself.
    pub title: String,
    /// The topics: slug and name.
    pub topics: Vec<(String, String)>,
    /// Key and value of every setting, as it stands or as it was typed.
    pub values: Vec<(&'static str, String)>,
    /// What the settings are, for the form to bring back.
    pub seen: String,
    /// What is wrong, in one sentence.
    pub error: Option<String>,
}

/// What a setting is called on the page.
#[must_use]
pub fn source_setting(key: &str) -> &'static str {
    known_source_setting(key).unwrap_or("Setting")
}

/// The same; `None`: it is none.
pub(super) fn known_source_setting(key: &str) -> Option<&'static str> {
    Some(match key {
        "policy" => "What becomes of a new release",
        "settle" => "Settle time in seconds",
        "digest" => "When they are made",
        "digest-at" => "At",
        "digest-approval" => "Approval of digests",
        "topic" => "Topic",
        "categories" => "Categories with topics of their own",
        "include" => "Only releases about",
        "exclude" => "No releases about",
        "every" => "Seconds between looks",
        _ => return None,
    })
}

impl SourceView {
    fn value(&self, key: &str) -> &str {
        let found = self.values.iter().find(|(known, _)| *known == key);
        found.map_or("", |(_, value)| value)
    }
}

/// See [`SourceView`].
#[must_use]
pub fn source(view: &SourceView) -> Markup {
    page(
        &view.frame,
        Section::Releases,
        "Settings of a source",
        &html! {
            p.back { a href="/staff/releases" { "All releases and sources" } }
            h1 { (view.title) }
            (super::problem(view.error.as_deref()))
            form method="post" action={ "/staff/sources/" (view.id) "/settings" } {
                (token(&view.frame.form_token))
                input type="hidden" name="seen" value=(view.seen);
                fieldset.group {
                    legend { (source_setting("policy")) }
                    @for (policy, words) in [
                        ("approve", "Wait for somebody’s approval"),
                        ("auto", "Send automatically unless a check fails"),
                        ("digest", "Gather it with others in one newsletter"),
                    ] {
                        (choice(view, "policy", policy, words))
                    }
                    (field(view, "settle", "How long a new release is watched before it counts as final; offices correct in the first minutes. 600 to 900 is usual."))
                }
                fieldset.group {
                    legend { "Digests" }
                    label for="digest" { (source_setting("digest")) }
                    select id="digest" name="digest" {
                        @for day in ["daily", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] {
                            option value=(day) selected[view.value("digest") == day] {
                                @if day == "daily" { "Every day" } @else { "Every " (day[..1].to_uppercase()) (day[1..]) }
                            }
                        }
                    }
                    (field(view, "digest-at", "In the office’s time zone, such as 17:00. Where nothing was published there is no digest."))
                    (choice(view, "digest-approval", "yes", "Each digest waits for somebody’s approval"))
                    (choice(view, "digest-approval", "no", "Send digests automatically"))
                }
                fieldset.group {
                    legend { "Which releases, and for whom" }
                    label for="topic" { (source_setting("topic")) }
                    select id="topic" name="topic" {
                        @for (slug, name) in &view.topics {
                            option value=(slug) selected[view.value("topic") == slug] { (name) }
                        }
                    }
                    (field(view, "categories", "CATEGORY=TOPIC, separated by commas, such as Veterans=veterans. Who asked for several topics of a release gets it once."))
                    (field(view, "include", "Words, or category:NAME, separated by commas. Leave empty for all."))
                    (field(view, "exclude", "Words, or category:NAME, separated by commas."))
                }
                fieldset.group {
                    legend { "For the person who runs Gazette" }
                    (field(view, "every", "10 to 86400."))
                }
                button.primary { "Save settings" }
            }
        },
    )
}

fn choice(view: &SourceView, key: &str, value: &str, words: &str) -> Markup {
    html! {
        label.choice { input type="radio" name=(key) value=(value) checked[view.value(key) == value]; " " (words) }
    }
}

fn field(view: &SourceView, key: &str, hint: &str) -> Markup {
    let hint_id = format!("{key}-hint");
    html! {
        label for=(key) { (source_setting(key)) }
        p.hint id=(hint_id) { (hint) }
        input id=(key) name=(key) type="text" autocomplete="off" value=(view.value(key)) aria-describedby=(hint_id);
    }
}
