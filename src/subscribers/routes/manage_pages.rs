//! Managing a subscription: a link is asked for with the address, and comes by mail. No answer tells
//! whether the address is known (O5).

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use axum_extra::extract::Form;
use gazette_templates::pages::{
    subscribers::{self as pages, Returned},
    words::Words,
};
use serde::Deserialize;

use super::{
    mailed_link::MailedLink,
    proof_of_work,
    sign_up_pages::{may_take_until, not_taken, questions, with_proof},
    typed_address::TypedAddress,
    visitor_request::{Answer, chosen_in_language, networks, origin},
};
use crate::{
    address::EmailAddress,
    app::App,
    http::{self, AnyForm, Visitor},
    idn::readable_address,
    office::Office,
    secret::Token,
    subscribers::{
        AboutReader, AddressChange, Channel, FormAnswers, Frequency, LinkHolder, Receipt, SignUp,
        Status, about_reader, change_about, change_address, choices, erase_own, is_joined,
        link::SubscriberLink, link_holder, own_data, receive, request_new_address,
    },
};

type Mailed = MailedLink<Token>;

#[derive(Debug, Deserialize)]
pub(super) struct AskForm {
    #[serde(default)]
    email: String,
    /// The button "keep it as typed", with the address.
    #[serde(default)]
    keep: String,
    /// What the browser was asked to work out, and the answer.
    #[serde(default)]
    question: String,
    #[serde(default)]
    answer: String,
}

pub(super) async fn ask_page(State(app): State<App>, visitor: Visitor) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    let content = pages::ask_for_link(words, "", None);
    Ok(http::page(&office, words, words.manage_title, &content))
}

