//! House rules: elections, the blackouts that they make, and the quarterly report.

use maud::{Markup, html};

use super::{Frame, Section, page, problem, token};

/// The blackout that today lies in, as the newsletter pages say it.
#[derive(Debug)]
pub struct BlackoutNotice {
    /// From when to when, and before which election.
    pub words: String,
    /// Why this newsletter may not go out in it; on the list of newsletters: none.
    pub blocked: Option<String>,
    /// Whether somebody has taken note for this newsletter.
    pub acknowledged: bool,
}

impl BlackoutNotice {
    /// Whether a send asks for the tick box.
    pub(super) fn asks(&self) -> bool {
        self.blocked.is_none() && !self.acknowledged
    }

    pub(super) fn banner(&self) -> Markup {
        html! {
            div.attention role="note" aria-label="Blackout" {
                p { strong { "Blackout: " } (self.words) "." }
                @if let Some(why) = &self.blocked {
                    p { strong { "This one may not go out now. " } (why) }
                } @else if self.acknowledged {
                    p { "Somebody has confirmed that this one goes out in it." }
                } @else {
                    p { "Newsletters to people who asked for them may go out; each send needs your confirmation." }
                }
                p.go { a href="/staff/house" { "Elections and blackouts" } }
            }
        }
    }
}

/// The page.
#[derive(Debug)]
pub struct HouseView {
    /// Around it.
    pub frame: Frame,
    /// Blackouts now and to come, in words, and whether each holds today.
    pub blackouts: Vec<(String, bool)>,
    /// Every election.
    pub elections: Vec<ElectionLine>,
    /// The kinds that there are.
    pub kinds: Vec<&'static str>,
    /// What was typed.
    pub form: ElectionForm,
    /// What went wrong.
    pub error: Option<String>,
    /// The office's zone.
    pub zone: String,
    /// Quarters to report on, the newest first.
    pub quarters: Vec<(String, String)>,
    /// The report of one of them.
    pub report: ReportTable,
}

/// One election.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words are the table's own")]
pub struct ElectionLine {
    pub id: i64,
    pub day: String,
    pub kind: &'static str,
    pub name: String,
    pub candidate: bool,
}

/// The form's fields as they were typed.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "the words are the table's own")]
pub struct ElectionForm {
    pub day: String,
    pub kind: String,
    pub name: String,
}

/// One quarter's report.
#[derive(Debug)]
pub struct ReportTable {
    /// Such as 2026Q3.
    pub quarter: String,
    /// The same as people say it.
    pub called: String,
    /// What went to the press list in it.
    pub lines: Vec<QuarterLine>,
}

/// One newsletter in the report.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words are the report's own")]
pub struct QuarterLine {
    pub id: i64,
    pub date: String,
    pub subject: String,
    pub news_release: bool,
    pub recipients: u64,
    pub unsolicited: u64,
    pub mass_communication: bool,
}

/// See [`HouseView`].
#[must_use]
pub fn house(view: &HouseView) -> Markup {
    page(
        &view.frame,
        Section::House,
        "House rules",
        &html! {
            h1 { "House rules" }
            (problem(view.error.as_deref()))
            (blackouts(view))
            (elections(view))
            (report(view))
            section aria-labelledby="press-title" {
                h2 id="press-title" { "Press list" }
                p { "Addresses of reporters and others who did not ask themselves. They are kept apart from the subscribers." }
                p.go { a href="/staff/press-list" { "Open the press list" } }
            }
        },
    )
}

fn blackouts(view: &HouseView) -> Markup {
    html! {
        section aria-labelledby="blackouts-title" {
            h2 id="blackouts-title" { "Blackouts" }
            p {
                "In the 60 days before an election in which the Member is a candidate, election day included, nothing may go "
                "to 500 people or more who did not ask for it. Newsletters to people who asked and confirmed go on; each needs "
                "a confirmation. Days are counted in the office’s time zone, " (view.zone) "."
            }
            @if view.blackouts.is_empty() {
                p { "There is none now and none to come. Enter the elections below." }
            } @else {
                ul {
                    @for (words, now) in &view.blackouts {
                        li { (words) @if *now { " " strong { "(now)" } } }
                    }
                }
            }
        }
    }
}

