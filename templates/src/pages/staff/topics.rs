//! Topics: what readers can choose.

use maud::{Markup, html};

use super::{Frame, Section, count, page, problem, token};

/// The page.
#[derive(Debug)]
pub struct TopicsView {
    /// Around it.
    pub frame: Frame,
    /// Whether this person may change topics.
    pub admin: bool,
    /// In their order, the archived ones last.
    pub topics: Vec<TopicLine>,
    /// What went wrong.
    pub error: Option<String>,
    /// What was typed for one more topic and could not be taken: name, short name, what it holds.
    pub typed: (String, String, String),
}

/// One topic.
#[derive(Debug)]
pub struct TopicLine {
    /// Short name.
    pub slug: String,
    /// As readers see it.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// Both as they are kept, whatever stands in the fields.
    pub kept: Kept,
    /// Readers may not choose it any more.
    pub archived: bool,
    /// Who gets it.
    pub subscribers: u64,
    /// One for each other language of the office.
    pub translations: Vec<TopicWords>,
}

/// A topic in another language.
#[derive(Debug)]
pub struct TopicWords {
    /// Its tag.
    pub language: String,
    /// Its name in itself.
    pub language_name: &'static str,
    /// Empty: not translated.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// Both as they are kept, whatever stands in the fields.
    pub kept: Kept,
}

/// What was kept when the page was made: by it one sees that somebody else changed it meanwhile.
#[derive(Debug)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub description: String,
}

impl Kept {
    fn fields(&self) -> Markup {
        html! {
            input type="hidden" name="name_shown" value=(self.name);
            input type="hidden" name="description_shown" value=(self.description);
        }
    }
}

/// See [`TopicsView`].
#[must_use]
pub fn topics(view: &TopicsView) -> Markup {
    page(
        &view.frame,
        Section::Subscribers,
        "Topics",
        &html! {
            p.back { a href="/staff/subscribers" { "Subscribers" } }
            h1 { "Topics" }
            (problem(view.error.as_deref()))
            p { "Readers choose from these, in this order. Whoever chooses nothing gets all of them." }
            ol.cards { @for topic in &view.topics { li { (one(view, topic)) } } }
            @if view.admin { (form(view)) }
        },
    )
}

fn one(view: &TopicsView, topic: &TopicLine) -> Markup {
    let id = |field: &str| format!("{field}-{}", topic.slug);
    html! {
        h2 { (topic.name) }
        p.state {
            (count(topic.subscribers)) " subscribers; short name " (topic.slug)
            @if topic.archived { "; archived: nobody can choose it any more" }
        }
        @if view.admin {
            form method="post" action="/staff/topics/change" {
                (token(&view.frame.form_token))
                input type="hidden" name="slug" value=(topic.slug);
                (topic.kept.fields())
                label for=(id("name")) { "Name" }
                input id=(id("name")) name="name" type="text" required autocomplete="off" value=(topic.name);
                label for=(id("description")) { "What it holds" }
                input id=(id("description")) name="description" type="text" autocomplete="off" value=(topic.description);
                button.primary name="act" value="save" { "Save" span.hidden { " " (topic.name) } }
                " "
                button name="act" value="first" { "Put first" span.hidden { " " (topic.name) } }
                " "
                @if topic.archived {
                    button name="act" value="restore" { "Bring back" span.hidden { " " (topic.name) } }
                } @else {
                    button name="act" value="archive" { "Archive" span.hidden { " " (topic.name) } }
                }
            }
            @if !topic.translations.is_empty() { (translations(view, topic)) }
        } @else if !topic.description.is_empty() {
            p { (topic.description) }
        }
    }
}

fn translations(view: &TopicsView, topic: &TopicLine) -> Markup {
    html! {
        details {
            summary { "In other languages" span.hidden { ": " (topic.name) } }
            p { "Leave the name empty where the topic is called the same." }
            @for words in &topic.translations {
                @let id = |field: &str| format!("{field}-{}-{}", topic.slug, words.language);
                form method="post" action="/staff/topics/change" {
                    (token(&view.frame.form_token))
                    input type="hidden" name="slug" value=(topic.slug);
                    input type="hidden" name="language" value=(words.language);
                    (words.kept.fields())
                    label for=(id("name")) { "Name in " span lang=(words.language) { (words.language_name) } }
                    input id=(id("name")) name="name" type="text" lang=(words.language) autocomplete="off" value=(words.name);
                    label for=(id("description")) { "What it holds, in " span lang=(words.language) { (words.language_name) } }
                    input id=(id("description")) name="description" type="text" lang=(words.language) autocomplete="off" value=(words.description);
                    button name="act" value="translate" { "Save" span.hidden { " " (topic.name) " in " (words.language_name) } }
                }
            }
        }
    }
}

fn form(view: &TopicsView) -> Markup {
    let (name, slug, description) = &view.typed;
    html! {
        section aria-labelledby="add-title" {
            h2 id="add-title" { "Add a topic" }
            form method="post" action="/staff/topics" {
                (token(&view.frame.form_token))
                label for="name" { "Name" }
                input id="name" name="name" type="text" required autocomplete="off" value=(name);
                label for="slug" { "Short name" }
                p.hint id="slug-hint" { "Small letters, digits and hyphens, such as veterans. It never changes: readers’ mail programs sort by it." }
                input id="slug" name="slug" type="text" required pattern="[a-z0-9]([a-z0-9\\-]*[a-z0-9])?" autocomplete="off" value=(slug) aria-describedby="slug-hint";
                label for="description" { "What it holds" }
                input id="description" name="description" type="text" autocomplete="off" value=(description);
                button.primary { "Add topic" }
            }
        }
    }
}
