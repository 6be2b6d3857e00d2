//! The form and the API: both put the request down and give the one answer (O5).

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::{Query, QueryRejection};
use gazette_templates::pages::{
    layout::{PageAbout, about_page},
    subscribers::{self as pages, Elsewhere, Returned, Spelt, TopicChoice},
    words::Words,
};
use serde::Deserialize;
use serde_json::json;
use url::form_urlencoded;

use super::{
    api_request::{ApiRequest, WrongField},
    form_age, proof_of_work,
    typed_address::{BothSpellings, TypedAddress},
    visitor_request::{Answer, choice, latest, networks},
};
use crate::{
    address::EmailAddress,
    app::App,
    clock::instant,
    http::{self, AnyForm, Visitor},
    office::Office,
    relay_letters,
    subscribers::{
        AboutReader, Channel, FormAnswers, Frequency, Intake, Receipt, SignUp, consent::text_mark,
        topics_in,
    },
};

#[derive(Debug, Default, Deserialize)]
pub(super) struct SubscribeForm {
    #[serde(default)]
    email: String,
    #[serde(
        default,
        alias = "topics",
        alias = "topic[]",
        alias = "topics[]",
        alias = "Topic",
        deserialize_with = "topics_apart"
    )]
    topic: Vec<String>,
    /// How often.
    #[serde(default)]
    frequency: String,
    lang: Option<String>,
    #[serde(default)]
    website: String,
    #[serde(default)]
    shown: String,
    /// The mark of what its sender agrees to; empty: a form from before there was one.
    #[serde(default)]
    consent: String,
    /// The button "correct the address" on the page after it was sent.
    #[serde(default)]
    correct: String,
    /// The button "keep it as typed", with the address.
    #[serde(default)]
    keep: String,
    /// The button "send it again" on the same page.
    #[serde(default)]
    resend: String,
    /// What the browser was asked to work out, and the answer.
    #[serde(default)]
    question: String,
    #[serde(default)]
    answer: String,
    /// Where the form stood, on a site of the office's own.
    #[serde(default)]
    page: String,
    /// Where to go then, on a site of the office's own.
    #[serde(default)]
    next: String,
    #[serde(default)]
    zip: String,
    /// Answers to the office's own questions, in the order of `asked`.
    #[serde(default)]
    about: Vec<String>,
    /// The questions that stood in the form.
    #[serde(default)]
    asked: Vec<String>,
}

impl SubscribeForm {
    fn answers(&self) -> FormAnswers<'_> {
        FormAnswers::of(&self.asked, &self.about)
    }

    /// Where it stood and leads to, as far as these are pages of the office's own.
    fn elsewhere<'a>(&'a self, office: &Office) -> Elsewhere<'a> {
        let own = |page: &'a String| on_own_site(office, page).map_or("", |_| page.as_str());
        Elsewhere {
            page: own(&self.page),
            next: own(&self.next),
        }
    }

    /// What a link filled in, for the same page in another language.
    fn as_query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let topics = self.topic.iter().map(|topic| ("topic", topic.as_str()));
        let once = [("email", &self.email), ("frequency", &self.frequency)];
        let once = once.into_iter().map(|(name, value)| (name, value.as_str()));
        query.extend_pairs(once.chain(topics).filter(|(_, value)| !value.is_empty()));
        query.finish()
    }
}

/// What a link may fill in: `/?email=ana@example.org&topic=veterans&frequency=weekly`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Prefilled {
    #[serde(default)]
    email: String,
    #[serde(
        default,
        alias = "topics",
        alias = "topic[]",
        alias = "topics[]",
        alias = "Topic",
        deserialize_with = "topics_apart"
    )]
    topic: Vec<String>,
    #[serde(default)]
    frequency: String,
}

/// The topics of a form or a link that somebody wrote by hand: each by itself, or several with commas. Whoever
/// asks for some must not be taken to ask for all because their field is called otherwise.
fn topics_apart<'de, D: serde::Deserializer<'de>>(given: D) -> Result<Vec<String>, D::Error> {
    let given = Vec::<String>::deserialize(given)?;
    let names = given.iter().flat_map(|names| names.split(','));
    let names = names.map(|name| name.trim().to_owned());
    Ok(names.filter(|name| !name.is_empty()).collect())
}

