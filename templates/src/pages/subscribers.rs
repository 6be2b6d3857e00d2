//! The pages of the sign-up flow: from the form to the preferences.

use maud::{Markup, html};

use super::{
    layout::{PROOF_URL, privacy_link},
    words::Words,
};

/// A topic to choose.
#[derive(Debug, Clone)]
pub struct TopicChoice {
    /// Short name: the form's value.
    pub slug: String,
    /// As readers see it.
    pub name: String,
    /// What it holds.
    pub description: String,
    /// Whether it is chosen.
    pub chosen: bool,
    /// How often it comes: a word of [`FREQUENCIES`].
    pub frequency: &'static str,
}

/// How often newsletters may come: the form's values.
pub const FREQUENCIES: [&str; 3] = ["each", "daily", "weekly"];

/// The id of what is said beside the choices.
const HOW_OFTEN_HINT: &str = "often-hint";

fn frequency_name(words: &Words, frequency: &str) -> &'static str {
    match frequency {
        "daily" => words.daily_summary,
        "weekly" => words.weekly_summary,
        _ => words.each_release,
    }
}

/// The choices of how often, short enough for a phone, which cuts what is too wide: [`HOW_OFTEN_HINT`] says the
/// rest. `of_topic` stands before each value, where the form has several.
fn frequencies(words: &Words, id: &str, of_topic: Option<&str>, present: &str) -> Markup {
    html! {
        select id=(id) name="frequency" aria-describedby=(HOW_OFTEN_HINT) {
            @for frequency in FREQUENCIES {
                @let value = of_topic.map_or_else(|| frequency.to_owned(), |slug| format!("{slug}={frequency}"));
                option value=(value) selected[frequency == present] { (frequency_name(words, frequency)) }
            }
        }
    }
}

/// The sign-up form.
#[derive(Debug)]
pub struct SignUp<'a> {
    /// Where the form is sent, as a path.
    pub action: &'a str,
    /// Whose news it is.
    pub office: &'a str,
    /// Where the privacy policy stands.
    pub privacy_url: &'a str,
    /// What there is to choose; with one topic there is no choice to show.
    pub topics: &'a [TopicChoice],
    /// What was typed.
    pub email: &'a str,
    /// How often, as it was chosen: a word of [`FREQUENCIES`].
    pub frequency: &'a str,
    /// Why the form came back; none: it is shown for the first time.
    pub returned: Option<Returned<'a>>,
    /// Says when the form was shown.
    pub nonce: &'a str,
    /// Tells the text that its sender agrees to from every other.
    pub consent_mark: &'a str,
    /// The languages to choose from.
    pub languages: &'a [&'static Words],
    /// What was mailed last, the newest first.
    pub latest: &'a [LatestNewsletter],
    /// Whether the ZIP code is asked for.
    pub asks_zip: bool,
    /// What was typed.
    pub zip: &'a str,
    /// The office's own questions, with what was answered.
    pub questions: &'a [(&'a str, &'a str)],
    /// Whether it leads on to what who is subscribed may do: not on a tablet that is passed around.
    pub leads_on: bool,
    /// The form on another site that it began with.
    pub elsewhere: Elsewhere<'a>,
}

/// A form on a site of the office's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Elsewhere<'a> {
    /// The page where it stands; empty: there is none.
    pub page: &'a str,
    /// Where readers go then; empty: to the page here.
    pub next: &'a str,
}

impl Elsewhere<'_> {
    /// Keeps it in a form of ours.
    fn fields(&self) -> Markup {
        html! {
            @for (name, value) in [("page", self.page), ("next", self.next)] {
                @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
            }
        }
    }
}

/// One of the newest newsletters: an example of what comes.
#[derive(Debug)]
pub struct LatestNewsletter {
    /// What it was called.
    pub subject: String,
    /// The language that it is in.
    pub language: String,
    /// Its own page, as a path.
    pub path: String,
}

/// The newest newsletters, the first one as an example of what comes.
fn latest(words: &Words, latest: &[LatestNewsletter]) -> Markup {
    html! {
        @if let Some(newest) = latest.first() {
            section aria-labelledby="latest" {
                h2 id="latest" { (words.latest) }
                ul class="archive" {
                    @for newsletter in latest {
                        li { a href=(words.link(&newsletter.path)) lang=(newsletter.language) { (newsletter.subject) } }
                    }
                }
                p { a href=(words.link(&newest.path)) { (words.see_example) } " · " a href=(words.link("/archive")) { (words.archive) } }
            }
        }
    }
}

/// An address as forms send it, which browsers check, and as people read it: they differ in the domain.
#[derive(Debug, Clone, Copy)]
pub struct Spelt<'a> {
    /// With an ASCII domain.
    pub mailed: &'a str,
    /// As it was typed.
    pub shown: &'a str,
}

