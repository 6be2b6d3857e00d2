//! The console's pages, in English. They work without scripts and hold at most one primary button:
//! whoever is in a hurry finds the next step without reading everything.

use maud::{DOCTYPE, Markup, html};

use super::layout::office_css_url;
use crate::amounts::{count, people as people_of};

mod audit;
mod badges;
mod changes;
mod checks;
mod deliverability;
mod events;
mod field_labels;
mod growth;
mod home;
mod house;
mod import;
mod kept;
mod mail_views;
mod newsletter;
mod newsletter_views;
mod newsletters;
mod office;
mod own_account;
mod passkey;
mod people;
mod pictures;
mod press_list;
mod provider;
mod readings;
mod rejected;
mod releases;
mod reported_senders;
mod returns;
mod review;
mod sending;
mod sending_fields;
mod sent_table;
mod sign_in;
mod source;
mod subscribers;
mod time_zones;
mod topics;
mod versions;
mod website_form;
mod writing;

pub use audit::{AuditLine, AuditView, audit};
pub use badges::Badge;
pub use changes::{AheadView, ChangeView, ChangesView, Step, changes};
pub use deliverability::{
    ConversationView, DeliverabilityView, DnsRecordView, FindingView, deliverability,
};
pub use events::{EventLine, EventsView, events};
pub use field_labels::field_label;
pub use growth::{GrowthView, GrowthWeek, growth};
pub use home::{HeldLine, HomeView, LastSent, Stand, Task, UnderWay, WaitingCard, home, more};
pub use house::{
    BlackoutNotice, ElectionForm, ElectionLine, HouseView, QuarterLine, ReportTable, house,
};
pub use import::{
    ImportBatchLine, ImportColumnLine, ImportLookView, ImportOutcome, ImportSampleLine,
    ImportUndoView, ImportView, import, import_look, import_undo, meaning_label,
};
pub use kept::{KeptView, NoticesView, is_in_a_field, kept, notice_words, notices, still_typed};
pub use mail_views::mail_text;
pub use newsletter::{CancelView, cancel, newsletter};
pub use newsletter_views::{
    Allowed, Approval, CheckView, CommentView, DeadlineView, ExceptionGroup, ExceptionView,
    InboxView, NewsletterView, NoteView, ProofView, ScheduleView, Stops, Ticked, Twice, UndoView,
};
pub use newsletters::{NewsletterLine, NewslettersView, newsletters};
pub use office::{LogoView, SettingField, SettingsView, setting_label, settings, translated_to};
pub use own_account::{
    AgainView, CodeView, EnrolmentView, ForgottenView, OwnAccountView, PasskeyLine, SessionLine,
    again, code, forgotten, own_account,
};
pub use passkey::{PasskeyView, passkey};
pub use people::{PeopleView, Person, people};
pub use pictures::{AddedPictureView, PicturesView, pictures};
pub use press_list::{ContactLine, PressListView, press_list};
pub use provider::{ProviderView, Ways, provider};
pub use readings::{ReadingsView, readings};
pub use releases::{
    EventSetAside, ReleaseLine, ReleasesView, SourceFoundView, SourceLine, releases,
};
pub use reported_senders::{SenderLine, SendersView, senders};
pub use returns::{
    MailboxForm, RateLine, ReturnItem, ReturnSetupView, ReturnView, ReturnsView, one_return,
    return_setup, returns,
};
pub use review::{Summary, review};
pub use sending::{ProgressView, progress};
pub use sent_table::{SentLine, SentMonth};
pub use sign_in::{LoginView, PasswordView, WelcomeView, login, password, welcome};
pub use source::{SourceView, source, source_setting};
pub use subscribers::{
    CHANGED_EMAIL, Evidence, EvidenceLine, LEAVING_REASON, SURE, SubscribersView, THEIR_TOPICS,
    subscribers,
};
pub use topics::{Kept, TopicLine, TopicWords, TopicsView, topics};
pub use versions::{VersionLine, VersionsView, versions};
pub use website_form::{WebsiteFormView, website_form};
pub use writing::{
    CHANGED, ConflictView, ConflictWords, INTRO, PREVIEW, TooLateView, UnsavedView, WritingView,
    too_late, writing,
};

/// The console's own style sheet.
pub const CONSOLE_CSS: &str = include_str!("../../../assets/console.css");
/// Refreshes the progress of a newsletter; without it there is a button.
pub const CONSOLE_JS: &str = include_str!("../../../assets/console.js");
/// What the pages have on which a text is written: without it one types Markdown into a text field.
pub const WRITING_JS: &str = include_str!("../../../assets/writing.js");
/// What a person does in the text as it will look; [`WRITING_JS`] loads it.
pub const EDITOR_JS: &str = include_str!("../../../assets/editor.js");
/// Shows that text and keeps its Markdown in step; [`EDITOR_JS`] loads it.
pub const EDITOR_SURFACE_JS: &str = include_str!("../../../assets/editor_surface.js");
/// What is done to its blocks; [`EDITOR_JS`] loads it.
pub const EDITOR_BLOCKS_JS: &str = include_str!("../../../assets/editor_blocks.js");
/// From that text to Markdown; [`EDITOR_SURFACE_JS`] loads it.
pub const EDITOR_MARKDOWN_JS: &str = include_str!("../../../assets/editor_markdown.js");

/// What every page of someone who is signed in shows around its content.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The office's name.
    pub office: String,
    /// The office's colour, as `#rrggbb`.
    pub colour: String,
    /// Who is signed in.
    pub email: String,
    /// Their role.
    pub role: &'static str,
    /// Whether the pages for admins are theirs.
    pub admin: bool,
    /// Whether what editors do is theirs.
    pub editor: bool,
    /// For every form.
    pub form_token: String,
    /// What was done just before, to be announced.
    pub done: Option<String>,
}