pub(super) async fn form(
    State(app): State<App>,
    visitor: Visitor,
    given: Result<Query<Prefilled>, QueryRejection>,
) -> Answer {
    // A link that says something twice leads to the form all the same.
    let given = given.map(|Query(given)| given).unwrap_or_default();
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    if !office.complete {
        return Ok(closed(&office, words));
    }
    // No address has a blank in it: that was a `+` which nobody wrote as `%2B`.
    let email = given.email.trim().replace(' ', "+");
    let form = SubscribeForm {
        email: email.chars().take(LONGEST_ADDRESS).collect(),
        topic: given.topic,
        frequency: given.frequency,
        ..Default::default()
    };
    show(&app, &office, words, &form, None).await
}

/// Before the office has what every mail needs, nothing could be sent.
pub(super) fn closed(office: &Office, words: &'static Words) -> Response {
    let content = pages::notice(words.closed_title, words.closed);
    let page = http::page(office, words, words.closed_title, &content);
    (StatusCode::SERVICE_UNAVAILABLE, page).into_response()
}

/// The form, empty or as it comes back.
async fn show(
    app: &App,
    office: &Office,
    words: &'static Words,
    form: &SubscribeForm,
    returned: Option<Returned<'_>>,
) -> Answer {
    let topics: Vec<TopicChoice> = topics_in(app, words.tag)
        .await?
        .into_iter()
        .map(|topic| choice(&topic, form.topic.contains(&topic.slug)))
        .collect();
    let status = match returned {
        Some(
            Returned::Wrong
            | Returned::Several
            | Returned::Letters
            | Returned::Mistyped { .. }
            | Returned::NoSuchTopic
            | Returned::ConsentChanged,
        ) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(Returned::OnceMore | Returned::Correct) | None => StatusCode::OK,
    };
    let nonce = match returned {
        Some(Returned::Wrong | Returned::Several | Returned::Letters) => {
            form_age::shown_first(app, &form.shown)
        }
        Some(_) => form_age::shown_again(app),
        None => form_age::shown_now(app),
    };
    let languages = http::languages(office);
    let content = pages::sign_up(
        words,
        &pages::SignUp {
            action: "/subscribe",
            office: office.name_in(words.tag),
            privacy_url: http::privacy_url(office),
            topics: &topics,
            email: &form.email,
            frequency: frequency_of(&form.frequency).word(),
            returned,
            nonce: &nonce,
            consent_mark: &consent_mark(office, words),
            languages: &languages,
            latest: &latest(app).await?,
            asks_zip: !office.zip_codes.is_empty(),
            zip: &form.zip,
            questions: &questions(office, words, form.answers()),
            leads_on: true,
            elsewhere: form.elsewhere(office),
        },
    );
    let (name, url) = (office.name_in(words.tag), app.link("/"));
    let picture = office.logo.as_ref().map(|logo| app.link(&logo.path()));
    let head = about_page(&PageAbout {
        title: &format!("{} – {name}", words.sign_up_title),
        description: &words.sign_up_lead(name),
        url: &url,
        picture: picture.as_deref(),
        languages: &languages,
    });
    // What was sent stands in no address.
    let filled_in = returned.is_none().then(|| form.as_query());
    let page = http::page_about(
        office,
        words,
        words.sign_up_title,
        &head,
        filled_in.as_deref(),
        &content,
    );
    Ok((status, page).into_response())
}

/// The mark of what somebody agrees to who signs up now.
pub fn consent_mark(office: &Office, words: &Words) -> String {
    text_mark(&words.consent(office.name_in(words.tag)))
}

/// Whether a form holds another text than who sends it agrees to now.
pub(super) fn is_of_another_text(office: &Office, words: &Words, mark: &str) -> bool {
    !mark.is_empty() && mark != consent_mark(office, words)
}