/// Why the form came back, filled in as it was.
#[derive(Debug, Clone, Copy)]
pub enum Returned<'a> {
    /// The address is none.
    Wrong,
    /// There are several.
    Several,
    /// No mail can be sent to letters like those before its @.
    Letters,
    /// The address is one, but looks like another that was meant.
    Mistyped {
        /// The one that was probably meant.
        likely: Spelt<'a>,
        /// The one that was typed; none: it is no address, and cannot be kept.
        typed: Option<Spelt<'a>>,
    },
    /// It asks for what is not offered: the form of another site may be old, or have a misspelt name.
    NoSuchTopic,
    /// What its sender agrees to is not what stood in it any more.
    ConsentChanged,
    /// It was sent so fast, or with so much filled in, as programs do.
    OnceMore,
    /// Its sender wants to correct the address.
    Correct,
}

/// What the field of the address holds when its form comes back, and what is said beside it.
fn came_back<'a>(
    words: &Words,
    typed: &'a str,
    returned: Option<Returned<'a>>,
) -> (&'a str, Option<String>) {
    match returned {
        Some(Returned::Wrong) => (typed, Some(words.address_wrong.to_owned())),
        Some(Returned::Several) => (typed, Some(words.address_several.to_owned())),
        Some(Returned::Letters) => (typed, Some(words.address_letters.to_owned())),
        Some(Returned::Mistyped { likely, .. }) => {
            (likely.mailed, Some(words.did_you_mean(likely.shown)))
        }
        _ => (typed, None),
    }
}

/// Takes the address as it was typed, where it may be right.
fn keep_button(words: &Words, returned: Option<Returned<'_>>) -> Markup {
    html! {
        @if let Some(Returned::Mistyped { typed: Some(typed), .. }) = returned {
            button class="quiet" name="keep" value=(typed.mailed) { (words.keep_as_typed(typed.shown)) }
        }
    }
}

/// The sign-up form: purpose, sender, frequency, consent and privacy stand beside it (O1), nothing
/// is ticked for the reader, and it works without scripts.
#[must_use]
pub fn sign_up(words: &Words, form: &SignUp<'_>) -> Markup {
    let (email, error) = came_back(words, form.email, form.returned);
    let error = error.as_deref();
    let filled_in = if form.leads_on {
        FilledIn::Readers
    } else {
        FilledIn::Nobodys
    };
    html! {
        h1 { (words.sign_up_heading(whose_news(form.office))) }
        p class="lead" { (words.sign_up_value) }
        @if let Some(error) = error {
            div role="alert" { p class="error" { (words.wrong) ": " a href="#email" { (error) } } }
        }
        @if matches!(form.returned, Some(Returned::NoSuchTopic)) {
            div role="alert" { p class="error" { (words.no_such_topic) } }
        }
        @if matches!(form.returned, Some(Returned::ConsentChanged)) {
            div role="alert" { p class="error" { (words.consent_changed) } }
        }
        @if matches!(form.returned, Some(Returned::OnceMore)) {
            div class="consent" role="status" { p { strong { (words.once_more_title) } } p { (words.once_more) } }
        }
        form method="post" action=(form.action) autocomplete=[filled_in.of_form()] {
            (address_field("email", words.email, words, email, error, filled_in))
            (options(words, form))
            (about_fields(words, form.asks_zip, form.zip, form.questions, None, filled_in))
            // O7: a field that no person sees or reaches, and no assistive technology reads.
            div class="trap" aria-hidden="true" {
                label for="website" { (words.leave_empty) }
                input type="text" id="website" name="website" tabindex="-1" autocomplete="off";
            }
            input type="hidden" name="shown" value=(form.nonce);
            input type="hidden" name="consent" value=(form.consent_mark);
            (form.elsewhere.fields())
            button { (words.subscribe) }
            (keep_button(words, form.returned))
            div class="fine" {
                p { (words.consent(form.office)) }
                p { (words.frequency) " " a href=(privacy_link(words, form.privacy_url)) { (words.privacy) } }
            }
        }
        @if form.leads_on {
            p class="muted" { a href={ "/manage?lang=" (words.tag) } { (words.manage_title) } }
        }
        (latest(words, form.latest))
    }
}

/// Whose news it is, as people say it: not "from Office of Rep. Jane Doe".
fn whose_news(office: &str) -> &str {
    ["Office of ", "Oficina de "]
        .iter()
        .find_map(|prefix| office.strip_prefix(prefix))
        .unwrap_or(office)
}