fn elections(view: &HouseView) -> Markup {
    html! {
        section aria-labelledby="elections-title" {
            h2 id="elections-title" { "Elections" }
            @if !view.elections.is_empty() {
                ul.cards {
                    @for election in &view.elections {
                        li {
                            h3 { (election.name) }
                            p.state {
                                (election.day) " · " (election.kind) " · "
                                @if election.candidate { "the Member is a candidate" } @else { "without the Member: no blackout" }
                            }
                            @if view.frame.admin {
                                form method="post" action={ "/staff/house/elections/" (election.id) "/remove" } {
                                    (token(&view.frame.form_token))
                                    button.danger { "Remove" span.hidden { " " (election.name) } }
                                }
                            }
                        }
                    }
                }
            }
            @if view.frame.admin { (form(view)) }
            @else { p { "An admin can enter elections." } }
        }
    }
}

fn form(view: &HouseView) -> Markup {
    let wrong = view.error.is_some();
    html! {
        h3 { "Enter an election" }
        form method="post" action="/staff/house/elections" {
            (token(&view.frame.form_token))
            label for="day" { "Election day" }
            input id="day" name="day" type="date" required value=(view.form.day) aria-describedby=[wrong.then_some("problem")];
            label for="kind" { "Kind" }
            select id="kind" name="kind" {
                @for kind in &view.kinds {
                    option value=(kind) selected[*kind == view.form.kind] { (kind) }
                }
            }
            label for="name" { "Name" }
            p.hint id="name-hint" { "As your office calls it, such as House CA-40." }
            input id="name" name="name" type="text" required autocomplete="off" value=(view.form.name)
                aria-describedby="name-hint";
            fieldset {
                legend { "Is the Member a candidate in it?" }
                label.choice for="candidate-yes" { input id="candidate-yes" type="radio" name="candidate" value="yes" checked; " Yes: it makes a blackout" }
                label.choice for="candidate-no" { input id="candidate-no" type="radio" name="candidate" value="no"; " No" }
            }
            button.primary { "Enter the election" }
        }
    }
}

fn report(view: &HouseView) -> Markup {
    let table = &view.report;
    html! {
        section aria-labelledby="report-title" {
            h2 id="report-title" { "Report for " (table.called) }
            p {
                "What went to the press list, for the quarterly report. From 500 people who did not ask and are not media on, "
                "it is a mass communication: the Commission wants a notice and a copy of each within two business days."
            }
            @if table.lines.is_empty() {
                p { "Nothing went to the press list in this quarter." }
            } @else {
                div.scroll role="group" aria-labelledby="report-title" tabindex="0" {
                    table aria-labelledby="report-title" {
                        thead { tr {
                            th scope="col" { "Date" } th scope="col" { "Subject" } th scope="col" { "News release" }
                            th scope="col" { "Recipients" } th scope="col" { "Count as unasked" } th scope="col" { "Mass communication" }
                        } }
                        tbody {
                            @for line in &table.lines {
                                tr {
                                    td { (line.date) }
                                    th scope="row" { a href={ "/staff/newsletters/" (line.id) } { (line.subject) } }
                                    td { (yes(line.news_release)) }
                                    td { (super::count(line.recipients)) }
                                    td { (super::count(line.unsolicited)) }
                                    td { (yes(line.mass_communication)) }
                                }
                            }
                        }
                    }
                }
            }
            p.go { a href={ "/staff/house/report.csv?quarter=" (table.quarter) } { "Download " (table.called) " for a spreadsheet (CSV)" } }
            form method="get" action="/staff/house" {
                label for="quarter" { "Another quarter" }
                select id="quarter" name="quarter" {
                    @for (quarter, called) in &view.quarters {
                        option value=(quarter) selected[*quarter == table.quarter] { (called) }
                    }
                }
                button { "Show" }
            }
        }
    }
}

fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