/// The office's own questions, with what was answered.
pub(super) fn questions<'a>(
    office: &'a Office,
    words: &Words,
    answers: FormAnswers<'a>,
) -> Vec<(&'a str, &'a str)> {
    let asked = office.questions.iter().enumerate();
    let asked =
        asked.map(|(at, question)| (question.in_language(words.tag), answers.to(office, at)));
    asked.collect()
}

pub(super) async fn subscribe(
    State(app): State<App>,
    Extension(intake): Extension<Intake>,
    visitor: Visitor,
    AnyForm(form): AnyForm<SubscribeForm>,
) -> Answer {
    let office = intake.office().await?;
    let office = office.as_ref();
    let words = visitor.words_shown(office, form.lang.as_deref());
    if !office.complete {
        return Ok(closed(office, words));
    }
    if !form.correct.is_empty() {
        return show(&app, office, words, &form, Some(Returned::Correct)).await;
    }
    let TypedAddress { typed, read } = TypedAddress::of(&app, &form.email, &form.keep).await?;
    let address = match read {
        Ok(address) => address,
        Err(fault) => {
            return show(&app, office, words, &form, Some(fault.returned())).await;
        }
    };
    let worked = proof_of_work::is_answered(&app, &address, &form.question, &form.answer);
    // O7: what no person fills in, or no person fills in so fast, takes one more press, and no second one: a
    // browser that fills in addresses by itself does so each time.
    let is_filled_in = !form.website.is_empty() && !form_age::came_back(&app, &form.shown);
    if is_filled_in || !form_age::old_enough(&app, &form.shown) {
        return show(&app, office, words, &form, Some(Returned::OnceMore)).await;
    }
    if is_of_another_text(office, words, &form.consent) {
        return show(&app, office, words, &form, Some(Returned::ConsentChanged)).await;
    }
    let topics = form.topic.clone();
    let mut request = request_of(&app, typed, topics, words, Channel::Form, &visitor);
    request.frequency = frequency_of(&form.frequency);
    request.about = AboutReader::of_form(office, words.tag, &form.zip, form.answers());
    let elsewhere = form.elsewhere(office);
    if !elsewhere.page.is_empty() {
        elsewhere.page.clone_into(&mut request.page);
    }
    if worked {
        // Who worked for it is no flood: the mailbox alone is counted.
        request.networks.clear();
    }
    let receipt = intake.receive(request).await?;
    if receipt == Receipt::NoSuchTopic {
        return show(&app, office, words, &form, Some(Returned::NoSuchTopic)).await;
    }
    let next = on_own_site(office, elsewhere.next).filter(|_| receipt == Receipt::Now);
    if let Some(next) = next {
        // As a header may hold it.
        return Ok(Redirect::to(next.as_str()).into_response());
    }
    let spellings = BothSpellings::of(address.as_str());
    let sent = Sent {
        address: &address,
        spelt: spellings.spelt(),
        topics: &form.topic,
        frequency: frequency_of(&form.frequency),
        zip: &form.zip,
        about: &questions(office, words, form.answers()),
        elsewhere,
        is_resent: !form.resend.is_empty(),
    };
    Ok(received(&app, office, words, receipt, Some(sent)))
}

/// Whether an address stands on a site that the office named as its own: nobody else is redirected to,
/// and nobody else's page stands in the evidence.
fn on_own_site(office: &Office, page: &str) -> Option<url::Url> {
    let url = url::Url::parse(page).ok()?;
    let origin = url.origin().ascii_serialization();
    (page.len() <= LONGEST_PAGE && office.form_sites.contains(&origin)).then_some(url)
}

/// Characters of an address (RFC 5321).
const LONGEST_ADDRESS: usize = 254;

/// Octets of a page's address that the evidence keeps.
const LONGEST_PAGE: usize = 500;

