//! What to paste into the office's own website.

use maud::{Markup, html};

use super::{Frame, Section, page};

/// The page.
#[derive(Debug)]
pub struct WebsiteFormView {
    /// Around it.
    pub frame: Frame,
    /// Tag and name of each language that the form can be in.
    pub languages: Vec<(&'static str, &'static str)>,
    /// The one shown.
    pub language: &'static str,
    /// The sites on which it may stand.
    pub sites: Vec<String>,
    /// One line with a script.
    pub script: String,
    /// Plain HTML.
    pub html: String,
    /// For WordPress.
    pub shortcode: String,
    /// An address that fills in the form on our own page.
    pub prefilled: String,
}

/// See [`WebsiteFormView`].
#[must_use]
pub fn website_form(view: &WebsiteFormView) -> Markup {
    page(
        &view.frame,
        Section::Subscribers,
        "Form on your website",
        &html! {
            p.back { a href="/staff/subscribers" { "Subscribers" } }
            h1 { "Form on your website" }
            @if view.sites.is_empty() {
                p {
                    @if view.frame.admin {
                        strong { "First name your sites: " }
                        a href="/staff/settings" { "Settings" } ", “Signing up and unsubscribing”. "
                    } @else {
                        strong { "An admin of your office first names your sites" } " in the settings. "
                    }
                    "The form works on those and on no other."
                }
            } @else {
                p { "It works on " (view.sites.join(", ")) "." }
            }
            form method="get" action="/staff/website-form" {
                label for="lang" { "Language of the form" }
                select id="lang" name="lang" {
                    @for (tag, name) in &view.languages {
                        option value=(tag) lang=(tag) selected[*tag == view.language] { (name) }
                    }
                }
                button { "Show" }
            }
            (part("script", "With a script", "Paste this line where the form is to stand. People stay on your page.", &view.script))
            (part("html", "Without a script", "Plain HTML. People go on to a page here. Where it says page, put the address of the page on which it stands: the evidence keeps it. Copy it anew when the office’s name changes: it holds what people agree to.", &view.html))
            (part("shortcode", "For WordPress", "Put this into your theme’s functions.php, then write [office_news] on any page.", &view.shortcode))
            (part("prefilled", "A link that fills in the form", "For newsletters and QR codes. What is missing, people fill in.", &view.prefilled))
        },
    )
}

fn part(id: &str, title: &str, hint: &str, code: &str) -> Markup {
    let hint_id = format!("{id}-hint");
    html! {
        section aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            p.hint id=(hint_id) { (hint) }
            textarea id=(id) rows="4" readonly aria-labelledby={ (id) "-title" } aria-describedby=(hint_id) spellcheck="false" { (code) }
        }
    }
}
