//! Importing a list in the browser: upload, look, import, undo. Nothing is written before a person has
//! seen what would be.

use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, Multipart, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use axum_extra::extract::Form as RepeatedForm;
use gazette_templates::pages::staff::{
    self as pages, ImportBatchLine, ImportColumnLine, ImportLookView, ImportOutcome,
    ImportSampleLine, ImportUndoView, ImportView,
};
use serde::Deserialize;

use super::{
    csrf::LARGEST_UPLOAD,
    failure::{Failure, sentence},
    frame::{Done, frame, shown},
    guard::{Admin, SignedIn},
    state::Console,
};
use crate::{
    accounts::StaffNames,
    app::App,
    office::Office,
    rendering,
    subscribers::{
        self, Answers, Column, Import, ImportReport, ImportUpload, MEANINGS, SubscriberError,
        every_topic_in,
    },
};

type Answer = Result<Response, Failure>;

/// People whose lines are shown before the import.
const SAMPLE: usize = 5;

pub fn routes() -> Router<Console> {
    let large = DefaultBodyLimit::max(LARGEST_UPLOAD);
    Router::new()
        .route("/staff/import", get(imports).post(upload).layer(large))
        .route("/staff/import/undo", get(undo_page).post(undo))
        .route("/staff/import/list/{label}", get(look).post(import))
}

async fn imports(State(app): State<App>, Admin(me): Admin, Query(done): Query<Done>) -> Answer {
    let view = view(&app, &me, done.done.as_deref()).await?;
    Ok(pages::import(&view).into_response())
}

async fn view(app: &App, me: &SignedIn, done: Option<&str>) -> Result<ImportView, Failure> {
    let zone = Office::load(&app.db).await?.time_zone;
    let batches = subscribers::imports(app).await?;
    let names = StaffNames::load(app, me.account.role).await?;
    let batches = batches.into_iter().map(|batch| ImportBatchLine {
        at: match batch.at.parse() {
            Ok(at) => shown(at, &zone),
            Err(_) => batch.at,
        },
        batch: batch.batch,
        by: names.called(&batch.operator),
        source: batch.source,
        undone: batch.undone,
    });
    Ok(ImportView {
        frame: frame(app, me, done).await?,
        most_megabytes: LARGEST_UPLOAD / 1_000_000,
        batches: batches.collect(),
        error: None,
        report: None,
    })
}

async fn upload(State(app): State<App>, Admin(me): Admin, form: Multipart) -> Answer {
    let Some((name, content)) = file_of(form).await else {
        let mut view = view(&app, &me, None).await?;
        view.error = Some("Choose a file with the list, as a spreadsheet or another newsletter system saves it (CSV).".to_owned());
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::import(&view)).into_response());
    };
    let label = subscribers::keep_upload(&app, &name, content, me.who()).await?;
    Ok(Redirect::to(&format!("/staff/import/list/{label}")).into_response())
}

/// The name and the content of the form's file; the guard has bounded the whole request.
async fn file_of(mut form: Multipart) -> Option<(String, Vec<u8>)> {
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some("list") {
            let name = field.file_name().unwrap_or("list").to_owned();
            let content = field.bytes().await.ok()?.to_vec();
            return Some((name, content)).filter(|(_, content)| !content.is_empty());
        }
    }
    None
}

/// What a person says about a list.
#[derive(Debug, Default, Deserialize)]
struct Said {
    /// How these people consented.
    #[serde(default)]
    consent: String,
    #[serde(default)]
    topic: Vec<String>,
    /// `WORD=STATUS`, one on a line.
    #[serde(default)]
    statuses: String,
    /// What each column holds, in their order; empty: what its name says.
    #[serde(default)]
    column: Vec<String>,
    /// Ticked: addresses that look mistyped are right.
    as_written: Option<String>,
    /// The button: look again, or import.
    #[serde(default)]
    act: String,
}

async fn look(State(app): State<App>, Admin(me): Admin, Path(label): Path<String>) -> Answer {
    match subscribers::upload(&app, &label, me.who()).await? {
        Some(upload) => show(&app, &me, &upload, &Said::default(), None).await,
        None => Ok(Redirect::to("/staff/import").into_response()),
    }
}

