//! Importing a list of subscribers.

use maud::{Markup, html};

use super::{Frame, Section, count, page, people_of, problem, token};

/// The page with the upload and the earlier imports.
#[derive(Debug)]
pub struct ImportView {
    /// Around it.
    pub frame: Frame,
    /// The largest file.
    pub most_megabytes: usize,
    /// The newest first.
    pub batches: Vec<ImportBatchLine>,
    /// What went wrong.
    pub error: Option<String>,
    /// What was just done.
    pub report: Option<ImportOutcome>,
}

/// One import.
#[derive(Debug)]
pub struct ImportBatchLine {
    /// What undoes it.
    pub batch: String,
    /// In the office's zone.
    pub at: String,
    /// Who.
    pub by: String,
    /// The file.
    pub source: String,
    /// It was undone.
    pub undone: bool,
}

/// What an import did or would do.
#[derive(Debug)]
pub struct ImportOutcome {
    /// It is done; else it would be so.
    pub done: bool,
    /// What, and how many; those of nobody are not shown.
    pub numbers: Vec<(&'static str, u64)>,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// Lines with a problem.
    pub reasons: Vec<String>,
    /// Topics that it makes.
    pub new_topics: Vec<String>,
}

/// One list before it is imported.
#[derive(Debug)]
pub struct ImportLookView {
    /// Around it.
    pub frame: Frame,
    /// In the page's address.
    pub label: String,
    /// The file's name.
    pub name: String,
    /// The first people of it.
    pub sample: Vec<ImportSampleLine>,
    /// What importing it would do; none: it cannot be read as it is.
    pub report: Option<ImportOutcome>,
    /// How these people consented.
    pub consent: String,
    /// Whether it is chosen, short name, name.
    pub topics: Vec<(bool, String, String)>,
    /// `WORD=STATUS`, one on a line.
    pub statuses: String,
    /// Whether it is ticked that addresses that look mistyped are right; `None`: none does.
    pub as_written: Option<bool>,
    /// What stands in which column.
    pub columns: Vec<ImportColumnLine>,
    /// What went wrong.
    pub error: Option<String>,
}

/// One column of the list.
#[derive(Debug)]
pub struct ImportColumnLine {
    /// As the first line names it.
    pub name: String,
    /// The first that stands in it.
    pub example: String,
    /// Gazette knows the name.
    pub is_known: bool,
    /// The word for what a column of this name holds.
    pub meaning: &'static str,
    /// The word for what a person says that it holds; empty: nothing was said.
    pub chosen: String,
}

/// What a column may hold: the word for it in the form, and what stands in the list to choose from.
const MEANINGS: [(&str, &str); 12] = [
    ("email", "Email address"),
    ("status", "Status"),
    ("topics", "Topics or lists"),
    ("language", "Language"),
    ("zip", "ZIP code"),
    ("frequency", "How often they want emails"),
    ("consent", "How or when they signed up"),
    ("stays", "Whether they want our emails"),
    ("left", "Whether or when they unsubscribed"),
    ("bounced", "Whether or when mail bounced"),
    ("complained", "Whether or when they complained"),
    ("nothing", "Nothing needed"),
];

/// What stands in the list to choose from for a word; the word itself where there is none.
#[must_use]
pub fn meaning_label(word: &str) -> &str {
    let known = MEANINGS.iter().find(|(known, _)| *known == word);
    known.map_or(word, |(_, says)| says)
}

/// One person of the list.
#[derive(Debug)]
pub struct ImportSampleLine {
    /// Of the file.
    pub line: u64,
    /// As it stands there.
    pub email: String,
    /// Their status.
    pub status: &'static str,
    /// Their topics.
    pub topics: String,
}

/// See [`ImportView`].
#[must_use]
pub fn import(view: &ImportView) -> Markup {
    page(
        &view.frame,
        Section::Subscribers,
        "Import",
        &html! {
            p.back { a href="/staff/subscribers" { "Subscribers" } }
            h1 { "Import a list" }
            (problem(view.error.as_deref()))
            @if let Some(report) = &view.report { (outcome(report)) }
            p {
                "People who consented elsewhere: a file from a spreadsheet, or an export of listmonk, Keila, Mailchimp, Constant Contact, "
                "Ghost, GovDelivery, MailerLite, Substack or Gazette. Who left, bounced or complained there is kept as such and gets nothing."
            }
            form method="post" action="/staff/import" enctype="multipart/form-data" {
                (token(&view.frame.form_token))
                label for="list" { "The list" }
                p.hint id="list-hint" { "A file that your spreadsheet saves as CSV, of up to " (view.most_megabytes) " MB. You see what would be done before anything is." }
                input id="list" name="list" type="file" accept=".csv,.tsv,.txt,text/csv,text/plain" required aria-describedby="list-hint";
                button.primary { "Look at the list" }
            }
            @if !view.batches.is_empty() {
                section aria-labelledby="batches-title" {
                    h2 id="batches-title" { "Earlier imports" }
                    ol.cards { @for batch in &view.batches { li { (earlier(batch)) } } }
                }
            }
        },
    )
}

fn earlier(batch: &ImportBatchLine) -> Markup {
    html! {
        h3 { (batch.source) }
        p.state { (batch.at) " by " (batch.by) @if batch.undone { "; undone" } }
        @if !batch.undone {
            p.hint { "Takes back what this import did. What people did themselves since then stands. You see first whom it concerns." }
            p.go {
                a.danger href={ "/staff/import/undo?batch=" (batch.batch) } {
                    "Undo this import…" span.hidden { ": " (batch.source) ", " (batch.at) }
                }
            }
        }
    }
}

/// The step before an import is undone.
#[derive(Debug)]
pub struct ImportUndoView {
    /// Around it.
    pub frame: Frame,
    /// What undoes it.
    pub batch: String,
    /// The file.
    pub source: String,
    /// In the office's zone.
    pub at: String,
    /// Who came with it and would be gone.
    pub removed: u64,
    /// What would become of others, and of how many; those of nobody are not shown.
    pub others: Vec<(&'static str, u64)>,
}

/// See [`ImportUndoView`].
#[must_use]
pub fn import_undo(view: &ImportUndoView) -> Markup {
    let others = view.others.iter().filter(|(_, people)| *people > 0);
    let is_for_nobody = view.removed == 0 && others.clone().next().is_none();
    page(
        &view.frame,
        Section::Subscribers,
        "Undo an import",
        &html! {
            p.back { a href="/staff/import" { "Import a list" } }
            h1 { "Undo this import?" }
            p { strong { (view.source) } ", " (view.at) }
            @if view.removed > 0 {
                p.attention {
                    (people_of(view.removed)) " came with this import and would be removed, with all that is known of them. Who of them gets newsletters gets none any more."
                }
            } @else {
                p { "Nobody would be removed." }
            }
            @if is_for_nobody { p { "It changes nothing for anybody." } }
            dl { @for (what, people) in others { div { dt { (what) } dd { (count(*people)) } } } }
            p { "This cannot be undone. To have them back, import the list once more." }
            form method="post" action="/staff/import/undo" {
                (token(&view.frame.form_token))
                input type="hidden" name="batch" value=(view.batch);
                input type="hidden" name="confirmed" value="yes";
                button.primary.danger {
                    @if view.removed > 0 { "Undo the import and remove " (people_of(view.removed)) }
                    @else { "Undo the import" }
                }
            }
            p.go { a href="/staff/import" { "Keep it" } }
        },
    )
}

fn outcome(report: &ImportOutcome) -> Markup {
    html! {
        section aria-labelledby="outcome-title" {
            h2 id="outcome-title" { @if report.done { "Done" } @else { "What would be done" } }
            dl {
                @for (what, number) in &report.numbers {
                    @if *number > 0 { div { dt { (what) } dd { (count(*number)) } } }
                }
            }
            @if report.numbers.iter().all(|(_, number)| *number == 0) { p { "Nothing: nobody is in it." } }
            @for note in &report.notes { p { (note) } }
            @if !report.new_topics.is_empty() { p { "New topics: " (report.new_topics.join(", ")) "." } }
            @if !report.reasons.is_empty() {
                h3 { "Lines with a problem" }
                ul { @for reason in &report.reasons { li { (reason) } } }
            }
        }
    }
}

/// See [`ImportLookView`].
#[must_use]
pub fn import_look(view: &ImportLookView) -> Markup {
    page(
        &view.frame,
        Section::Subscribers,
        "Import",
        &html! {
            p.back { a href="/staff/import" { "Import a list" } }
            h1 { (view.name) }
            (problem(view.error.as_deref()))
            @if !view.sample.is_empty() { (sample(view)) }
            @if let Some(report) = &view.report { (outcome(report)) }
            form method="post" action={ "/staff/import/list/" (view.label) } {
                (token(&view.frame.form_token))
                label for="consent" { "How did these people consent?" }
                p.hint id="consent-hint" { "Kept as the evidence of each, such as: signed the list at the town hall on May 1, 2026." }
                textarea id="consent" name="consent" rows="2" aria-describedby="consent-hint" { (view.consent) }
                fieldset {
                    legend { "Topics" }
                    p.hint { "Choose none: those that the list names, or else all." }
                    @for (chosen, slug, name) in &view.topics {
                        label.choice { input type="checkbox" name="topic" value=(slug) checked[*chosen]; " " (name) }
                    }
                }
                @if let Some(chosen) = view.as_written {
                    label.choice {
                        input type="checkbox" name="as_written" value="yes" checked[chosen] aria-describedby="as-written-hint";
                        " Take addresses that look mistyped as they are written"
                    }
                    p.hint id="as-written-hint" { "Otherwise they are left out: correct them in the file, or tick this where they are right as they are." }
                }
                @if !view.columns.is_empty() {
                    details open[view.report.is_none() || view.columns.iter().any(|column| !column.chosen.is_empty())] {
                        summary { "Columns: what each holds" }
                        @for (at, column) in view.columns.iter().enumerate() { (column_choice(at, column)) }
                    }
                }
                details open[!view.statuses.is_empty() || view.report.is_none()] {
                    summary { "The list has words for a status that Gazette does not know" }
                    label for="statuses" { "What a word for a status means" }
                    p.hint id="statuses-hint" { "One on a line, such as: Gold member=confirmed. A status is confirmed, pending, unsubscribed, bounced, complained, blocked or skip. The word everybody stands for all of whom no column says it: everybody=unsubscribed." }
                    textarea id="statuses" name="statuses" rows="3" aria-describedby="statuses-hint" { (view.statuses) }
                }
                button name="act" value="look" { "Look again" }
                " "
                @if view.report.is_some() { button.primary name="act" value="import" { "Import this list" } }
            }
        },
    )
}

fn column_choice(at: usize, column: &ImportColumnLine) -> Markup {
    let id = format!("column-{at}");
    let known = MEANINGS.iter().find(|(word, _)| *word == column.meaning);
    let by_name = match known {
        Some((_, says)) if column.is_known && column.meaning != "nothing" => {
            format!("As its name says: {says}")
        }
        _ if column.is_known => "As its name says".to_owned(),
        _ => "Not used".to_owned(),
    };
    html! {
        label for=(id) { (if column.name.is_empty() { format!("Column {}", at + 1) } else { column.name.clone() }) }
        @if !column.example.is_empty() { p.hint id={ (id) "-hint" } { "Such as: " (column.example.chars().take(60).collect::<String>()) } }
        select id=(id) name="column" aria-describedby=[(!column.example.is_empty()).then(|| format!("{id}-hint"))] {
            option value="" selected[column.chosen.is_empty()] { (by_name) }
            @for (word, says) in &MEANINGS { option value=(word) selected[column.chosen == *word] { (says) } }
        }
    }
}

fn sample(view: &ImportLookView) -> Markup {
    html! {
        section aria-labelledby="sample-title" {
            h2 id="sample-title" { "The first people in it" }
            div.scroll role="group" aria-labelledby="sample-title" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "Line" } th scope="col" { "Address" } th scope="col" { "Status" } th scope="col" { "Topics" } } }
                    tbody {
                        @for line in &view.sample {
                            tr { td { (line.line) } th scope="row" { (line.email) } td { (line.status) } td { (line.topics) } }
                        }
                    }
                }
            }
        }
    }
}