/// What may be chosen, folded away: without any choice everything comes as it is published. Open where
/// something was chosen, or the form came back.
fn options(words: &Words, form: &SignUp<'_>) -> Markup {
    let has_choice = form.topics.len() > 1;
    let is_chosen =
        form.topics.iter().any(|topic| topic.chosen) || form.frequency != FREQUENCIES[0];
    html! {
        details class="options" open[is_chosen || form.returned.is_some()] {
            summary { (if has_choice { words.options } else { words.options_one_topic }) }
            @if has_choice {
                (topics(words, form.topics, Some(words.topics_hint)))
            }
            div class="field" {
                label for="frequency" { (words.how_often) }
                p class="hint" id=(HOW_OFTEN_HINT) { (words.how_often_hint) }
                (frequencies(words, "frequency", None, form.frequency))
            }
            @if form.languages.len() > 1 {
                div class="field" {
                    label for="lang" { (words.language) }
                    select id="lang" name="lang" {
                        @for language in form.languages {
                            option value=(language.tag) lang=(language.tag) selected[language.tag == words.tag] { (language.name) }
                        }
                    }
                }
            }
        }
    }
}

/// A question of the office's own, which runs its own way: its mark must not stand at the wrong end.
fn optional(words: &Words, question: &str) -> Markup {
    let said = words.optional(question);
    let (before, after) = said.split_once(question).unwrap_or((&said, ""));
    html! { (before) bdi { (question) } (after) }
}

/// What may be said beside the address.
fn about_fields(
    words: &Words,
    asks_zip: bool,
    zip: &str,
    questions: &[(&str, &str)],
    error: Option<&str>,
    filled_in: FilledIn,
) -> Markup {
    html! {
        @if asks_zip {
            div class="field" {
                label for="zip" { (words.optional(words.zip)) }
                p class="hint" id="zip-hint" { (words.zip_hint) }
                @if let Some(error) = error { p class="error" id="zip-error" { (error) } }
                input type="text" id="zip" name="zip" value=(zip) inputmode="numeric" autocomplete=(filled_in.with("postal-code")) maxlength="10"
                    aria-describedby=(if error.is_some() { "zip-hint zip-error" } else { "zip-hint" }) aria-invalid=[error.map(|_| "true")];
            }
        }
        @for (at, (question, answer)) in questions.iter().enumerate() {
            @let id = format!("about-{at}");
            div class="field" {
                label for=(id) { (optional(words, question)) }
                input type="hidden" name="asked" value=(question);
                input type="text" id=(id) name="about" value=(answer) maxlength="300";
            }
        }
    }
}

fn topics(words: &Words, topics: &[TopicChoice], hint: Option<&str>) -> Markup {
    html! {
        fieldset aria-describedby=[hint.map(|_| "topics-hint")] {
            legend { (words.topics) }
            @if let Some(hint) = hint { p class="hint" id="topics-hint" { (hint) } }
            @for topic in topics {
                label class="choice" {
                    input type="checkbox" name="topic" value=(topic.slug) checked[topic.chosen];
                    // A topic may run its own way: its signs must not stand at the wrong end.
                    span { bdi { (topic.name) } @if !topic.description.is_empty() { " – " bdi class="muted" { (topic.description) } } }
                }
            }
        }
    }
}

/// The page after a sign-up.
#[derive(Debug)]
pub struct CheckMail<'a> {
    /// As it was understood; none: it was asked by a link, and the page does not tell it.
    pub address: Option<Spelt<'a>>,
    /// What was asked for.
    pub topics: &'a [String],
    /// How often.
    pub frequency: &'a str,
    /// The ZIP code that was said beside the address.
    pub zip: &'a str,
    /// The office's own questions, with what was answered.
    pub about: &'a [(&'a str, &'a str)],
    /// Where the mail comes from.
    pub sender: &'a str,
    /// Says that the form was shown before.
    pub nonce: &'a str,
    /// The form on another site that it was asked with.
    pub elsewhere: Elsewhere<'a>,
    /// Until when the mail may take; none: it comes at once.
    pub late: Option<&'a str>,
    /// It was asked for once more: of that day's mails it may be one too many.
    pub is_resent: bool,
    /// What the browser may work out to have it at once, and with how many zero bits.
    pub question: Option<(&'a str, u32)>,
}

/// What was answered, kept in a form that asks nothing.
fn answered(about: &[(&str, &str)]) -> Markup {
    html! {
        @for (question, answer) in about.iter().filter(|(_, answer)| !answer.is_empty()) {
            input type="hidden" name="asked" value=(question);
            input type="hidden" name="about" value=(answer);
        }
    }
}

/// What was sent beside the address, kept in a form that asks nothing.
fn as_sent(words: &Words, sent: &CheckMail<'_>) -> Markup {
    html! {
        @for topic in sent.topics { input type="hidden" name="topic" value=(topic); }
        input type="hidden" name="frequency" value=(sent.frequency);
        @if !sent.zip.is_empty() { input type="hidden" name="zip" value=(sent.zip); }
        (answered(sent.about))
        input type="hidden" name="lang" value=(words.tag);
        input type="hidden" name="shown" value=(sent.nonce);
        (sent.elsewhere.fields())
    }
}

