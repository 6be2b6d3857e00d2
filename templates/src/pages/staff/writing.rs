//! Writing: a new release, or a draft's text. Beside it stands the mail that readers would get of it: it follows
//! the typing where scripts run; where they do not, there is a button.

use maud::{Markup, html};

use super::{
    Frame, Section,
    changes::difference,
    mail_views::{mail_views, subject_hint},
    page,
    pictures::picture_form,
    problem, token,
};
use crate::document::{Document, diff::Paragraph, html as document_html};

/// What the form calls the line beside the subject.
pub const PREVIEW: &str = "First line in the mailbox";
/// What the form calls the differences of a correction.
pub const CHANGED: &str = "What changed";
/// What the form calls the office's word above the release.
pub const INTRO: &str = "A word above the release";

/// The page with the text field.
#[derive(Debug)]
pub struct WritingView {
    /// Around it.
    pub frame: Frame,
    /// What the page is for.
    pub heading: String,
    /// What comes of it, in a sentence or two.
    pub says: Option<&'static str>,
    /// Where the form goes.
    pub action: String,
    /// Where the page was come from: address and words.
    pub back: (String, String),
    /// What the button that keeps it says.
    pub keep: &'static str,
    /// The topics to choose from, for a new release: number, name, and whether it is chosen.
    pub topics: Vec<(i64, String, bool)>,
    /// What was typed as the subject.
    pub subject: String,
    /// What was typed as the text: Markdown.
    pub text: String,
    /// How often the text had been changed when it was opened.
    pub revision: Option<i32>,
    /// What tells whether a field still says what it said then.
    pub began: String,
    /// What tells this form from every other.
    pub once: String,
    /// Where the mail of what was typed is shown.
    pub mail: String,
    /// They asked to see the mail: a phone shows it first.
    pub look_first: bool,
    /// What was typed as the line beside the subject; none: it is not asked for.
    pub preview: Option<String>,
    /// Of a correction: what was typed as the difference, a line each.
    pub changed: Option<String>,
    /// What was typed as the office's word above the release, a paragraph on each line; none: it is not asked for.
    pub intro: Option<String>,
    /// What is wrong with it.
    pub error: Option<String>,
    /// What somebody else made of it meanwhile.
    pub conflict: Option<ConflictView>,
    /// Where the script keeps what is being typed.
    pub autosave: String,
    /// The largest picture.
    pub most_megabytes: usize,
    /// What they wrote here before, or write in another window, and did not save.
    pub unsaved: Vec<UnsavedView>,
}

/// A text that was saved while another was written.
#[derive(Debug)]
pub struct ConflictView {
    /// Who saved it; the office's own changes have Gazette's name.
    pub by: String,
    /// When, in the office's zone.
    pub at: String,
    /// Its subject.
    pub subject: String,
    /// What it says.
    pub document: Document,
    /// From it to what was typed.
    pub paragraphs: Vec<Paragraph>,
    /// The fields beside subject and text that say something in either.
    pub words: Vec<ConflictWords>,
}

/// A field beside subject and text, of a text that was saved while another was written.
#[derive(Debug)]
pub struct ConflictWords {
    /// What the form calls it.
    pub label: &'static str,
    /// What it says now.
    pub theirs: String,
    /// From it to what was typed.
    pub paragraphs: Vec<Paragraph>,
}

/// A text that was written and not saved.
#[derive(Debug)]
pub struct UnsavedView {
    /// What tells the form that it stood in from every other.
    pub form: String,
    /// When, in the office's zone.
    pub at: String,
    /// The subject.
    pub subject: String,
    /// Markdown.
    pub text: String,
    /// The line beside the subject.
    pub preview: String,
    /// Of a correction: what is different.
    pub changed: String,
    /// The office's word above the release.
    pub intro: String,
    /// The text that it began with.
    pub revision: Option<i32>,
    /// Of a new release: the topic that was chosen.
    pub topic: Option<i64>,
    /// What tells whether a field still says what it said when the form was opened.
    pub began: String,
}