async fn import(
    State(console): State<Console>,
    Admin(me): Admin,
    Path(label): Path<String>,
    RepeatedForm(said): RepeatedForm<Said>,
) -> Answer {
    let app = console.app;
    let Some(upload) = subscribers::upload(&app, &label, me.who()).await? else {
        return Ok(Redirect::to("/staff/import").into_response());
    };
    if said.act != "import" {
        return show(&app, &me, &upload, &said, None).await;
    }
    if said.consent.trim().is_empty() {
        let wrong = "Say how these people consented: it is kept as the evidence of each of them.";
        return show(&app, &me, &upload, &said, Some(wrong)).await;
    }
    if !subscribers::take_upload(&app, &upload.label).await? {
        // Pressed twice: the first press is importing it.
        return Ok(Redirect::to("/staff/import").into_response());
    }
    let done = run(&app, &me, &upload, &said, false).await;
    if done.is_err() {
        subscribers::put_upload_back(&app, &upload, me.who()).await?;
    }
    match done {
        Ok((report, _)) => {
            console.counted.forget_subscribers();
            let mut view = view(&app, &me, None).await?;
            view.report = Some(outcome(&report));
            Ok(pages::import(&view).into_response())
        }
        Err(error) => show(&app, &me, &upload, &said, Some(&of_list(error)?)).await,
    }
}

/// What is wrong with the list, for the page, and what to do about it there; what is wrong here is a
/// failure.
fn of_list(error: SubscriberError) -> Result<String, Failure> {
    match error {
        SubscriberError::UnknownStatus { line, word, column } => {
            let whole = match subscribers::kind(&column) {
                Column::Left => format!(
                    ", or choose “{}” for the column where whatever stands in it says that they left",
                    pages::meaning_label("left")
                ),
                _ => String::new(),
            };
            Ok(format!(
                "Line {line}: Gazette does not know the status “{word}” in the column “{column}”. Say below what it means{whole}. Nothing was imported."
            ))
        }
        SubscriberError::MayHaveLeft { line, word, column, likely } => {
            let choose = match likely.map(pages::meaning_label) {
                Some(likely) => format!("Choose below what the column holds, perhaps “{likely}”, or “Nothing needed” if it says nothing of the kind."),
                None => "Take this person out of the list, or give the list a column “status” that says unsubscribed for them; choose “Nothing needed” below if it says nothing of the kind.".to_owned(),
            };
            Ok(format!("Line {line}: “{word}” in the column “{column}” may say that this person is not to be mailed. {choose} Nothing was imported."))
        }
        SubscriberError::MayDecide { line, word, column } => Ok(format!(
            "Line {line}: “{word}” in the column “{column}” may say whether this person is mailed. Choose below “{}” where a yes in it wants our emails, “{}” where it says who does not, or “Nothing needed” if it says nothing of our emails. Nothing was imported.",
            pages::meaning_label("stays"),
            pages::meaning_label("left")
        )),
        SubscriberError::NotAgreed { line, column } => Ok(format!(
            "Line {line}: nothing stands in the column “{column}”, where others have a yes: this person may not have agreed. Choose “{}” for it below and write everybody=skip to pass such people over; choose “Nothing needed” if it says nothing of our emails. Nothing was imported.",
            pages::meaning_label("stays")
        )),
        SubscriberError::MayNameTopics { line, word, column } => Ok(format!(
            "Line {line}: “{word}” in the column “{column}” may say which topics this person gets. Choose “{}” for it below where it does (in a column that is called like a topic, a yes is for that topic), “Nothing needed” where these people asked for everything. Nothing was imported.",
            pages::meaning_label("topics")
        )),
        SubscriberError::NameSaysLeft(name) => Ok(format!(
            "The file is called “{name}”, and none of its columns says who has left. Where these people left, write everybody=unsubscribed below; where they asked for our emails, everybody=confirmed. Nothing was imported."
        )),
        SubscriberError::NoStatus { line, column } => Ok(format!(
            "Line {line}: nothing stands in the column “{column}”. Say below where such people stand: everybody=confirmed where they asked for our emails, everybody=skip to pass them over. Nothing was imported."
        )),
        SubscriberError::NoTopicOfOurs { line, word, column } => Ok(format!(
            "Line {line}: “{word}” in the column “{column}” names no topic that you offer. Tick below what these people get, or make the topic first (one that is archived can be brought back under Topics); choose “Nothing needed” for the column where they asked for everything. Nothing was imported."
        )),
        SubscriberError::SeveralAddressColumns { line, columns } => Ok(format!(
            "Line {line} holds a different address in each of the columns {}. Choose below which of them holds “Email address”. Nothing was imported.",
            columns.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ")
        )),
        SubscriberError::NoAddressColumn => Ok("Gazette cannot tell which column holds the email addresses. Choose it below. Nothing was imported.".to_owned()),
        error @ (SubscriberError::Import(_) | SubscriberError::NoTopic(..)) => Ok(sentence(&error)),
        error => Err(error.into()),
    }
}

