//! A picture for a text: its form, in the editor and on a page of its own, and the line that shows it.

use maud::{Markup, html};

use super::{Frame, Section, page, problem, token};

/// The page.
#[derive(Debug)]
pub struct PicturesView {
    /// Around it.
    pub frame: Frame,
    /// The largest file.
    pub most_megabytes: usize,
    /// What was typed as the description.
    pub alt: String,
    /// What was typed as the caption.
    pub caption: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// The one that was just added.
    pub added: Option<AddedPictureView>,
}

/// A picture that is kept.
#[derive(Debug)]
pub struct AddedPictureView {
    /// Where it stands on our site.
    pub path: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// What it shows.
    pub alt: String,
    /// What shows it in a text.
    pub line: String,
}

/// See [`PicturesView`].
#[must_use]
pub fn pictures(view: &PicturesView) -> Markup {
    page(
        &view.frame,
        Section::Newsletters,
        "Add a picture",
        &html! {
            h1 { "Add a picture" }
            (problem(view.error.as_deref()))
            @if let Some(added) = &view.added {
                div.done id="done" tabindex="-1" {
                    p { strong { "The picture is kept." } " Copy this line into your text, where the picture belongs:" }
                    label.hidden for="line" { "The line for the text" }
                    div.copied {
                        input id="line" type="text" readonly value=(added.line);
                        button type="button" data-copy="line" hidden { "Copy" }
                    }
                }
                p { img.added src=(added.path) alt=(added.alt) width=(added.width) height=(added.height); }
                h2 { "Another one" }
            }
            form method="post" action="/staff/pictures" enctype="multipart/form-data" {
                (token(&view.frame.form_token))
                (fields(view.most_megabytes, &view.alt, &view.caption, view.error.is_some()))
                button.primary { "Add the picture" }
            }
        },
    )
}

/// The same form in the editor. The script puts the line into the text; without it a new tab shows the line,
/// so that nothing that was typed is lost.
pub(super) fn picture_form(form_token: &str, most_megabytes: usize) -> Markup {
    html! {
        details id="picture" {
            summary { "Add a picture" }
            form method="post" action="/staff/pictures" enctype="multipart/form-data" target="_blank" data-picture="/staff/pictures/line" {
                (token(form_token))
                (fields(most_megabytes, "", "", false))
                p.error id="picture-problem" role="alert" {}
                button { "Add the picture" span.opens { " (opens a new tab)" } }
            }
        }
    }
}

fn fields(most_megabytes: usize, alt: &str, caption: &str, wrong: bool) -> Markup {
    html! {
        label for="picture-file" { "Picture" }
        p.hint id="picture-file-hint" { "JPEG, PNG or GIF, up to " (most_megabytes) " MB. Large ones are made smaller, and of one that moves the first picture is shown." }
        input id="picture-file" name="picture" type="file" accept="image/jpeg,image/png,image/gif" required
            aria-describedby=(if wrong { "picture-file-hint problem" } else { "picture-file-hint" });
        label for="picture-alt" { "What it shows" }
        p.hint id="picture-alt-hint" {
            "Read out to people who do not see it, and shown where pictures are off: “Rep. Doe and the mayor cut the ribbon”."
        }
        input id="picture-alt" name="alt" type="text" required value=(alt) aria-describedby="picture-alt-hint";
        label for="picture-caption" { "Caption (optional)" }
        input id="picture-caption" name="caption" type="text" value=(caption);
    }
}