/// What somebody wrote for a newsletter that takes no text any more: it was approved, or is out.
#[derive(Debug)]
pub struct TooLateView {
    /// Around it.
    pub frame: Frame,
    /// The newsletter's own page.
    pub newsletter: String,
    /// Why it takes none, and what can be done.
    pub why: &'static str,
    /// Where the script kept it.
    pub autosave: String,
    /// What they wrote.
    pub unsaved: Vec<UnsavedView>,
}

/// See [`TooLateView`].
#[must_use]
pub fn too_late(view: &TooLateView) -> Markup {
    page(
        &view.frame,
        Section::Newsletters,
        "What you wrote and did not save",
        &html! {
            p.back { a href=(view.newsletter) { "Back to the newsletter" } }
            h1 { "What you wrote and did not save" }
            p { (view.why) }
            @for text in &view.unsaved {
                (unsaved_text(&view.frame.form_token, &view.autosave, None, text))
            }
        },
    )
}

/// See [`WritingView`].
#[must_use]
pub fn writing(view: &WritingView) -> Markup {
    let section = match view.revision {
        Some(_) => Section::Newsletters,
        None => Section::Releases,
    };
    page(
        &view.frame,
        section,
        &view.heading,
        &html! {
            p.back { a href=(view.back.0) { (view.back.1) } }
            h1 { (view.heading) }
            @if let Some(says) = view.says { p { (says) } }
            (problem(view.error.as_deref()))
            @if !view.unsaved.is_empty() { (unsaved(view)) }
            div.write {
                // Beside each other where there is room; on a phone one of them.
                fieldset.switch {
                    legend.hidden { "Show" }
                    input id="show-text" type="radio" name="show" value="text" checked[!view.look_first];
                    label for="show-text" { "Write" }
                    input id="show-preview" type="radio" name="show" value="preview" checked[view.look_first];
                    label for="show-preview" { "Preview" }
                }
                div.written {
                    (fields(view))
                    (picture_form(&view.frame.form_token, view.most_megabytes))
                    (link_form())
                    (described_form())
                    @if let Some(theirs) = &view.conflict { (conflict(theirs)) }
                }
                section.reads.mail aria-labelledby="preview-title" tabindex="0" {
                    h2 id="preview-title" { "Preview" }
                    (mail_views(&view.mail, None))
                    p.hint { a href=(view.mail) target="_blank" { "Open the mail in a new tab" } " to try its links." }
                }
            }
            script type="module" src="/staff/assets/writing.js" {}
        },
    )
}