/// The pages of the main navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Home,
    Newsletters,
    Releases,
    Subscribers,
    Returns,
    House,
    Settings,
    Deliverability,
    Staff,
    Audit,
    Account,
    More,
}

const SECTIONS: [(Section, &str, &str, bool); 10] = [
    (Section::Home, "/staff", "Home", false),
    (
        Section::Newsletters,
        "/staff/newsletters",
        "Newsletters",
        false,
    ),
    (Section::Releases, "/staff/releases", "Releases", false),
    (
        Section::Subscribers,
        "/staff/subscribers",
        "Subscribers",
        false,
    ),
    (Section::Returns, "/staff/returns", "What came back", false),
    (Section::House, "/staff/house", "House rules", false),
    (Section::Settings, "/staff/settings", "Settings", true),
    (
        Section::Deliverability,
        "/staff/deliverability",
        "Deliverability",
        true,
    ),
    (Section::Staff, "/staff/people", "Staff", true),
    (Section::Audit, "/staff/audit", "Log", true),
];

/// What stands in the bar at the foot of a phone.
const IN_THE_BAR: [Section; 3] = [Section::Home, Section::Newsletters, Section::Subscribers];

fn page(frame: &Frame, section: Section, title: &str, content: &Markup) -> Markup {
    reloading_page(frame, section, title, None, content)
}

/// A page that loads itself anew after some seconds, where no script brings it up to date.
fn reloading_page(
    frame: &Frame,
    section: Section,
    title: &str,
    seconds: Option<u32>,
    content: &Markup,
) -> Markup {
    let head = html! {
        @if let Some(seconds) = seconds {
            noscript { meta http-equiv="refresh" content=(seconds); }
        }
    };
    // Who cannot hear a notice being announced hears the title first.
    let done = frame.done.as_deref().unwrap_or_default();
    let said = if done.is_empty() { "" } else { " " };
    shell_about(
        &format!("{done}{said}{title} · {}", frame.office),
        Some(&frame.colour),
        &head,
        &html! {
            header.top {
                p.office { (frame.office) }
                div.me {
                    span { (frame.email) " (" (frame.role) ")" }
                    a href="/staff/account" aria-current=[(section == Section::Account).then_some("page")] { "Your account" }
                    a href="/staff/notices" { "Notifications" }
                    form method="post" action="/staff/logout" {
                        (token(&frame.form_token))
                        button.quiet { "Sign out" }
                    }
                }
                nav aria-label="Console" {
                    ul {
                        @for (target, href, label, admin) in SECTIONS {
                            @if !admin || frame.admin {
                                // A phone's bar has room for four; the rest stands behind "More".
                                li class=[(!IN_THE_BAR.contains(&target)).then_some("rare")] {
                                    a href=(href) aria-current=[(target == section).then_some("page")] { (label) }
                                }
                            }
                        }
                        li.more { a href="/staff/more" aria-current=[(section == Section::More).then_some("page")] { "More" } }
                    }
                }
            }
            main id="content" tabindex="-1" {
                @if let Some(done) = &frame.done {
                    p.done id="done" tabindex="-1" { (done) }
                }
                (content)
            }
        },
    )
}

fn shell(title: &str, body: &Markup) -> Markup {
    shell_about(title, None, &Markup::default(), body)
}

fn shell_about(title: &str, colour: Option<&str>, head: &Markup, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/staff/assets/console.css";
                @if let Some(colour) = colour { link rel="stylesheet" href=(office_css_url(colour)); }
                script src="/staff/assets/console.js" defer {}
                (head)
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                (body)
            }
        }
    }
}

/// A page that says one thing and leads on.
#[derive(Debug)]
pub struct Notice {
    /// The heading.
    pub title: String,
    /// One or two sentences.
    pub text: String,
    /// Where to go next: address and words.
    pub link: (String, String),
}

/// The heading and the words of a page that failed for no fault of who opened it.
pub const WENT_WRONG: (&str, &str) = (
    "Something went wrong",
    "Nothing is lost. Try again in a moment; if it stays, the person who runs Gazette finds the reason in its log.",
);

/// See [`Notice`].
#[must_use]
pub fn notice(view: &Notice) -> Markup {
    shell(
        &view.title,
        &html! {
            main.narrow id="content" tabindex="-1" {
                h1 { (view.title) }
                p { (view.text) }
                p.go { a href=(view.link.0) { (view.link.1) } }
            }
        },
    )
}

/// The button that shows addresses that are veiled.
fn unveil(form_token: &str, action: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            (token(form_token))
            p.hint { "Addresses are shown in part. The log notes who looks at all of them." }
            button { "Show the addresses" }
        }
    }
}

fn token(form_token: &str) -> Markup {
    html! { input type="hidden" name="form_token" value=(form_token); }
}

/// The same for one field, to which it leads.
fn problem_of_field(error: Option<&str>, field: &str) -> Markup {
    html! {
        @if let Some(error) = error {
            div.problem id="problem" tabindex="-1" {
                p { strong { "This needs a correction: " } a href={ "#" (field) } { (error) } }
            }
        }
    }
}

/// How something is, where what was asked does not fit it any more. Focus lands here after a POST.
fn as_it_is(words: Option<&str>) -> Markup {
    html! {
        @if let Some(words) = words {
            div.attention id="problem" tabindex="-1" { p { (words) } }
        }
    }
}

/// What is wrong with a form, above it; WCAG 3.3.1. Focus lands here after a POST.
fn problem(error: Option<&str>) -> Markup {
    html! {
        @if let Some(error) = error {
            div.problem id="problem" tabindex="-1" {
                p { strong { "This needs a correction: " } (error) }
            }
        }
    }
}