/// The one answer to every sign-up (O5): whatever is known of the address, it says the same.
#[must_use]
pub fn check_mail(words: &Words, sent: &CheckMail<'_>) -> Markup {
    let again = |field: Option<&str>, label: &str| {
        html! {
            form method="post" action="/subscribe" {
                input type="hidden" name="email" value=(sent.address.map(|address| address.mailed).unwrap_or_default());
                (as_sent(words, sent))
                @if let Some(field) = field { input type="hidden" name=(field) value="yes"; }
                button class="quiet" { (label) }
            }
        }
    };
    html! {
        h1 { (words.check_mail_title) }
        @if let Some(address) = sent.address {
            @let shown = address.shown;
            @let said = if sent.is_resent { words.resent_to(shown) } else { words.sending_to(shown) };
            @let (before, after) = said.split_once(shown).unwrap_or((&said, ""));
            p class="lead" role="status" { (before) strong { (shown) } (after) }
        } @else {
            p class="lead" role="status" { (words.check_mail) }
        }
        @if let Some(late) = sent.late { p class="consent" { strong { (late) } } }
        (sign_up_proof(words, sent))
        p { (words.from_sender(sent.sender)) }
        p class="muted" { (words.once_a_day) }
        @if sent.address.is_some() {
            (again(Some("correct"), words.correct_button))
            (again(Some("resend"), words.resend_button))
        }
    }
}

/// What the browser works out, and sends, to pass a crowd; nothing where nothing is asked.
fn proof(
    words: &Words,
    action: &str,
    address: &str,
    (question, bits): (&str, u32),
    fields: &Markup,
) -> Markup {
    html! {
        form id="proof" method="post" action=(action) data-bits=(bits) data-working=(words.proof_working) {
            input type="hidden" name="email" value=(address);
            input type="hidden" name="keep" value=(address);
            (fields)
            input type="hidden" name="question" value=(question);
            input type="hidden" name="answer" value="";
        }
        p id="proof-said" role="status" {}
        script src=(*PROOF_URL) defer {}
    }
}

fn sign_up_proof(words: &Words, sent: &CheckMail<'_>) -> Markup {
    let (Some(question), Some(address)) = (sent.question, sent.address) else {
        return html! {};
    };
    let fields = as_sent(words, sent);
    proof(words, "/subscribe", address.mailed, question, &fields)
}

/// A sign-up that could not be taken, from a network from which very many come; a browser that works for it may
/// pass all the same.
#[must_use]
pub fn busy(words: &Words, contact: &str, sent: Option<&CheckMail<'_>>) -> Markup {
    html! {
        (notice(words.busy_title, &words.busy(contact)))
        @if let Some(sent) = sent { (sign_up_proof(words, sent)) }
    }
}

/// The same of a link that was asked for.
#[must_use]
pub fn busy_link(
    words: &Words,
    contact: &str,
    address: &str,
    question: Option<(&str, u32)>,
) -> Markup {
    let action = format!("/manage?lang={}", words.tag);
    html! {
        (notice(words.busy_title, &words.busy(contact)))
        @if let Some(question) = question { (proof(words, &action, address, question, &html! {})) }
    }
}

/// The page after a sign-up at an event: without a word of whom, for the next person stands there.
#[must_use]
pub fn event_done(words: &Words, path: &str, late: Option<&str>) -> Markup {
    html! {
        h1 { (words.check_mail_title) }
        p class="lead" role="status" { (words.event_done) }
        @if let Some(late) = late { p class="consent" { strong { (late) } } }
        // Without the language of the guest before: the next one may speak another.
        form method="get" action=(path) { button { (words.event_next) } }
    }
}

/// A link to the page of an event that did not come through whole.
#[must_use]
pub fn incomplete_event(words: &Words) -> Markup {
    leads_to_form(words, words.incomplete_title, words.incomplete_event)
}

/// The page of an event that has ended.
#[must_use]
pub fn event_over(words: &Words, typed: &TypedAtEvent<'_>) -> Markup {
    if typed.email.is_empty() {
        return leads_to_form(words, words.event_over_title, words.event_over);
    }
    html! {
        h1 { (words.event_over_title) }
        p class="lead" role="status" { (words.event_over) }
        form method="post" action="/subscribe" {
            input type="hidden" name="lang" value=(words.tag);
            input type="hidden" name="email" value=(typed.email);
            @for topic in typed.topics { input type="hidden" name="topic" value=(topic); }
            input type="hidden" name="frequency" value=(typed.frequency);
            button { (words.sign_up) }
        }
    }
}

/// What somebody had filled in when the page of an event closed: the form of the site takes it on.
#[derive(Debug, Default)]
pub struct TypedAtEvent<'a> {
    /// The address; empty: nothing was sent.
    pub email: &'a str,
    /// `topic.slug` of what is ticked.
    pub topics: &'a [String],
    /// each, daily or weekly
    pub frequency: &'a str,
}