fn fields(view: &WritingView) -> Markup {
    let wrong = view.error.is_some();
    html! {
        form method="post" action=(view.action) data-autosave=(view.autosave) {
            (token(&view.frame.form_token))
            @if let Some(revision) = view.revision {
                input type="hidden" name="revision" value=(revision);
            }
            input type="hidden" name="once" value=(view.once);
            @if !view.began.is_empty() { input type="hidden" name="began" value=(view.began); }
            @if view.topics.len() > 1 {
                label for="topic" { "Topic" }
                select id="topic" name="topic" {
                    @for (id, name, chosen) in &view.topics {
                        option value=(id) selected[*chosen] { (name) }
                    }
                }
            }
            label for="subject" { "Subject" }
            (subject_hint(&view.subject))
            input id="subject" name="subject" type="text" dir="auto" required value=(view.subject)
                aria-describedby=(if wrong { "subject-hint problem" } else { "subject-hint" });
            @if let Some(preview) = &view.preview {
                label for="preview-line" { (PREVIEW) }
                p.hint id="preview-line-hint" {
                    "What mailboxes show beside the subject. Empty: what the text says first."
                }
                input id="preview-line" name="preview" type="text" dir="auto" value=(preview)
                    aria-describedby="preview-line-hint";
            }
            @if let Some(changed) = &view.changed {
                label for="changed" { (CHANGED) }
                p.hint id="changed-hint" { "Stands first in the correction, one difference a line." }
                textarea id="changed" name="changed" rows="4" dir="auto" aria-describedby="changed-hint" { "\n" (changed) }
            }
            @if let Some(intro) = &view.intro {
                label for="intro" { (INTRO) }
                p.hint id="intro-hint" { "Optional, in your own words: it stands above the text, in the mail and in the archive. A paragraph on each line." }
                textarea id="intro" name="intro" rows="3" dir="auto" aria-describedby="intro-hint" { "\n" (intro) }
            }
            label for="text" id="text-label" { "Text" }
            p.hint id="text-hint" {
                span data-for-marks { "An empty line begins a new paragraph. " }
                span data-for-shown hidden { "Enter begins a new paragraph, and Shift with Enter a new line. " }
                "You can paste from Word or Google Docs, with pictures."
            }
            (toolbar())
            textarea.text id="text" name="text" rows="24" dir="auto" required
                data-paste="/staff/releases/paste" data-blocks="/staff/releases/blocks"
                aria-describedby=(if wrong { "text-hint problem" } else { "text-hint text-problem" }) { "\n" (view.text) }
            p.error id="text-problem" role="alert" {}
            p.pasted id="pasted" role="status" {}
            (marks())
            div.row {
                button name="action" value="preview" { "Preview" }
                button.primary name="action" value="keep" { (view.keep) }
            }
            p.hint id="kept" {}
        }
    }
}

/// Buttons that put the marks in; without a script one types them. The last one changes between the marks and the
/// text as it will look.
fn toolbar() -> Markup {
    html! {
        div.toolbar role="group" aria-label="Format the text" hidden {
            @for (mark, label) in [
                ("bold", "Bold"), ("italic", "Italic"), ("heading", "Heading"), ("list", "List"),
                ("numbers", "Numbered list"), ("quote", "Quote"), ("link", "Link"), ("picture", "Picture"),
            ] {
                button type="button" data-mark=(mark) { (label) }
            }
            button type="button" data-form hidden { "Show as it will look" }
        }
    }
}

/// What the script asks for a link.
fn link_form() -> Markup {
    html! {
        dialog id="link-form" aria-labelledby="link-title" {
            form method="dialog" novalidate {
                h2 id="link-title" { "Link" }
                label for="link-address" { "Where it leads" }
                input id="link-address" type="text" inputmode="url" autocomplete="off" spellcheck="false" aria-describedby="link-problem";
                p.error id="link-problem" role="alert" {}
                label for="link-words" { "Words of the link" }
                input id="link-words" type="text" autocomplete="off";
                (answers("Set the link", "Take the link away"))
            }
        }
    }
}

/// What the script asks for a picture that stands in the text.
fn described_form() -> Markup {
    html! {
        dialog id="described-form" aria-labelledby="described-title" {
            form method="dialog" novalidate {
                h2 id="described-title" { "Picture" }
                label for="described-alt" { "What it shows" }
                input id="described-alt" type="text" autocomplete="off" aria-describedby="described-problem";
                p.error id="described-problem" role="alert" {}
                label for="described-caption" { "Caption (optional)" }
                input id="described-caption" type="text" autocomplete="off";
                (answers("Change it", "Remove the picture"))
            }
        }
    }
}

fn answers(take: &str, drop: &str) -> Markup {
    html! {
        div.row {
            button.primary { (take) }
            button type="button" data-answer="drop" { (drop) }
            button.quiet type="button" data-answer="close" { "Cancel" }
        }
    }
}

/// The way back to what they wrote and did not save, each text by itself.
fn unsaved(view: &WritingView) -> Markup {
    html! {
        section.next aria-labelledby="unsaved-title" {
            h2 id="unsaved-title" {
                @if view.unsaved.len() == 1 { "You wrote something here and did not save it" }
                @else { "You wrote " (view.unsaved.len()) " texts here and did not save them" }
            }
            p.hint { "It may still stand in another window." }
            @for text in &view.unsaved {
                (unsaved_text(&view.frame.form_token, &view.autosave, Some(&view.action), text))
            }
        }
    }
}