/// Lets scripts of the office's own sites post to the API, and read what it answers (the Fetch
/// standard's CORS protocol). No other site's, and without cookies: there are none.
pub(super) async fn allow_own_sites(
    Extension(intake): Extension<Intake>,
    request: Request,
    next: Next,
) -> Result<Response, http::Failure> {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let preflight = request.method() == Method::OPTIONS;
    let office = intake.office().await?;
    let ours = origin.filter(|origin| {
        let named = |origin: &str| office.form_sites.iter().any(|site| site == origin);
        origin.to_str().is_ok_and(named)
    });
    let mut response = if preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = ours {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    Ok(response)
}

/// What was sent, for the buttons on the page after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent<'a> {
    address: &'a EmailAddress,
    spelt: Spelt<'a>,
    topics: &'a [String],
    frequency: Frequency,
    zip: &'a str,
    about: &'a [(&'a str, &'a str)],
    elsewhere: Elsewhere<'a>,
    /// By the button "send it again": whoever presses it has had the page that says that a mail is on its way.
    is_resent: bool,
}

/// How often a form or the API asks; what is none of our words is no choice.
pub(super) fn frequency_of(word: &str) -> Frequency {
    Frequency::of_word(word).unwrap_or_default()
}

/// The answer to every request that was taken, and to one that was not. `sent`: none where it came by a
/// link, whose address the page must not tell.
pub(super) fn received(
    app: &App,
    office: &Office,
    words: &'static Words,
    receipt: Receipt,
    sent: Option<Sent<'_>>,
) -> Response {
    let late = may_take_until(app, office, words, receipt);
    let question = match (sent, receipt) {
        (Some(sent), Receipt::Later(_) | Receipt::Refused) => {
            proof_of_work::question(app, sent.address).ok()
        }
        _ => None,
    };
    let page = pages::CheckMail {
        address: sent.map(|sent| sent.spelt),
        topics: sent.map(|sent| sent.topics).unwrap_or_default(),
        frequency: sent.map(|sent| sent.frequency).unwrap_or_default().word(),
        zip: sent.map(|sent| sent.zip).unwrap_or_default(),
        about: sent.map(|sent| sent.about).unwrap_or_default(),
        elsewhere: sent.map(|sent| sent.elsewhere).unwrap_or_default(),
        sender: office.from.as_str(),
        nonce: &form_age::shown_again(app),
        late: late.as_deref(),
        is_resent: sent.is_some_and(|sent| sent.is_resent),
        question: question
            .as_deref()
            .map(|asked| (asked, proof_of_work::BITS)),
    };
    let page = if receipt == Receipt::Refused {
        let content = pages::busy(words, office.contact_shown(), Some(&page));
        not_taken(office, words, &content)
    } else {
        let content = pages::check_mail(words, &page);
        http::answer_page(office, words, words.check_mail_title, &content)
    };
    with_proof(page, question.is_some())
}

