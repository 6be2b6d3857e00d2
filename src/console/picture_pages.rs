//! Pictures for a text: chosen, described, and given back as the line that shows them. The script of the
//! editor puts that line into the text; without a script the page shows it to be copied.

use axum::{
    Router,
    extract::{DefaultBodyLimit, Multipart, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use gazette_templates::{
    Document,
    document::{Block, Direction, Figure, Inline},
    pages::staff::{self as pages, AddedPictureView, PicturesView},
};
use url::Url;

use super::{
    csrf::LARGEST_PICTURE_FORM,
    failure::{Failure, sentence},
    frame::frame,
    guard::{Editor, SignedIn},
    state::Console,
};
use crate::{
    app::App,
    newsletters::{self, MOST_PICTURE_BYTES, Picture, PictureError},
    releases::by_hand,
};

type Answer = Result<Response, Failure>;

/// Characters of a description or a caption.
const LONGEST_WORDS: usize = 1_000;

pub fn routes() -> Router<Console> {
    let large = DefaultBodyLimit::max(LARGEST_PICTURE_FORM);
    Router::new()
        .route("/staff/pictures", get(page).post(add).layer(large))
        .route("/staff/pictures/line", post(line).layer(large))
}

/// What the form sends.
#[derive(Default)]
struct Chosen {
    file: Vec<u8>,
    /// What it shows, for who does not see it.
    alt: String,
    caption: String,
    /// It came with a pasted text, in which it is described; the checks say where that is missing.
    is_pasted: bool,
}

impl Chosen {
    /// The guard has bounded the whole request.
    async fn of(mut form: Multipart) -> Self {
        let mut chosen = Self::default();
        while let Ok(Some(field)) = form.next_field().await {
            match field.name() {
                Some("picture") => {
                    chosen.file = field.bytes().await.unwrap_or_default().to_vec();
                }
                Some("alt") => chosen.alt = words(&field.text().await.unwrap_or_default()),
                Some("caption") => chosen.caption = words(&field.text().await.unwrap_or_default()),
                Some("pasted") => chosen.is_pasted = true,
                _ => {}
            }
        }
        chosen
    }
}

/// One line, however it was typed.
fn words(typed: &str) -> String {
    typed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What of it is too long, for a person: nothing that was typed is cut without a word.
fn too_long(chosen: &Chosen) -> Option<String> {
    [("description", &chosen.alt), ("caption", &chosen.caption)]
        .into_iter()
        .find_map(|(what, typed)| {
            let typed = typed.chars().count();
            (typed > LONGEST_WORDS).then(|| {
                format!(
                    "The {what} has up to {LONGEST_WORDS} characters, and this one has {typed}: shorten it."
                )
            })
        })
}

async fn page(State(app): State<App>, Editor(me): Editor) -> Answer {
    Ok(pages::pictures(&view(&app, &me).await?).into_response())
}

async fn view(app: &App, me: &SignedIn) -> Result<PicturesView, Failure> {
    Ok(PicturesView {
        frame: frame(app, me, None).await?,
        most_megabytes: MOST_PICTURE_BYTES / 1_000_000,
        alt: String::new(),
        caption: String::new(),
        error: None,
        added: None,
    })
}

async fn add(State(app): State<App>, Editor(me): Editor, form: Multipart) -> Answer {
    let chosen = Chosen::of(form).await;
    let mut view = view(&app, &me).await?;
    match kept(&app, &me, &chosen).await? {
        Ok((picture, line)) => {
            view.added = Some(AddedPictureView {
                path: picture.path(),
                width: picture.width,
                height: picture.height,
                alt: chosen.alt,
                line,
            });
            Ok(pages::pictures(&view).into_response())
        }
        Err(why) => {
            view.error = Some(why);
            view.alt = chosen.alt;
            view.caption = chosen.caption;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, pages::pictures(&view)).into_response())
        }
    }
}

/// The same for the script: the line alone, or what is wrong.
async fn line(State(app): State<App>, Editor(me): Editor, form: Multipart) -> Answer {
    let chosen = Chosen::of(form).await;
    Ok(match kept(&app, &me, &chosen).await? {
        Ok((_, line)) => line.into_response(),
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, why).into_response(),
    })
}

/// Keeps the picture and writes the line that shows it; or what is wrong, for a person.
async fn kept(
    app: &App,
    me: &SignedIn,
    chosen: &Chosen,
) -> Result<Result<(Picture, String), String>, Failure> {
    if chosen.file.is_empty() {
        return Ok(Err(
            "Choose a picture: no file came, or an empty one.".to_owned()
        ));
    }
    if chosen.alt.is_empty() && !chosen.is_pasted {
        return Ok(Err(
            "Describe what the picture shows, for people who do not see it.".to_owned(),
        ));
    }
    if let Some(why) = too_long(chosen) {
        return Ok(Err(why));
    }
    let picture = match newsletters::add_picture(app, me.who(), &chosen.file).await {
        Ok(picture) => picture,
        Err(PictureError::Db(error)) => return Err(error.into()),
        Err(error) => return Ok(Err(sentence(&error))),
    };
    let address = app.settings.public_url.link(&picture.path());
    let Ok(src) = Url::parse(&address) else {
        return Ok(Err(format!(
            "The address of this site, {address}, is none; ask whoever runs it."
        )));
    };
    let figure = Figure {
        src,
        alt: chosen.alt.clone(),
        caption: (!chosen.caption.is_empty()).then(|| vec![Inline::Text(chosen.caption.clone())]),
        width: Some(picture.width),
        height: Some(picture.height),
        link: None,
    };
    let line = by_hand::to_markdown(&Document {
        language: "en".to_owned(),
        direction: Direction::Ltr,
        blocks: vec![Block::Figure(figure)],
    });
    Ok(Ok((picture, line.trim_end().to_owned())))
}
