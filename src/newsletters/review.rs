//! Before a newsletter is approved: who wrote it, asking somebody to approve it, and what staff say to
//! each other about it. Where the office wants four eyes, whoever wrote or changed a text does not
//! approve it.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait,
    QueryFilter, QueryOrder,
};

use super::{
    NewsletterError, NewsletterState as State, Result,
    lifecycle::{record, refusal},
    newsletter_entities::{newsletter, newsletter_author, newsletter_comment},
    newsletter_notifications::tell_of_request,
    store::find,
    text_revisions::hold,
};
use crate::{
    accounts::{self, Role, StaffNames},
    app::App,
    audit::{Action, GAZETTE, OPERATOR},
    clock::{Timestamp, instant},
    db::{WriteTransaction, execute},
    office::Office,
    values,
};

/// Characters of a comment.
const LONGEST_COMMENT: usize = 2_000;

/// What somebody said about a newsletter.
#[derive(Debug, Clone)]
pub struct Comment {
    /// A member of staff.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// Plain text, which may have lines.
    pub text: String,
}

/// Notes that `who` wrote or changed the text. What Gazette puts in comes from the office's site.
pub(super) async fn note_author(
    transaction: &WriteTransaction,
    id: i64,
    who: &str,
) -> std::result::Result<(), DbErr> {
    if who != GAZETTE {
        let sql = "INSERT INTO newsletter_author (newsletter_id, who) VALUES ($1, $2)
                   ON CONFLICT (newsletter_id, who) DO NOTHING";
        execute(transaction, sql, values![id, who]).await?;
    }
    Ok(())
}

/// Whoever wrote newsletter `from` wrote `to`, which says the same.
pub(super) async fn copy_authors(
    transaction: &WriteTransaction,
    from: i64,
    to: i64,
) -> std::result::Result<(), DbErr> {
    let sql = "INSERT INTO newsletter_author (newsletter_id, who)
               SELECT $2, who FROM newsletter_author WHERE newsletter_id = $1
               ON CONFLICT (newsletter_id, who) DO NOTHING";
    execute(transaction, sql, values![from, to]).await?;
    Ok(())
}

/// Notes who wrote the draft that was made of a text which staff wrote in the console.
pub(super) async fn written_by(app: &App, draft: i64, who: &str) -> Result<()> {
    let transaction = app.db.begin().await?;
    note_author(&transaction, draft, who).await?;
    Ok(transaction.commit().await?)
}

/// Everybody who wrote or changed the text, as the audit log names them.
pub async fn authors(app: &App, id: i64) -> Result<Vec<String>> {
    let authors = newsletter_author::Entity::find()
        .filter(newsletter_author::Column::NewsletterId.eq(id))
        .order_by_asc(newsletter_author::Column::Who)
        .all(app.db.pool())
        .await?;
    Ok(authors.into_iter().map(|author| author.who).collect())
}

/// [`admit_approver`], before anything is noted of an approval.
///
/// # Errors
/// [`NewsletterError::Wrong`] where somebody else has to approve it.
pub async fn check_approver(app: &App, id: i64, who: &str) -> Result<()> {
    let office = Office::load(&app.db).await?;
    admit_approver(app.db.pool(), &office, id, who).await
}

/// That `who` may approve it where the office wants four eyes. The operator has the machine, and is
/// asked nothing.
pub(super) async fn admit_approver(
    connection: &impl ConnectionTrait,
    office: &Office,
    id: i64,
    who: &str,
) -> Result<()> {
    if !office.four_eyes || who == OPERATOR {
        return Ok(());
    }
    let key = (id, who.to_owned());
    match newsletter_author::Entity::find_by_id(key)
        .one(connection)
        .await?
    {
        None => Ok(()),
        Some(_) => Err(NewsletterError::Wrong(
            "you wrote or changed this text, and in your office somebody else approves it: ask for approval"
                .to_owned(),
        )),
    }
}

/// Whether anybody but `who` may approve it: an approver or admin, and where the office wants four eyes none who
/// wrote or changed its text.
pub async fn somebody_else_may_approve(app: &App, id: i64, who: &str) -> Result<bool> {
    let authors = if Office::load(&app.db).await?.four_eyes {
        authors(app, id).await?
    } else {
        Vec::new()
    };
    let members = accounts::active(app)
        .await
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    Ok(members.iter().any(|member| {
        let email = member.email.as_str();
        member.role >= Role::Approver
            && email != who
            && !authors.iter().any(|author| author == email)
    }))
}