/// One of them; `go_on`: the form in which it can be written on.
fn unsaved_text(
    form_token: &str,
    autosave: &str,
    go_on: Option<&str>,
    text: &UnsavedView,
) -> Markup {
    html! {
        p { @if text.subject.trim().is_empty() { "Without a subject" } @else { strong { (text.subject) } } ", from " (text.at) }
        details open[go_on.is_none()] {
            summary { "Show it" span.hidden { ": " (text.subject) } }
            pre {
                (text.subject) "\n\n" (text.text)
                @for (label, words) in [(PREVIEW, &text.preview), (CHANGED, &text.changed), (INTRO, &text.intro)] {
                    @if !words.trim().is_empty() { "\n\n" (label) ": " (words) }
                }
            }
        }
        div.row {
            @if let Some(action) = go_on {
                // Another text comes: what stands in the form of this page is none of it.
                form method="post" action=(action) data-another {
                    (token(form_token))
                    @for (name, value) in [("once", &text.form), ("subject", &text.subject), ("text", &text.text), ("preview", &text.preview), ("changed", &text.changed), ("intro", &text.intro), ("began", &text.began)] {
                        input type="hidden" name=(name) value=(value);
                    }
                    @if let Some(revision) = text.revision { input type="hidden" name="revision" value=(revision); }
                    @if let Some(topic) = text.topic { input type="hidden" name="topic" value=(topic); }
                    button name="action" value="go-on" { "Go on with it" span.hidden { ": " (text.subject) } }
                }
            }
            form method="post" action={ (autosave) "/discard" } {
                (token(form_token))
                input type="hidden" name="once" value=(text.form);
                button.quiet { "Throw it away" span.hidden { ": " (text.subject) } }
            }
        }
    }
}

/// Both texts, so that whoever typed can decide; what they typed stands in the form above.
fn conflict(theirs: &ConflictView) -> Markup {
    html! {
        section aria-labelledby="theirs-title" {
            h2 id="theirs-title" { "What it says now" }
            p.hint { "Saved by " (theirs.by) ", " (theirs.at) "." }
            p { strong { (theirs.subject) } }
            @for words in &theirs.words {
                h3 { (words.label) }
                @for line in words.theirs.lines() { p { (line) } }
                @if words.theirs.trim().is_empty() { p.hint { "Empty" } }
            }
            @if !theirs.words.is_empty() { h3 { "Text" } }
            div.preview { (text_of(&theirs.document)) }
        }
        section aria-labelledby="difference-title" {
            h2 id="difference-title" { "What yours would change in it" }
            @for words in &theirs.words {
                h3 { (words.label) }
                div.diff { @for paragraph in &words.paragraphs { (difference(paragraph)) } }
            }
            @if !theirs.words.is_empty() { h3 { "Subject and text" } }
            div.diff { @for paragraph in &theirs.paragraphs { (difference(paragraph)) } }
        }
    }
}

/// What a text says, to be read beside another.
fn text_of(document: &Document) -> Markup {
    html! {
        div lang=(document.language) dir=(document.direction.as_str()) {
            (document_html::web(document))
        }
    }
}

fn marks() -> Markup {
    html! {
        details data-for-marks {
            summary { "Headings, lists, links and more" }
            dl.marks {
                @for (typed, means) in [
                    ("## Heading", "a heading"),
                    ("**bold** and *italic*", "emphasis"),
                    ("[the letter](https://…)", "a link; say what it leads to"),
                    ("- one item per line", "a list"),
                    ("1. one item per line", "a numbered list"),
                    ("> text", "a quotation"),
                    ("![what it shows](https://… \"caption\")", "an image"),
                    ("###", "the end of the release"),
                ] {
                    div { dt { code { (typed) } } dd.plain { (means) } }
                }
            }
        }
    }
}