/// Columns that are shown: no list that people keep has more.
const MOST_COLUMNS: usize = 60;

/// The columns of the list, with what each holds.
fn columns(upload: &ImportUpload, said: &Said) -> Vec<ImportColumnLine> {
    // What is wrong with a file that cannot be read stands above.
    let headings = upload.headings().unwrap_or_default();
    let lines = headings.into_iter().enumerate().map(|(at, heading)| {
        let known = subscribers::kind(&heading.name);
        ImportColumnLine {
            chosen: said.column.get(at).cloned().unwrap_or_default(),
            is_known: known != Column::Other,
            meaning: MEANINGS
                .iter()
                .find(|(_, meaning)| *meaning == known)
                .map_or("nothing", |(word, _)| word),
            name: heading.name,
            example: heading.example,
        }
    });
    lines.take(MOST_COLUMNS).collect()
}

/// The list, and what importing it would do.
async fn show(
    app: &App,
    me: &SignedIn,
    upload: &ImportUpload,
    said: &Said,
    wrong: Option<&str>,
) -> Answer {
    let (mut error, mut report, mut sample) = (wrong.map(str::to_owned), None, Vec::new());
    let mut mistyped = 0;
    match run(app, me, upload, said, true).await {
        Ok((would, lines)) => {
            mistyped = would.mistyped;
            report = Some(outcome(&would));
            sample = lines;
        }
        Err(problem) => error = Some(of_list(problem)?),
    }
    let status = match &error {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let topics = every_topic_in(app, "en").await?;
    let view = ImportLookView {
        frame: frame(app, me, None).await?,
        label: upload.label.clone(),
        name: upload.name.clone(),
        sample,
        report,
        consent: said.consent.clone(),
        topics: topics
            .into_iter()
            .map(|topic| (said.topic.contains(&topic.slug), topic.slug, topic.name))
            .collect(),
        statuses: said.statuses.clone(),
        as_written: (mistyped > 0 || said.as_written.is_some())
            .then_some(said.as_written.is_some()),
        columns: columns(upload, said),
        error,
    };
    Ok((status, pages::import_look(&view)).into_response())
}

/// Imports, or only says what that would do; with the first people of the list.
async fn run(
    app: &App,
    me: &SignedIn,
    upload: &ImportUpload,
    said: &Said,
    dry_run: bool,
) -> Result<(ImportReport, Vec<ImportSampleLine>), SubscriberError> {
    let statuses: Vec<String> = lines(&said.statuses);
    let headings = upload.headings()?;
    let chosen = headings.iter().zip(&said.column);
    let chosen = chosen.filter(|(_, meaning)| !meaning.is_empty());
    let chosen = chosen.map(|(heading, meaning)| format!("{}={meaning}", heading.name));
    let mut answers = Answers::said(&statuses, &chosen.collect::<Vec<_>>())?;
    if said.topic.is_empty() {
        answers = answers.asking_for_topics(&subscribers::offered_topics(app).await?);
    }
    // A list of a hundred thousand lines is read whole.
    let read = rendering::in_turn(|| upload.open(answers)).await;
    let (list, _file) = read.map_err(|busy| SubscriberError::Import(busy.to_string()))??;
    let mut sample = Vec::new();
    for row in list.rows()?.take(SAMPLE) {
        let row = row?;
        sample.push(ImportSampleLine {
            line: row.line,
            email: row.email,
            status: row.status.as_str(),
            topics: row.topics.unwrap_or_default().join(", "),
        });
    }
    let details = Import {
        consent: said.consent.trim(),
        source: &upload.name,
        operator: me.who(),
        topics: &said.topic,
        makes_topics: list.is_our_own(),
        as_written: said.as_written.is_some(),
        dry_run,
    };
    let report = subscribers::import(app, &details, list.rows()?, |_| {}).await?;
    Ok((report, sample))
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

fn outcome(report: &ImportReport) -> ImportOutcome {
    ImportOutcome {
        done: !report.dry_run,
        numbers: vec![
            (
                "new subscribers, who get newsletters from now on",
                report.imported,
            ),
            ("are subscribed here already", report.known),
            ("of those get a topic that they did not have", report.gained),
            (
                "of those gave up a topic here that the list names for them, and do not get it back",
                report.left_topic,
            ),
            (
                "of those left the list before they confirmed here by themselves, and stay",
                report.came_back,
            ),
            (
                "of those go on getting mail as often as they do here, whatever the list says",
                report.known_frequencies,
            ),
            (
                "have not confirmed in the list, and get nothing",
                report.pending,
            ),
            (
                "left, bounced or complained in the list, and get nothing",
                report.left,
            ),
            (
                "of those had confirmed here by themselves, perhaps later: the list does not say when they left",
                report.overruled,
            ),
            (
                "left, bounced or were erased here, and stay as they are",
                report.suppressed,
            ),
            (
                "of the new get all topics, because the list names none for them",
                report.all_topics,
            ),
            (
                "chose none of your topics in the list, and are passed over",
                report.chose_none,
            ),
            ("lines without a usable address", report.wrong),
            (
                "of those with an address that looks mistyped",
                report.mistyped,
            ),
        ],
        notes: report
            .not_understood()
            .map(|says| format!("{says}."))
            .collect(),
        reasons: report.reasons.clone(),
        new_topics: report.new_topics.clone(),
    }
}

#[derive(Deserialize)]
struct Batch {
    #[serde(default)]
    batch: String,
    /// They saw what it does to whom.
    confirmed: Option<String>,
}

/// What undoing an import would do, in words, and the button for it.
async fn undo_page(State(app): State<App>, Admin(me): Admin, Query(asked): Query<Batch>) -> Answer {
    ask_before_undo(&app, &me, StatusCode::OK, &asked.batch).await
}

async fn ask_before_undo(app: &App, me: &SignedIn, status: StatusCode, batch: &str) -> Answer {
    let would = match subscribers::would_undo(app, batch).await {
        Ok(would) => would,
        Err(error) => {
            let mut view = view(app, me, None).await?;
            view.error = Some(of_list(error)?);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::import(&view)).into_response());
        }
    };
    let zone = Office::load(&app.db).await?.time_zone;
    let view = ImportUndoView {
        frame: frame(app, me, None).await?,
        batch: batch.to_owned(),
        source: would.source,
        at: match would.at.parse() {
            Ok(at) => shown(at, &zone),
            Err(_) => would.at,
        },
        removed: would.removed,
        others: vec![
            ("lose the topics that it gave them", would.lose_topics),
            (
                "had asked by themselves before, and have to confirm again",
                would.ask_again,
            ),
            (
                "were taken off by it, and get newsletters again",
                would.back,
            ),
            (
                "did something themselves since, or stand in another list as gone: they stay as they are",
                would.kept,
            ),
            (
                "stay off: they were not subscribed before, either",
                would.off,
            ),
        ],
    };
    Ok((status, pages::import_undo(&view)).into_response())
}

