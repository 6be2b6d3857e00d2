//! What came in from the office's site, and what is held back.

use maud::{Markup, html};

use super::{Frame, Section, count, page, problem, token};

/// The releases page.
#[derive(Debug)]
pub struct ReleasesView {
    /// Around it.
    pub frame: Frame,
    /// Where releases come from.
    pub sources: Vec<SourceLine>,
    /// The address typed into the form for a new source.
    pub url: String,
    /// Why it could not be added.
    pub error: Option<String>,
    /// What was found there, where somebody looked first.
    pub found: Option<SourceFoundView>,
    /// What was chosen to become of its releases.
    pub policy: String,
    /// The topics to choose from: short name, name, and whether it is chosen.
    pub topics: Vec<(String, String, bool)>,
    /// Whether this person may write one.
    pub write: bool,
    /// Whether this person may decide what becomes of a release.
    pub decide: bool,
    /// What happened to releases and could not be read.
    pub set_aside: Vec<EventSetAside>,
    /// Those that wait for a person, with the reason.
    pub held: Vec<ReleaseLine>,
    /// All others, the newest first.
    pub others: Vec<ReleaseLine>,
}

/// What stands at an address, before it is added.
#[derive(Debug)]
pub struct SourceFoundView {
    /// What it is, in words.
    pub what: String,
    /// What it calls itself.
    pub title: String,
    /// The newest of what it lists: title, and when it was published.
    pub items: Vec<(String, Option<String>)>,
    /// How many it lists.
    pub number: u64,
}

/// One source.
#[derive(Debug)]
pub struct SourceLine {
    /// Its number.
    pub id: i64,
    /// What it calls itself.
    pub title: String,
    /// Its address.
    pub url: String,
    /// What becomes of its releases, in plain words.
    pub policy: &'static str,
    /// The name of the topic whose readers get them.
    pub topic: String,
    /// When it was last looked at, in plain words.
    pub polled: String,
    /// What it was found to be.
    pub found: String,
    /// Its items that nothing could be made of, and why.
    pub set_aside: Vec<String>,
    /// What its hub does, in plain words.
    pub hub: Option<String>,
    /// What went wrong then.
    pub error: Option<String>,
}

/// Something that happened to a release and could not be read.
#[derive(Debug)]
pub struct EventSetAside {
    /// The event's number.
    pub id: i64,
    /// The release's title.
    pub title: String,
    /// When it was set aside.
    pub at: String,
    /// Why.
    pub reason: String,
}

/// One release.
#[derive(Debug)]
pub struct ReleaseLine {
    /// Its number.
    pub id: i64,
    /// Whether this person may decide about it now.
    pub decide: bool,
    /// Its title.
    pub title: String,
    /// Where it stands on the office's site.
    pub url: Option<String>,
    /// Its state and time in plain words.
    pub state: String,
    /// Why it is held.
    pub held_because: Option<String>,
    /// Whether two readings of its page can be compared.
    pub two_readings: bool,
    /// Whether this person may join it with versions in other languages.
    pub versions: bool,
}

/// See [`ReleasesView`].
#[must_use]
pub fn releases(view: &ReleasesView) -> Markup {
    page(
        &view.frame,
        Section::Releases,
        "Releases",
        &html! {
            h1 { "Releases" }
            @if view.write { p { a.button href="/staff/releases/new" { "Write a release" } } }
            @if view.held.is_empty() && view.others.is_empty() {
                p { "No press release has been seen yet." }
            }
            (events_set_aside(view))
            (group(view, "Waiting for your decision", &view.held))
            (sources(view))
            (group(view, "Recent releases", &view.others))
        },
    )
}

