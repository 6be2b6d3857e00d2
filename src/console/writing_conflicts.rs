//! Two people write the same text. Who saves second is shown what the first saved, in every field that the form
//! has; what they had not changed themselves takes the first one's words, so that nothing is overwritten unseen.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use gazette_templates::{
    Document,
    document::diff,
    pages::staff::{CHANGED, ConflictView, ConflictWords, INTRO, PREVIEW, WritingView},
};

use super::{failure::Failure, frame, guard::SignedIn};
use crate::{
    accounts::StaffNames,
    app::App,
    newsletters::{self, Newsletter},
    office::Office,
    releases::by_hand,
    rendering,
};

/// What a text says that was saved while another was written.
#[derive(Debug)]
pub struct Theirs {
    pub subject: String,
    pub document: Document,
    pub preview: String,
    pub changed: String,
    pub intro: String,
}

impl Theirs {
    /// Of a form that asks for subject and text alone.
    pub fn of(subject: String, document: Document) -> Self {
        Self {
            subject,
            document,
            preview: String::new(),
            changed: String::new(),
            intro: String::new(),
        }
    }
}

impl From<Newsletter> for Theirs {
    fn from(newsletter: Newsletter) -> Self {
        Self {
            subject: newsletter.subject,
            document: newsletter.document,
            preview: newsletter.preview.unwrap_or_default(),
            changed: newsletter.changed.unwrap_or_default(),
            intro: newsletter.intro.unwrap_or_default(),
        }
    }
}

/// Whether a field of the form says this; one that the form has not says nothing else.
pub fn says(field: Option<&str>, words: &str) -> bool {
    field.is_none_or(|field| field.trim() == words.trim())
}

/// What the fields of a form say, each as a short mark. The form carries it along: from it one tells later which
/// of them somebody changed, without the texts themselves.
pub fn began_with(view: &WritingView) -> String {
    marks(fields_of(view)).join(" ")
}

/// Subject, text, and the words beside them; what a form has not says nothing.
fn fields_of(view: &WritingView) -> [&str; 5] {
    [
        &view.subject,
        &view.text,
        view.preview.as_deref().unwrap_or_default(),
        view.changed.as_deref().unwrap_or_default(),
        view.intro.as_deref().unwrap_or_default(),
    ]
}

fn marks(fields: [&str; 5]) -> [String; 5] {
    fields.map(|words| {
        // Browsers send the lines of a text area with CR LF.
        let words = words.replace("\r\n", "\n");
        let hash = digest(&SHA256, words.trim().as_bytes());
        let mut mark = HEXLOWER.encode(hash.as_ref());
        mark.truncate(32);
        mark
    })
}

/// Which of [`fields_of`] still say what they said when the form was opened. Of a form that does not say what it began
/// with, none: what stands in it was typed for all that is known.
fn untouched(view: &WritingView) -> [bool; 5] {
    let began: Vec<&str> = view.began.split(' ').collect();
    let mut same = [false; 5];
    for ((same, mark), began) in same.iter_mut().zip(marks(fields_of(view))).zip(began) {
        *same = mark == began;
    }
    same
}

/// Puts what somebody else, or the office, made of the text beside what was typed. Who has seen both
/// may save: the form names the newest revision from here on.
pub async fn show_both(
    app: &App,
    me: &SignedIn,
    id: i64,
    view: &mut WritingView,
    typed: Document,
) -> Result<(), Failure> {
    let theirs = newsletters::find(app, id).await?;
    let zone = Office::load(&app.db).await?.time_zone;
    let change = newsletters::last_change(app, id).await?;
    view.revision = Some(theirs.revision);
    let own = change.as_ref().filter(|change| change.by == me.who());
    view.error = Some(match own {
        Some(own) => format!(
            "You saved another text here {}, in another window or before you went back, so this one was not \
             saved. Both stand below. What you had not changed here is as you saved it there: bring the rest in \
             line with it, and save again.",
            frame::shown(own.at, &zone)
        ),
        None => "Somebody else changed the text while you were writing, or the office did, so yours was not \
             saved. Both stand below. What you had not changed is as they left it: bring the rest in line with \
             theirs, and save again."
            .to_owned(),
    });
    let Some(change) = change else {
        return Ok(());
    };
    let at = frame::shown(change.at, &zone);
    let names = StaffNames::load(app, me.account.role).await?;
    put_beside(view, typed, (names.called(&change.by), at), theirs.into()).await
}

/// Puts a text beside what was typed, with who wrote it and when, and what parts the two. Fields that still say
/// what they said when the form was opened take its words.
pub async fn put_beside(
    view: &mut WritingView,
    mut typed: Document,
    (by, at): (String, String),
    theirs: Theirs,
) -> Result<(), Failure> {
    let [subject, text, preview, changed, intro] = untouched(view);
    let take = |field: &mut Option<String>, untouched: bool, words: &str| {
        if untouched && let Some(field) = field {
            words.clone_into(field);
        }
    };
    take(&mut view.preview, preview, &theirs.preview);
    take(&mut view.changed, changed, &theirs.changed);
    take(&mut view.intro, intro, &theirs.intro);
    if subject {
        view.subject.clone_from(&theirs.subject);
    }
    let markdown = rendering::in_turn(|| by_hand::to_markdown(&theirs.document)).await?;
    if text {
        view.text.clone_from(&markdown);
        typed = theirs.document.clone();
    }
    // What was saved is what the form goes on from, also in a field where something else was typed.
    let began = [
        &theirs.subject,
        &markdown,
        &theirs.preview,
        &theirs.changed,
        &theirs.intro,
    ];
    view.began = marks(began.map(String::as_str)).join(" ");
    let words = [
        (PREVIEW, &view.preview, theirs.preview),
        (CHANGED, &view.changed, theirs.changed),
        (INTRO, &view.intro, theirs.intro),
    ];
    let words = words.into_iter().filter_map(|(label, typed, theirs)| {
        let typed = typed.as_deref()?;
        let is_said = !typed.trim().is_empty() || !theirs.trim().is_empty();
        is_said.then(|| ConflictWords {
            label,
            paragraphs: diff::between_words(&theirs, typed),
            theirs,
        })
    });
    let words = words.collect();
    let paragraphs = rendering::in_turn(|| {
        diff::between((&theirs.subject, &theirs.document), (&view.subject, &typed))
    })
    .await?;
    view.conflict = Some(ConflictView {
        by,
        at,
        paragraphs,
        subject: theirs.subject,
        document: theirs.document,
        words,
    });
    Ok(())
}