/// Asks those who may approve to look at a draft, with a comment where there is one to make. Who has asked
/// already asks no second time for the same text.
///
/// # Errors
/// [`NewsletterError::State`] where it is no draft any more; [`NewsletterError::Wrong`] for a comment
/// that is too long, or where nobody else may approve it.
pub async fn request_review(app: &App, id: i64, text: &str, by: &str) -> Result<()> {
    let text = parse_comment(text)?;
    if find(app, id).await?.state == State::Draft && !somebody_else_may_approve(app, id, by).await?
    {
        return Err(NewsletterError::Wrong(
            "nobody else in your office may approve this text, so nobody was asked; an admin can invite an approver"
                .to_owned(),
        ));
    }
    let names = StaffNames::load(app, Role::Approver)
        .await
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    let transaction = app.db.begin().await?;
    let held = hold(&transaction, id).await?;
    if held.state != State::Draft {
        let why = "approval can be asked for a draft only";
        return Err(refusal(&transaction, id, why).await?);
    }
    let now = app.clock.now_ms();
    if held.review_requested_by.as_deref() == Some(by) {
        // They were told; a new text takes the request back.
        if !text.is_empty() && add_comment(&transaction, id, text, by, now).await? {
            record(&transaction, now, by, Action::NewsletterComment, id, "").await?;
        }
        return Ok(transaction.commit().await?);
    }
    let set = newsletter::ActiveModel {
        review_requested_at: Set(Some(now)),
        review_requested_by: Set(Some(by.to_owned())),
        ..Default::default()
    };
    newsletter::Entity::update_many()
        .set(set)
        .filter(newsletter::Column::Id.eq(id))
        .exec(&transaction)
        .await?;
    record(
        &transaction,
        now,
        by,
        Action::NewsletterRequestReview,
        id,
        "",
    )
    .await?;
    if !text.is_empty() {
        add_comment(&transaction, id, text, by, now).await?;
    }
    let asks = (by, names.called(by));
    tell_of_request(&transaction, id, now, asks, text).await?;
    Ok(transaction.commit().await?)
}

/// Says something about a newsletter to other staff.
///
/// # Errors
/// [`NewsletterError::Wrong`] where it says nothing, or too much.
pub async fn comment(app: &App, id: i64, text: &str, by: &str) -> Result<()> {
    let text = parse_comment(text)?;
    if text.is_empty() {
        return Err(NewsletterError::Wrong("write a comment first".to_owned()));
    }
    let transaction = app.db.begin().await?;
    hold(&transaction, id).await?;
    let now = app.clock.now_ms();
    if add_comment(&transaction, id, text, by, now).await? {
        record(&transaction, now, by, Action::NewsletterComment, id, "").await?;
    }
    Ok(transaction.commit().await?)
}

fn parse_comment(text: &str) -> Result<&str> {
    let text = text.trim();
    if text.chars().count() > LONGEST_COMMENT {
        return Err(NewsletterError::Wrong(format!(
            "the comment is too long; {LONGEST_COMMENT} characters is the most"
        )));
    }
    Ok(text)
}

/// Whether it is new: a button that was pressed twice says the same once.
async fn add_comment(
    transaction: &WriteTransaction,
    id: i64,
    text: &str,
    by: &str,
    now: i64,
) -> Result<bool> {
    let text = text.replace("\r\n", "\n");
    // newsletter_comment_of
    let last = newsletter_comment::Entity::find()
        .filter(newsletter_comment::Column::NewsletterId.eq(id))
        .order_by_desc(newsletter_comment::Column::Id)
        .one(transaction)
        .await?;
    if last.is_some_and(|last| last.who == by && last.text == text) {
        return Ok(false);
    }
    newsletter_comment::ActiveModel {
        newsletter_id: Set(id),
        at: Set(now),
        who: Set(by.to_owned()),
        text: Set(text),
        ..Default::default()
    }
    .insert(transaction)
    .await?;
    Ok(true)
}

/// What staff said about it, the oldest first.
pub async fn comments(app: &App, id: i64) -> Result<Vec<Comment>> {
    // newsletter_comment_of
    let comments = newsletter_comment::Entity::find()
        .filter(newsletter_comment::Column::NewsletterId.eq(id))
        .order_by_asc(newsletter_comment::Column::Id)
        .all(app.db.pool())
        .await?;
    Ok(comments
        .into_iter()
        .map(|comment| Comment {
            who: comment.who,
            at: instant(comment.at),
            text: comment.text,
        })
        .collect())
}