/// What is so, and the way to the form.
fn leads_to_form(words: &Words, title: &str, said: &str) -> Markup {
    html! {
        h1 { (title) }
        p class="lead" role="status" { (said) }
        p { a href=(words.link("/")) { (words.sign_up) } }
    }
}

/// The page after a link to manage a subscription was asked for.
#[must_use]
pub fn link_asked(words: &Words, said: &str, late: Option<&str>) -> Markup {
    html! {
        h1 { (words.check_mail_title) }
        p class="lead" role="status" { (said) }
        @if let Some(late) = late { p class="consent" { strong { (late) } } }
    }
}

/// What the button of the landing page confirms.
#[derive(Debug)]
pub struct AboutToConfirm {
    /// What its topics are called.
    pub topics: Vec<String>,
    /// How often they come: `each`, `daily` or `weekly`.
    pub frequency: &'static str,
}

/// The landing page of the confirmation link: it changes nothing; its button does (O4). `wanted`: what its link
/// stands for, where it can still be confirmed.
#[must_use]
pub fn confirm(
    words: &Words,
    office: &str,
    token: &str,
    wanted: Option<&AboutToConfirm>,
) -> Markup {
    html! {
        h1 { (words.confirm_title) }
        p class="lead" { (words.confirm_lead(office)) }
        @if let Some(wanted) = wanted {
            @let topics: Vec<&str> = wanted.topics.iter().map(String::as_str).collect();
            p { (words.confirm_topics(&words.listed(&topics))) }
            @if wanted.frequency != "each" {
                p { (words.how_often) " " strong { (frequency_name(words, wanted.frequency)) } }
            }
        }
        div class="consent" { p { (words.consent(office)) } }
        form method="post" action={ "/confirm/" (token) "?lang=" (words.tag) } {
            button { (words.confirm_button) }
        }
        p { (words.never_title) " " a href={ "/never/" (token) "?lang=" (words.tag) } { (words.never_button) } }
    }
}

/// What the button led to. The page leads on.
#[must_use]
pub fn confirmed(
    words: &Words,
    sender: &str,
    gets_something: bool,
    newest: &[LatestNewsletter],
) -> Markup {
    let lead = if gets_something {
        words.confirmed
    } else {
        words.confirmed_without_topic
    };
    html! {
        h1 { (words.confirmed_title) }
        p class="lead" role="status" { (lead) }
        p { (words.add_contact(sender)) }
        p { a href={ "/archive?lang=" (words.tag) } { (words.archive) } " · " a href=(words.link("/manage")) { (words.manage_title) } }
        (latest(words, newest))
    }
}

/// What a link that does not confirm leads to, whatever the reason: the way on is the same. A link
/// that may have been ours can be had anew without typing the address again (WCAG 3.3.7).
#[must_use]
pub fn link_over(words: &Words, token: &str) -> Markup {
    html! {
        h1 { (words.link_over_title) }
        p class="lead" role="status" { (words.link_over) }
        form method="post" action={ "/confirm/" (token) "/again?lang=" (words.tag) } {
            button { (words.again_button) }
        }
        p { a href={ "/?lang=" (words.tag) } { (words.sign_up) } }
    }
}

/// A link of a newsletter that did not come through whole.
#[must_use]
pub fn incomplete(words: &Words) -> Markup {
    html! {
        h1 { (words.incomplete_title) }
        p class="lead" role="status" { (words.incomplete) }
        p { a href={ "/manage?lang=" (words.tag) } { (words.new_link) } }
    }
}

/// The same of a confirmation mail.
#[must_use]
pub fn incomplete_confirmation(words: &Words) -> Markup {
    html! {
        h1 { (words.incomplete_title) }
        p class="lead" role="status" { (words.incomplete_confirm) }
        p { a href={ "/?lang=" (words.tag) } { (words.sign_up) } }
    }
}

/// The page behind "never write to me again": its button does it (O8).
#[must_use]
pub fn never(words: &Words, token: &str) -> Markup {
    html! {
        h1 { (words.never_title) }
        p class="lead" { (words.never_lead) }
        form method="post" action={ "/never/" (token) "?lang=" (words.tag) } {
            button { (words.never_button) }
        }
    }
}

/// The unsubscribe page: the same address takes the one click (H6). `topic` is what the button
/// leaves; none: everything.
#[must_use]
pub fn unsubscribe(words: &Words, office: &str, token: &str, topic: Option<&str>) -> Markup {
    let lead = match topic {
        Some(topic) => words.leave_topic_lead(topic, office),
        None => words.unsubscribe_lead(office),
    };
    html! {
        h1 { (words.unsubscribe_title) }
        p class="lead" { (lead) }
        form method="post" action={ "/unsubscribe/" (token) "?lang=" (words.tag) } {
            button { (words.unsubscribe_button) }
        }
        @if topic.is_some() { (leave_everything(words, token)) }
        p { a href=(words.link(&format!("/preferences/{token}"))) { (words.preferences_title) } }
    }
}