fn events_set_aside(view: &ReleasesView) -> Markup {
    html! {
        @if !view.set_aside.is_empty() {
            h2 { "Could not be read" }
            p { "Something happened to these releases, and Gazette could not read what. Newsletters of them that had not begun wait for approval. Compare each with the office’s page; then say that you have." }
            ul.cards {
                @for event in &view.set_aside {
                    li {
                        h3 { (event.title) }
                        p.state { "Set aside " (event.at) }
                        p.attention { (event.reason) }
                        @if view.decide {
                            form method="post" action={ "/staff/releases/events/" (event.id) "/dismiss" } {
                                (token(&view.frame.form_token))
                                button { "I have compared it" span.hidden { ": " (event.title) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn sources(view: &ReleasesView) -> Markup {
    html! {
        h2 { "Sources" }
        @if view.sources.is_empty() {
            p { "No source yet." @if !view.frame.admin { " An admin can add your website." } }
        } @else {
            ul.cards {
                @for source in &view.sources {
                    li {
                        h3 { a href=(source.url) rel="noreferrer" { (source.title) } }
                        @if !source.found.is_empty() { p.state { "Found " (source.found) "." } }
                        p.state { (source.policy) " · for readers of " (source.topic) " · " (source.polled) @if let Some(hub) = &source.hub { " · " (hub) } }
                        @if let Some(error) = &source.error { p.attention { (error) } }
                        (set_aside(&source.set_aside))
                        @if view.frame.admin {
                            p { a href={ "/staff/sources/" (source.id) "/settings" } { "Settings" span.hidden { " of " (source.title) } } }
                            form method="post" action={ "/staff/sources/" (source.id) "/remove" } {
                                (token(&view.frame.form_token))
                                button { "Remove source" span.hidden { ": " (source.title) } }
                            }
                        }
                    }
                }
            }
        }
        @if view.frame.admin { (new_source(view)) }
    }
}

fn set_aside(items: &[String]) -> Markup {
    html! {
        @if !items.is_empty() {
            details {
                summary { (items.len()) @if items.len() == 1 { " item was" } @else { " items were" } " set aside when it was last read" }
                ul { @for item in items { li { (item) } } }
            }
        }
    }
}

fn new_source(view: &ReleasesView) -> Markup {
    let wrong = view.error.is_some();
    html! {
        section aria-labelledby="add-title" {
            h2 id="add-title" { "Add a source" }
            (problem(view.error.as_deref()))
            @if let Some(found) = &view.found { (what_is_there(found)) }
            form method="post" action="/staff/sources" {
                (token(&view.frame.form_token))
                label for="url" { "Address" }
                p.hint id="url-hint" { "Of your site, of the page with the press releases, or of a feed: Gazette finds out what it is and says what it found. What is there now counts as seen and is not mailed." }
                input id="url" name="url" type="text" inputmode="url" autocomplete="off" required value=(view.url)
                    aria-invalid=[wrong.then_some("true")]
                    aria-describedby=(if wrong { "url-hint problem" } else { "url-hint" });
                @if view.topics.len() > 1 {
                    label for="topic" { "Topic" }
                    p.hint id="topic-hint" { "Its readers get the new releases. Single categories can go to other topics: the settings of the source say which." }
                    select id="topic" name="topic" required aria-describedby="topic-hint" {
                        option value="" { "Choose a topic" }
                        @for (slug, name, chosen) in &view.topics { option value=(slug) selected[*chosen] { (name) } }
                    }
                }
                fieldset {
                    legend { "What becomes of a new release" }
                    label.choice { input type="radio" name="policy" value="approve" checked[view.policy == "approve"]; " Wait for somebody’s approval" }
                    label.choice { input type="radio" name="policy" value="auto" checked[view.policy == "auto"]; " Send automatically unless a check fails" }
                    label.choice { input type="radio" name="policy" value="digest" checked[view.policy == "digest"]; " Gather it with others in one newsletter; its settings say when" }
                }
                div.row {
                    button name="act" value="look" { "Look first" }
                    button.primary name="act" value="add" { "Add the source" }
                }
            }
        }
    }
}

fn what_is_there(found: &SourceFoundView) -> Markup {
    html! {
        div.done id="done" tabindex="-1" {
            p { strong { "Found: " (found.what) } @if !found.title.is_empty() { ", “" (found.title) "”" } ". Nothing was added yet." }
            @if found.items.is_empty() { p { "It lists no release." } }
            @else {
                p { "It lists " (count(found.number)) @if found.number == 1 { " release" } @else { " releases, the newest first" } ":" }
                ul {
                    @for (title, at) in &found.items { li { (title) @if let Some(at) = at { " · " (at) } } }
                }
            }
        }
    }
}

fn group(view: &ReleasesView, title: &str, lines: &[ReleaseLine]) -> Markup {
    html! {
        @if !lines.is_empty() {
            h2 { (title) }
            ul.cards {
                @for line in lines {
                    li {
                        h3 {
                            @if let Some(url) = &line.url { a href=(url) rel="noreferrer" { (line.title) } }
                            @else { (line.title) }
                        }
                        p.state { (line.state) }
                        @if let Some(reason) = &line.held_because { p.attention { (reason) } }
                        @if line.two_readings {
                            p.go { a href={ "/staff/releases/" (line.id) "/readings" } { "Compare both readings" span.hidden { " of " (line.title) } } }
                        }
                        @if line.versions {
                            p.go { a href={ "/staff/releases/" (line.id) "/languages" } { "Versions in other languages" span.hidden { " of " (line.title) } } }
                        }
                        @if line.decide { (decision(view, line)) }
                    }
                }
            }
        }
    }
}

fn decision(view: &ReleasesView, line: &ReleaseLine) -> Markup {
    html! {
        div.row {
            @for (what, words) in [("release", "Approve release"), ("drop", "Don’t send")] {
                form method="post" action={ "/staff/releases/" (line.id) "/" (what) } {
                    (token(&view.frame.form_token))
                    button { (words) span.hidden { ": " (line.title) } }
                }
            }
        }
    }
}