/// A page whose script works something out may load it.
pub(super) fn with_proof(mut page: Response, asks: bool) -> Response {
    if asks {
        let policy = HeaderValue::from_static(WITH_SCRIPT);
        page.headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    page
}

/// What the one page may load that works something out: our own script.
const WITH_SCRIPT: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A request that was not taken is said to be none.
pub(super) fn refused(office: &Office, words: &'static Words) -> Response {
    let content = pages::busy(words, office.contact_shown(), None);
    not_taken(office, words, &content)
}

/// The page about a request that was not taken.
pub(super) fn not_taken(
    office: &Office,
    words: &'static Words,
    content: &maud::Markup,
) -> Response {
    let page = http::page(office, words, words.busy_title, content);
    (StatusCode::TOO_MANY_REQUESTS, page).into_response()
}

/// Until when a mail that waits for its turn may take, rounded up to the next ten minutes.
pub(super) fn may_take_until(
    app: &App,
    office: &Office,
    words: &Words,
    receipt: Receipt,
) -> Option<String> {
    let Receipt::Later(due) = receipt else {
        return None;
    };
    let rounded = due - due.rem_euclid(TEN_MINUTES_MS) + TEN_MINUTES_MS;
    let until = instant(rounded).to_zoned_datetime(office.time_zone.clone());
    let today = app.clock.now().to_zoned_datetime(office.time_zone.clone());
    let time = if until.date() == today.date() {
        words.time_of_day(until.time())
    } else {
        let zone = until.strftime("%Z").to_string();
        words.day_and_time(until.datetime(), &zone)
    };
    Some(words.may_take_until(&time))
}

const TEN_MINUTES_MS: i64 = 600_000;

pub(super) async fn subscribe_by_api(
    State(app): State<App>,
    Extension(intake): Extension<Intake>,
    visitor: Visitor,
    body: Bytes,
) -> Answer {
    let wrong = |wrong: &WrongField| {
        let told = Json(wrong.told());
        Ok((StatusCode::UNPROCESSABLE_ENTITY, told).into_response())
    };
    let given = match ApiRequest::read(&body) {
        Ok(given) => given,
        Err(field) => return wrong(&field),
    };
    let address = match EmailAddress::parse(&given.email) {
        Ok(address) => address,
        Err(error) => {
            let mut told = WrongField {
                field: Some("email"),
                error: error.to_string(),
            }
            .told();
            if let Some(likely) = EmailAddress::likely_meant(&given.email) {
                told["error"] = json!(format!("{error}; did they mean {likely}?"));
                told["likely"] = json!(likely);
            }
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(told)).into_response());
        }
    };
    if let Some(likely) = address.likely_correction()
        && !given.as_typed
    {
        let answer = json!({
            "error": "this address looks mistyped; send `likely`, or set `as_typed` to true",
            "field": "email",
            "likely": likely,
            "example": { "email": likely },
        });
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(answer)).into_response());
    }
    if !relay_letters::are_taken(&app, &address).await? {
        return wrong(&WrongField {
            field: Some("email"),
            error: relay_letters::NOT_TAKEN.to_owned(),
        });
    }
    let office = intake.office().await?;
    let office = office.as_ref();
    let words = visitor.words_shown(office, given.language.as_deref());
    if !office.complete {
        let answer = json!({ "error": "sign-up is not open yet" });
        return Ok((StatusCode::SERVICE_UNAVAILABLE, Json(answer)).into_response());
    }
    if is_of_another_text(office, words, &given.consent) {
        let mut told = WrongField {
            field: Some("consent"),
            error: "what people agree to has changed since the form was shown: show it anew"
                .to_owned(),
        }
        .told();
        told["notice"] = json!(words.consent_changed);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Json(told)).into_response());
    }
    let (email, topics) = (given.email, given.topics);
    let mut request = request_of(&app, &email, topics, words, Channel::Api, &visitor);
    request.frequency = frequency_of(&given.frequency);
    let answers = FormAnswers::of(&given.questions, &given.answers);
    request.about = AboutReader::of_form(office, words.tag, &given.zip, answers);
    if on_own_site(office, &given.page).is_some() {
        request.page.clone_from(&given.page);
    }
    let receipt = intake.receive(request).await?;
    let answer = match receipt {
        Receipt::Now => json!({
            "status": "accepted",
            "message": "If this address can receive our news, an email to confirm it is on its way.",
        }),
        Receipt::Later(due) => json!({
            "status": "accepted",
            "message": "Many people are signing up; the email to confirm the address may take until the time in `until`.",
            "until": instant(due).to_string(),
            "notice": may_take_until(&app, office, words, receipt),
        }),
        Receipt::NoSuchTopic => {
            return wrong(&WrongField {
                field: Some("topics"),
                error: "no topic that is offered here is called so; leave it out for all, or send the name that stands in the sign-up form".to_owned(),
            });
        }
        Receipt::Refused => {
            let answer = json!({
                "error": "not taken: very many requests come from this network; try again tomorrow",
                "notice": words.busy(office.contact_shown()),
            });
            return Ok((StatusCode::TOO_MANY_REQUESTS, Json(answer)).into_response());
        }
    };
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

fn request_of(
    app: &App,
    email: &str,
    topics: Vec<String>,
    words: &Words,
    channel: Channel,
    visitor: &Visitor,
) -> SignUp {
    SignUp {
        email: email.trim().to_owned(),
        topics: topics.into_iter().take(50).collect(),
        frequency: Frequency::Each,
        language: words.tag.to_owned(),
        page: app.link("/"),
        channel,
        ip: visitor.client.ip.to_string(),
        networks: networks(app, visitor),
        user_agent: visitor.user_agent.clone(),
        about: AboutReader::default(),
    }
}