fn leave_everything(words: &Words, token: &str) -> Markup {
    html! {
        form method="post" action={ "/unsubscribe/" (token) "?lang=" (words.tag) } {
            input type="hidden" name="all" value="yes";
            button class="quiet" { (words.leave_everything) }
        }
    }
}

/// After leaving: `remaining` is what they still get; `undo`: what they agree to who take it back, where they can.
#[must_use]
pub fn left(
    words: &Words,
    title: &str,
    token: &str,
    remaining: &[&str],
    undo: Option<&str>,
) -> Markup {
    html! {
        h1 { (title) }
        @if remaining.is_empty() {
            p class="lead" role="status" { (words.unsubscribed) }
        } @else {
            p class="lead" role="status" { (words.left_topic(&words.listed(remaining))) }
            (leave_everything(words, token))
        }
        @if let Some(agreed_to) = undo {
            form method="post" action={ "/undo/" (token) "?lang=" (words.tag) } {
                button class="quiet" { (words.undo_button) }
                div class="fine" { p { (agreed_to) } }
            }
        } @else if remaining.is_empty() {
            p { a href={ "/?lang=" (words.tag) } { (words.sign_up) } }
        }
    }
}

/// What a link leads to whose address was joined into another: of that one it says nothing (H8). `sent`:
/// the link there was just asked for.
#[must_use]
pub fn joined(words: &Words, token: &str, sent: bool) -> Markup {
    html! {
        h1 { (words.joined_title) }
        p class="lead" role="status" { (words.joined) }
        @if sent {
            p class="consent" { (words.joined_sent) }
        } @else {
            form method="post" action={ "/unsubscribe/" (token) "?lang=" (words.tag) } {
                button { (words.joined_button) }
            }
        }
    }
}

/// Where the link in a mail to a new address leads when the subscription has ended meanwhile.
#[must_use]
pub fn change_over(words: &Words, email: &str) -> Markup {
    html! {
        h1 { (words.change_over_title) }
        p class="lead" role="status" { (words.change_over(email)) }
        p { a href={ "/?lang=" (words.tag) } { (words.sign_up) } }
    }
}

/// Where the button to take the leaving back leads when it is too late for it.
#[must_use]
pub fn undo_late(words: &Words) -> Markup {
    html! {
        h1 { (words.undo_late_title) }
        p class="lead" role="status" { (words.undo_late) }
        p { a href={ "/?lang=" (words.tag) } { (words.sign_up) } }
    }
}

/// What a subscriber may choose.
#[derive(Debug)]
pub struct Preferences<'a> {
    /// Of the newsletter's links.
    pub token: &'a str,
    /// The topics.
    pub choices: &'a [TopicChoice],
    /// The languages to choose from.
    pub languages: &'a [&'static Words],
    /// The one that they get mail in, which need not be the page's.
    pub language: &'a str,
    /// The choice was just saved.
    pub saved: bool,
}

/// The preferences of a subscriber, from a link in a newsletter. What only the mailbox's holder may
/// do takes a fresh link: newsletters are passed on.
#[must_use]
pub fn preferences(words: &Words, preferences: &Preferences<'_>) -> Markup {
    html! {
        h1 { (words.preferences_title) }
        (choose(words, preferences))
        p { (words.more_lead) " " a href={ "/manage?lang=" (words.tag) } { (words.new_link) } }
    }
}

fn choose(words: &Words, preferences: &Preferences<'_>) -> Markup {
    html! {
        @if preferences.saved { p class="consent" role="status" { (words.saved) } }
        p { (words.preferences_lead) }
        form method="post" action={ "/preferences/" (preferences.token) } {
            (topics(words, preferences.choices, None))
            div class="often" {
                p class="hint" id=(HOW_OFTEN_HINT) { (words.how_often_hint) " " (words.often_from) }
                @for topic in preferences.choices {
                    @let id = format!("frequency-{}", topic.slug);
                    div class="field" {
                        label for=(id) { (words.how_often_topic(&topic.name)) }
                        (frequencies(words, &id, Some(&topic.slug), topic.frequency))
                    }
                }
            }
            @if preferences.languages.len() > 1 {
                div class="field" {
                    label for="lang" { (words.language) }
                    select id="lang" name="lang" {
                        @for offered in preferences.languages {
                            option value=(offered.tag) lang=(offered.tag) selected[offered.tag == preferences.language] { (offered.name) }
                        }
                    }
                }
            }
            button { (words.save) }
        }
        (leave_everything(words, preferences.token))
    }
}