async fn undo(State(console): State<Console>, Admin(me): Admin, Form(form): Form<Batch>) -> Answer {
    let app = console.app;
    if form.confirmed.is_none() {
        // From a page of before: nothing is done yet.
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return ask_before_undo(&app, &me, status, &form.batch).await;
    }
    let undone = subscribers::undo_import(&app, &form.batch, me.who()).await;
    let mut view = view(&app, &me, None).await?;
    let status = match undone {
        Ok(report) => {
            console.counted.forget_subscribers();
            view.report = Some(ImportOutcome {
                done: true,
                numbers: vec![
                    ("came with the import and are removed", report.removed),
                    ("are as they were before it", report.restored),
                    (
                        "did something themselves since, or stand in another list as gone: they stay as they are",
                        report.kept,
                    ),
                    (
                        "stay off: they were not subscribed before, either",
                        report.off,
                    ),
                    (
                        "topics that it made are gone again",
                        report.topics_removed.len() as u64,
                    ),
                    (
                        "topics that it made are used by now, and stay",
                        report.topics_kept.len() as u64,
                    ),
                ],
                notes: Vec::new(),
                reasons: Vec::new(),
                new_topics: Vec::new(),
            });
            StatusCode::OK
        }
        Err(error) => {
            view.error = Some(of_list(error)?);
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    Ok((status, pages::import(&view)).into_response())
}