pub(super) async fn ask(
    State(app): State<App>,
    visitor: Visitor,
    AnyForm(form): AnyForm<AskForm>,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    let address = match TypedAddress::of(&app, &form.email, &form.keep).await?.read {
        Ok(address) => address,
        Err(fault) => {
            let content = pages::ask_for_link(words, &form.email, Some(fault.returned()));
            let page = http::page(&office, words, words.manage_title, &content);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let worked = proof_of_work::is_answered(&app, &address, &form.question, &form.answer);
    let request = SignUp {
        email: address.as_str().to_owned(),
        topics: Vec::new(),
        frequency: Frequency::Each,
        language: words.tag.to_owned(),
        page: app.link("/manage"),
        channel: Channel::Manage,
        ip: visitor.client.ip.to_string(),
        // Who worked for it is no flood: the mailbox alone is counted.
        networks: if worked {
            Vec::new()
        } else {
            networks(&app, &visitor)
        },
        user_agent: visitor.user_agent.clone(),
        about: AboutReader::default(),
    };
    let receipt = receive(&app, &request).await?;
    if receipt == Receipt::Refused {
        let question = proof_of_work::question(&app, &address).ok();
        let asked = question
            .as_deref()
            .map(|asked| (asked, proof_of_work::BITS));
        let content = pages::busy_link(words, office.contact_shown(), address.as_str(), asked);
        let page = not_taken(&office, words, &content);
        return Ok(with_proof(page, question.is_some()));
    }
    let said = words.manage_sent(&readable_address(address.as_str()));
    let late = may_take_until(&app, &office, words, receipt);
    let content = pages::link_asked(words, &said, late.as_deref());
    Ok(http::answer_page(
        &office,
        words,
        words.check_mail_title,
        &content,
    ))
}

pub(super) async fn manage_page(mailed: Mailed) -> Answer {
    match holder(&mailed, false).await? {
        Ok(holder) => show(&mailed, &holder, Shown::default()).await,
        Err(over) => Ok(over),
    }
}

/// The holder of the link, or what to answer where there is none.
async fn holder(
    mailed: &Mailed,
    confirms_address: bool,
) -> Result<Result<LinkHolder, Response>, http::Failure> {
    let Some(token) = &mailed.token else {
        return Ok(Err(mailed.incomplete(StatusCode::NOT_FOUND)));
    };
    let found = link_holder(&mailed.app, token, confirms_address).await?;
    Ok(found.ok_or_else(|| over(mailed)))
}

fn over(mailed: &Mailed) -> Response {
    let words = mailed.words;
    let content = pages::personal_link_over(words);
    let page = http::page(&mailed.office, words, words.link_over_title, &content);
    (StatusCode::GONE, page).into_response()
}

/// What came back, or was just saved.
#[derive(Debug, Clone, Copy, Default)]
struct Shown<'a> {
    /// The new address as it was typed, and why it came back.
    wrong_address: Option<(&'a str, Returned<'a>)>,
    about_saved: bool,
    /// What was said, with a ZIP code that is none.
    wrong_about: Option<&'a AboutForm>,
}

async fn show(mailed: &Mailed, holder: &LinkHolder, shown: Shown<'_>) -> Answer {
    let (app, office, words) = (&mailed.app, &mailed.office, mailed.words);
    let kept = about_reader(app, holder.subscriber).await?;
    let in_order = kept.in_order(office);
    let said = FormAnswers::of(&[], &in_order);
    let (zip, answers) = match shown.wrong_about {
        Some(typed) => (typed.zip.as_str(), typed.answers()),
        None => (kept.zip.as_deref().unwrap_or_default(), said),
    };
    let questions = questions(office, words, answers);
    let asks_zip = !office.zip_codes.is_empty();
    let about = (asks_zip || !questions.is_empty()).then_some(pages::About {
        asks_zip,
        zip,
        questions: &questions,
        saved: shown.about_saved,
        wrong_zip: shown.wrong_about.is_some(),
    });
    let link = SubscriberLink {
        subscriber: holder.subscriber,
        newsletter: 0,
    };
    let found = choices(app, link).await?;
    let subscribed = found.is_some();
    let (topics, _) = found.unwrap_or_default();
    let topics = chosen_in_language(app, topics, words).await?;
    let (link, languages) = (link.token(&app.keys), http::languages(office));
    let preferences = subscribed.then(|| pages::Preferences {
        token: &link,
        choices: &topics,
        languages: &languages,
        language: Words::of(&holder.language).tag,
        saved: false,
    });
    let is_joined = !subscribed && is_joined(app.db.pool(), holder.subscriber).await?;
    let view = pages::Manage {
        token: mailed.token.as_ref().map(Token::as_str).unwrap_or_default(),
        email: &readable_address(&holder.email),
        never: holder.status == Status::Blocked,
        joined: is_joined.then_some(link.as_str()),
        preferences,
        new: shown.wrong_address.map_or("", |(typed, _)| typed),
        returned: shown.wrong_address.map(|(_, returned)| returned),
        about,
    };
    let content = pages::manage(words, &view);
    let page = http::page(office, words, words.manage_title, &content);
    let is_wrong = shown.wrong_address.is_some() || shown.wrong_about.is_some();
    let status = if is_wrong {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok((status, page).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct AboutForm {
    #[serde(default)]
    zip: String,
    /// Answers to the office's own questions, in the order of `asked`.
    #[serde(default)]
    about: Vec<String>,
    #[serde(default)]
    asked: Vec<String>,
}

impl AboutForm {
    fn answers(&self) -> FormAnswers<'_> {
        FormAnswers::of(&self.asked, &self.about)
    }
}

pub(super) async fn change_about_now(mailed: Mailed, Form(form): Form<AboutForm>) -> Answer {
    let holder = match holder(&mailed, false).await? {
        Ok(holder) => holder,
        Err(over) => return Ok(over),
    };
    let (office, words) = (&mailed.office, mailed.words);
    let said = AboutReader::of_form(office, words.tag, &form.zip, form.answers());
    let asks_zip = !office.zip_codes.is_empty();
    if asks_zip && said.zip.is_none() && !form.zip.trim().is_empty() {
        let shown = Shown {
            wrong_about: Some(&form),
            ..Shown::default()
        };
        return show(&mailed, &holder, shown).await;
    }
    change_about(&mailed.app, office, holder.subscriber, said).await?;
    let shown = Shown {
        about_saved: true,
        ..Shown::default()
    };
    show(&mailed, &holder, shown).await
}

#[derive(Debug, Deserialize)]
pub(super) struct AddressForm {
    #[serde(default)]
    new: String,
    /// The button "keep it as typed", with the address.
    #[serde(default)]
    keep: String,
}

pub(super) async fn ask_for_address(mailed: Mailed, Form(form): Form<AddressForm>) -> Answer {
    let holder = match holder(&mailed, false).await? {
        Ok(holder) => holder,
        Err(over) => return Ok(over),
    };
    let address = match TypedAddress::of(&mailed.app, &form.new, &form.keep)
        .await?
        .read
    {
        Ok(address) => address,
        Err(fault) => {
            let shown = Shown {
                wrong_address: Some((&form.new, fault.returned())),
                ..Shown::default()
            };
            return show(&mailed, &holder, shown).await;
        }
    };
    if holder.status != Status::Confirmed {
        return Ok(change_over(&mailed, Some(address.as_str())));
    }
    let words = mailed.words;
    if EmailAddress::is_spelling_of(&holder.email, &address.key()) {
        let said = words.subscribed_as(&readable_address(address.as_str()));
        return Ok(mailed.notice(words.change_title, &said));
    }
    Ok(
        if request_new_address(&mailed.app, &holder, &address, words).await? {
            let said = words.change_sent(&readable_address(address.as_str()));
            mailed.notice(words.change_title, &said)
        } else {
            let page = mailed.notice(words.change_title, words.change_too_often);
            (StatusCode::TOO_MANY_REQUESTS, page).into_response()
        },
    )
}

/// The landing page in the new mailbox: it changes nothing (O4).
pub(super) async fn new_address_page(mailed: Mailed) -> Answer {
    let holder = match holder(&mailed, true).await? {
        Ok(holder) => holder,
        Err(over) => return Ok(over),
    };
    if holder.status != Status::Confirmed {
        return Ok(change_over(&mailed, holder.new_email.as_deref()));
    }
    let words = mailed.words;
    let content = pages::new_address(
        words,
        mailed.token.as_ref().map(Token::as_str).unwrap_or_default(),
        &readable_address(holder.new_email.as_deref().unwrap_or_default()),
    );
    let title = words.change_confirm_title;
    Ok(http::page(&mailed.office, words, title, &content))
}

pub(super) async fn new_address_now(mailed: Mailed) -> Answer {
    let Some(token) = &mailed.token else {
        return Ok(mailed.incomplete(StatusCode::NOT_FOUND));
    };
    let words = mailed.words;
    let changed = change_address(&mailed.app, token, &origin(&mailed.visitor)).await?;
    Ok(match changed {
        AddressChange::Changed(address) => {
            let said = words.changed(&readable_address(&address));
            mailed.notice(words.changed_title, &said)
        }
        AddressChange::SubscriptionEnded(address) => change_over(&mailed, Some(&address)),
        AddressChange::LinkExpired => over(&mailed),
    })
}

/// The subscription ended before its new address was confirmed: there is nothing to move.
fn change_over(mailed: &Mailed, email: Option<&str>) -> Response {
    let words = mailed.words;
    let content = pages::change_over(words, &readable_address(email.unwrap_or_default()));
    let page = http::page(&mailed.office, words, words.change_over_title, &content);
    (StatusCode::GONE, page).into_response()
}

/// Everything that is kept of the holder, as a file.
pub(super) async fn copy(mailed: Mailed) -> Answer {
    let holder = match holder(&mailed, false).await? {
        Ok(holder) => holder,
        Err(over) => return Ok(over),
    };
    let kept = own_data(&mailed.app, &holder).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"my-data.json\"",
        ),
    ];
    Ok((headers, serde_json::to_string_pretty(&kept)?).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct EraseForm {
    #[serde(default)]
    sure: String,
}

pub(super) async fn erase(mailed: Mailed, Form(form): Form<EraseForm>) -> Answer {
    let holder = match holder(&mailed, false).await? {
        Ok(holder) => holder,
        Err(over) => return Ok(over),
    };
    if form.sure != "yes" {
        return show(&mailed, &holder, Shown::default()).await;
    }
    erase_own(&mailed.app, &holder).await?;
    let words = mailed.words;
    let said = if holder.status == Status::Blocked {
        // It outlives them: signing up anew leads nowhere.
        words.never_done
    } else {
        words.erased
    };
    Ok(mailed.notice(words.erased_title, said))
}