/// The page where a link to manage a subscription is asked for.
#[must_use]
pub fn ask_for_link(words: &Words, typed: &str, returned: Option<Returned<'_>>) -> Markup {
    let (email, error) = came_back(words, typed, returned);
    let error = error.as_deref();
    html! {
        h1 { (words.manage_title) }
        p class="lead" { (words.manage_lead) }
        @if let Some(error) = error {
            div role="alert" { p class="error" { (words.wrong) ": " a href="#email" { (error) } } }
        }
        form method="post" action={ "/manage?lang=" (words.tag) } {
            (address_field("email", words.email, words, email, error, FilledIn::Readers))
            button { (words.manage_button) }
            (keep_button(words, returned))
        }
    }
}

/// What a browser may fill in by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FilledIn {
    /// What its reader typed elsewhere (WCAG 1.3.5).
    Readers,
    /// Nothing: on a tablet that is passed around that would be the address of the one before, and the
    /// way back would show it.
    Nobodys,
}

impl FilledIn {
    /// The value of `autocomplete` for a field that holds this.
    fn with(self, what: &'static str) -> &'static str {
        match self {
            Self::Readers => what,
            Self::Nobodys => "off",
        }
    }

    /// The value of `autocomplete` for the form, which its other fields take over.
    fn of_form(self) -> Option<&'static str> {
        (self == Self::Nobodys).then_some("off")
    }
}

fn address_field(
    name: &str,
    label: &str,
    words: &Words,
    value: &str,
    error: Option<&str>,
    filled_in: FilledIn,
) -> Markup {
    let (hint, error_id) = (format!("{name}-hint"), format!("{name}-error"));
    let described = match error {
        Some(_) => format!("{hint} {error_id}"),
        None => hint.clone(),
    };
    html! {
        div class="field" {
            label for=(name) { (label) }
            p class="hint" id=(hint) { (words.email_hint) }
            @if let Some(error) = error { p class="error" id=(error_id) { (error) } }
            input type="email" id=(name) name=(name) value=(value) dir="ltr" autocomplete=(filled_in.with("email")) required maxlength="254"
                aria-describedby=(described) aria-invalid=[error.map(|_| "true")];
        }
    }
}

/// What a fresh link from the mailbox opens.
#[derive(Debug)]
pub struct Manage<'a> {
    /// Of the fresh link.
    pub token: &'a str,
    /// Whose page it is.
    pub email: &'a str,
    /// What may be chosen; none: not subscribed.
    pub preferences: Option<Preferences<'a>>,
    /// They asked never to be written to.
    pub never: bool,
    /// Another address took the subscription over: the token of the link that says so.
    pub joined: Option<&'a str>,
    /// The new address as it was typed.
    pub new: &'a str,
    /// Why it came back.
    pub returned: Option<Returned<'a>>,
    /// What the office asks of its readers; none: nothing.
    pub about: Option<About<'a>>,
}

/// What somebody said of themselves, to be changed.
#[derive(Debug)]
pub struct About<'a> {
    /// Whether the ZIP code is asked for.
    pub asks_zip: bool,
    /// What is kept, or was typed.
    pub zip: &'a str,
    /// The office's own questions, with what was answered.
    pub questions: &'a [(&'a str, &'a str)],
    /// It was just saved.
    pub saved: bool,
    /// What was typed is no ZIP code.
    pub wrong_zip: bool,
}

fn about(words: &Words, action: &str, about: &About<'_>) -> Markup {
    let error = about.wrong_zip.then_some(words.zip_wrong);
    html! {
        h2 { (words.about_title) }
        @if about.saved { p class="consent" role="status" { (words.saved) } }
        @if let Some(error) = error {
            div role="alert" { p class="error" { (words.wrong) ": " a href="#zip" { (error) } } }
        }
        p { (words.about_lead) }
        form method="post" action=(action) {
            (about_fields(words, about.asks_zip, about.zip, about.questions, error, FilledIn::Readers))
            button class="quiet" { (words.save) }
        }
    }
}

/// Everything that somebody may do with their subscription.
#[must_use]
pub fn manage(words: &Words, view: &Manage<'_>) -> Markup {
    let action = |what: &str| format!("/manage/{}/{what}?lang={}", view.token, words.tag);
    let (new, error) = came_back(words, view.new, view.returned);
    html! {
        h1 { (words.manage_title) }
        @if let Some(preferences) = &view.preferences {
            p class="lead" { (words.subscribed_as(view.email)) }
            (choose(words, preferences))
            @if let Some(said) = &view.about { (about(words, &action("about"), said)) }
            h2 { (words.change_title) }
            p { (words.change_lead) }
            form method="post" action=(action("address")) {
                (address_field("new", words.new_address, words, new, error.as_deref(), FilledIn::Readers))
                button class="quiet" { (words.change_button) }
                (keep_button(words, view.returned))
            }
        } @else if let Some(token) = view.joined {
            p class="lead" { (words.not_subscribed(view.email)) }
            p { (words.joined) }
            form method="post" action={ "/unsubscribe/" (token) "?lang=" (words.tag) } {
                button class="quiet" { (words.joined_button) }
            }
        } @else if view.never {
            p class="lead" { (words.not_subscribed(view.email)) }
            p { (words.never_done) }
        } @else {
            p class="lead" { (words.not_subscribed(view.email)) }
            p { a href={ "/?lang=" (words.tag) } { (words.sign_up) } }
        }
        h2 { (words.copy_title) }
        p { (words.copy_lead) }
        p { a href=(action("copy")) download="my-data.json" { (words.copy_button) } }
        h2 { (words.erase_title) }
        p { (words.erase_lead) }
        form method="post" action=(action("erase")) {
            label class="choice" { input type="checkbox" name="sure" value="yes" required; span { (words.erase_title) } }
            button class="quiet" { (words.erase_button) }
        }
    }
}

/// Where the mail to a new address leads: it changes nothing; its button does.
#[must_use]
pub fn new_address(words: &Words, token: &str, email: &str) -> Markup {
    html! {
        h1 { (words.change_confirm_title) }
        p class="lead" { (words.change_confirm(email)) }
        form method="post" action={ "/new-address/" (token) "?lang=" (words.tag) } {
            button { (words.change_confirm_button) }
        }
    }
}

/// What a link that was asked for leads to when it is over.
#[must_use]
pub fn personal_link_over(words: &Words) -> Markup {
    html! {
        h1 { (words.link_over_title) }
        p class="lead" role="status" { (words.manage_lead) }
        p { a href={ "/manage?lang=" (words.tag) } { (words.new_link) } }
    }
}

/// A page that says one thing.
#[must_use]
pub fn notice(title: &str, text: &str) -> Markup {
    html! {
        h1 { (title) }
        p class="lead" role="status" { (text) }
    }
}

/// The help page, with whom to ask, as far as the office has said it.
#[must_use]
pub fn help(words: &Words, contact: Option<&str>, phone: Option<&str>) -> Markup {
    html! {
        (text(words.help, &words.help_text()))
        p { a href={ "/manage?lang=" (words.tag) } { (words.manage_title) } }
        @if contact.is_some() || phone.is_some() { h2 { (words.contact_title) } }
        @if let Some(contact) = contact {
            p { (words.email) ": " a href={ "mailto:" (contact) } dir="ltr" { (contact) } }
        }
        @if let Some(phone) = phone {
            p { (words.phone) ": " a href={ "tel:" (phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect::<String>()) } dir="ltr" { (phone) } }
        }
    }
}

/// A page of paragraphs: privacy, help.
#[must_use]
pub fn text(title: &str, paragraphs: &[&str]) -> Markup {
    html! {
        h1 { (title) }
        @for paragraph in paragraphs { p { (paragraph) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(leads_on: bool) -> String {
        let words = Words::of("ar");
        let form = SignUp {
            action: "/subscribe",
            office: "Office of Rep. Jane Doe",
            privacy_url: "/privacy",
            topics: &[],
            email: "",
            frequency: FREQUENCIES[0],
            returned: None,
            nonce: "",
            consent_mark: "",
            languages: &[],
            latest: &[],
            asks_zip: true,
            zip: "",
            questions: &[("How did you hear of us?", "")],
            leads_on,
            elsewhere: Elsewhere::default(),
        };
        sign_up(words, &form).0
    }

    #[test]
    fn a_question_in_another_script_keeps_its_mark_at_its_end() {
        assert!(form(true).contains("<bdi>How did you hear of us?</bdi>"));
    }

    #[test]
    fn a_telephone_number_and_an_address_are_read_from_the_left_in_arabic() {
        let page = help(
            Words::of("ar"),
            Some("714@doe.example"),
            Some("+1 202 555 0100"),
        )
        .0;
        assert!(
            page.contains("<a href=\"tel:+12025550100\" dir=\"ltr\">+1 202 555 0100</a>"),
            "{page}"
        );
        assert!(page.contains("dir=\"ltr\">714@doe.example</a>"), "{page}");
        assert!(form(true).contains("name=\"email\" value=\"\" dir=\"ltr\""));
        let page = help(Words::of("en"), None, None).0;
        let contact = Words::of("en").contact_title;
        assert!(!page.contains(contact), "{page}");
    }

    #[test]
    fn a_tablet_that_is_passed_around_leads_nobody_away_from_the_form() {
        assert!(form(true).contains("/manage?lang=ar"));
        assert!(!form(false).contains("/manage"));
    }

    #[test]
    fn a_tablet_that_is_passed_around_offers_nobody_the_address_of_the_one_before() {
        for field in ["autocomplete=\"email\"", "autocomplete=\"postal-code\""] {
            assert!(form(true).contains(field));
            assert!(!form(false).contains(field));
        }
        assert!(
            form(false)
                .contains("<form method=\"post\" action=\"/subscribe\" autocomplete=\"off\">")
        );
    }
}
