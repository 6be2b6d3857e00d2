//! Links that somebody asks for and gets by mail: to manage a subscription, and to confirm a new
//! address. They work for a few days and prove the mailbox, unlike the links of newsletters, which
//! people pass on: so only they change an address, give out what is kept, and erase it.

use gazette_templates::{
    email::{PersonalLinkMail, Step, personal_link as render},
    pages::words::Words,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use serde_json::{Value, json};

use super::{
    Event, Result, Status, SubscriberError, confirmation_requests,
    consent::{self, Evidence},
    erasure, evidence, joined_address,
    request_origin::RequestOrigin,
    status,
    subscriber_kinds::LinkPurpose,
    subscriber_tables::{personal_link, subscriber},
    suppression::{self, SuppressionReason},
    topics,
};
use crate::{
    address::EmailAddress,
    app::App,
    clock::{DAY, HOUR, instant},
    db::WriteTransaction,
    delivery_withdrawal,
    office::Office,
    secret::{Token, random_label},
    transactional::{self, TransactionalContent, TransactionalKind, TransactionalMail},
};

/// Hours for which a link works.
const LINK_HOURS: i64 = 48;

/// Who the person is in the audit log who does it themselves.
const SUBSCRIBER: &str = "subscriber";

/// A link that is to be mailed.
#[derive(Debug)]
pub struct NewLink<'a> {
    subscriber: i64,
    recipient: &'a EmailAddress,
    purpose: LinkPurpose,
    /// When it was asked, in milliseconds.
    asked_at: i64,
    /// Staff who asked at the holder's word.
    asked_by: Option<&'a str>,
}

impl<'a> NewLink<'a> {
    /// To manage the subscription.
    pub fn manage(subscriber: i64, recipient: &'a EmailAddress, asked_at: i64) -> Self {
        let purpose = LinkPurpose::Manage;
        Self {
            subscriber,
            recipient,
            purpose,
            asked_at,
            asked_by: None,
        }
    }

    /// The same to who is subscribed and was entered in the form again.
    pub fn already_subscribed(subscriber: i64, recipient: &'a EmailAddress, asked_at: i64) -> Self {
        let purpose = LinkPurpose::AlreadySubscribed;
        Self {
            subscriber,
            recipient,
            purpose,
            asked_at,
            asked_by: None,
        }
    }

    /// To confirm a new address; `asked_by`: a member of staff who was told of it, `None`: the subscriber.
    pub fn new_address(
        subscriber: i64,
        recipient: &'a EmailAddress,
        asked_at: i64,
        asked_by: Option<&'a str>,
    ) -> Self {
        Self {
            subscriber,
            recipient,
            purpose: LinkPurpose::NewAddress,
            asked_at,
            asked_by,
        }
    }

    /// Mails of this kind about one subscriber in a day.
    fn most_in_a_day(&self) -> u64 {
        match self.purpose {
            LinkPurpose::AlreadySubscribed => 1,
            LinkPurpose::Manage | LinkPurpose::NewAddress => 3,
        }
    }
}

/// Who holds a link that works.
#[derive(Debug)]
pub struct LinkHolder {
    /// `subscriber.id`
    pub subscriber: i64,
    /// Their address.
    pub email: String,
    /// BCP 47.
    pub language: String,
    /// Where they stand.
    pub status: Status,
    /// Of a link that confirms a new address.
    pub new_email: Option<String>,
    link: i64,
    /// Staff who asked for the link.
    asked_by: Option<String>,
}

/// Queues the mail with a link, unless there were enough of its kind today.
pub async fn queue(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    words: &Words,
    link: &NewLink<'_>,
) -> Result<()> {
    queue_within_limits(app, transaction, office, words, link)
        .await
        .map(|_| ())
}

/// The same; where there were enough, the instant from which there may be one more, in milliseconds.
pub(super) async fn queue_within_limits(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    words: &Words,
    link: &NewLink<'_>,
) -> Result<std::result::Result<(), i64>> {
    let new_address = link.purpose == LinkPurpose::NewAddress;
    let new_email = new_address.then(|| link.recipient.as_str().to_owned());
    let (label, expires) = match reserve(app, transaction, link, new_email).await? {
        Ok(reserved) => reserved,
        Err(not_before) => return Ok(Err(not_before)),
    };
    let mail = TransactionalMail {
        kind: TransactionalKind::Subscription,
        recipient: link.recipient,
        content: content(app, office, words, link, expires),
        token_label: Some(label),
    };
    transactional::enqueue(app, transaction, office, mail).await?;
    Ok(Ok(()))
}

/// Counts a link, mailed or not: the label of its token and the instant of its end; where there were enough,
/// the instant from which there may be one more.
async fn reserve(
    app: &App,
    transaction: &WriteTransaction,
    link: &NewLink<'_>,
    new_email: Option<String>,
) -> Result<std::result::Result<(String, i64), i64>> {
    let now = app.clock.now_ms();
    // personal_link_of_subscriber
    let today: Vec<i64> = personal_link::Entity::find()
        .select_only()
        .column(personal_link::Column::CreatedAt)
        .filter(personal_link::Column::SubscriberId.eq(link.subscriber))
        .filter(personal_link::Column::CreatedAt.gt(now - DAY))
        .filter(personal_link::Column::Purpose.eq(link.purpose))
        .order_by_desc(personal_link::Column::CreatedAt)
        .limit(link.most_in_a_day())
        .into_tuple()
        .all(transaction)
        .await?;
    if let (true, Some(first)) = (today.len() as u64 >= link.most_in_a_day(), today.last()) {
        return Ok(Err(first + DAY));
    }
    if link.purpose == LinkPurpose::NewAddress {
        // Who corrects a slip of the finger does not want the mailbox of a stranger to have the last word.
        void(
            transaction,
            link.subscriber,
            &[LinkPurpose::NewAddress],
            now,
        )
        .await?;
    }
    let expires = now + LINK_HOURS * HOUR;
    let label = format!("personal link/{}", random_label()?);
    let token = app.keys.token(&label);
    personal_link::Entity::insert(personal_link::ActiveModel {
        subscriber_id: Set(link.subscriber),
        token_hash: Set(token.hash()),
        purpose: Set(link.purpose),
        new_email: Set(new_email),
        asked_by: Set(link.asked_by.map(str::to_owned)),
        created_at: Set(now),
        expires_at: Set(expires),
        ..Default::default()
    })
    .exec_without_returning(transaction)
    .await?;
    Ok(Ok((label, expires)))
}

/// Links of these kinds work no more.
async fn void(
    transaction: &WriteTransaction,
    subscriber: i64,
    purposes: &[LinkPurpose],
    now: i64,
) -> Result<()> {
    // personal_link_of_subscriber
    personal_link::Entity::update_many()
        .col_expr(personal_link::Column::UsedAt, Expr::value(now))
        .filter(personal_link::Column::SubscriberId.eq(subscriber))
        .filter(personal_link::Column::Purpose.is_in(purposes.iter().copied()))
        .filter(personal_link::Column::UsedAt.is_null())
        .exec(transaction)
        .await?;
    Ok(())
}

fn content(
    app: &App,
    office: &Office,
    words: &Words,
    link: &NewLink<'_>,
    expires: i64,
) -> TransactionalContent {
    let asked_at = instant(link.asked_at).to_zoned_datetime(office.time_zone.clone());
    let zone = asked_at.strftime("%Z").to_string();
    let when = words.day_and_time(asked_at.datetime(), &zone);
    let name = office.name_in(words.tag);
    let (subject, asked, page) = match link.purpose {
        LinkPurpose::Manage => (words.manage_title, words.manage_mail(name), "manage"),
        LinkPurpose::AlreadySubscribed => (
            words.already_subject,
            words.already_mail(&when, name),
            "manage",
        ),
        LinkPurpose::NewAddress => (
            words.change_confirm_title,
            words.change_mail(name),
            "new-address",
        ),
    };
    let url = app.link(&format!("/{page}/{}?lang={}", Token::SLOT, words.tag));
    let until = instant(expires).to_zoned_datetime(office.time_zone.clone());
    let until = words.day_and_time(until.datetime(), &until.strftime("%Z").to_string());
    let parts = render(
        words,
        &PersonalLinkMail {
            sender: office.sender(words.tag),
            title: subject,
            asked: &asked,
            button: Step {
                label: if page == "manage" {
                    words.manage_title
                } else {
                    words.change_confirm_title
                },
                url: &url,
            },
            until: &until,
        },
    );
    TransactionalContent::letter(format!("{subject} – {name}"), parts, words.tag)
}

/// Who holds this link; `None` where it has expired, was used up or never was one. A link that
/// confirms an address is no link to manage with, and the other way round.
pub async fn link_holder(
    app: &App,
    token: &Token,
    confirms_address: bool,
) -> Result<Option<LinkHolder>> {
    holder_within(app, app.db.pool(), token, confirms_address).await
}

async fn holder_within(
    app: &App,
    connection: &impl ConnectionTrait,
    token: &Token,
    confirms_address: bool,
) -> Result<Option<LinkHolder>> {
    let link = personal_link::Entity::find()
        .filter(personal_link::Column::TokenHash.eq(token.hash()))
        .filter(personal_link::Column::ExpiresAt.gt(app.clock.now_ms()))
        .filter(personal_link::Column::UsedAt.is_null())
        .one(connection)
        .await?;
    let Some(link) = link else {
        return Ok(None);
    };
    if (link.purpose == LinkPurpose::NewAddress) != confirms_address {
        return Ok(None);
    }
    let row = subscriber::Entity::find_by_id(link.subscriber_id)
        .one(connection)
        .await?;
    Ok(row.map(|row| LinkHolder {
        subscriber: row.id,
        email: row.email,
        language: row.language,
        status: row.status,
        new_email: link.new_email,
        link: link.id,
        asked_by: link.asked_by,
    }))
}

/// Everything that is kept of the holder.
pub async fn own_data(app: &App, holder: &LinkHolder) -> Result<Value> {
    evidence::whole_copy(app, &holder.email, SUBSCRIBER).await
}

/// Erases the holder at their own wish; the link goes with them. Who presses twice is erased by the first press.
pub async fn erase_own(app: &App, holder: &LinkHolder) -> Result<()> {
    match erasure::erase(app, &holder.email, SUBSCRIBER).await {
        Ok(_) | Err(SubscriberError::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Mails the new address a link that confirms it. False where that was asked often enough today.
pub async fn request_new_address(
    app: &App,
    holder: &LinkHolder,
    address: &EmailAddress,
    words: &Words,
) -> Result<bool> {
    let office = Office::load(&app.db).await?;
    let transaction = app.db.begin().await?;
    let blocked = suppression::reason(app, &transaction, &address.key())
        .await?
        .is_some_and(|reason| !reason.yields_to_opt_in());
    let link = NewLink::new_address(holder.subscriber, address, app.clock.now_ms(), None);
    // Whoever wants no mail from us gets none, and nobody learns of it (O5): it counts like any other.
    let queued = if blocked {
        reserve(app, &transaction, &link, None).await?.is_ok()
    } else {
        queue_within_limits(app, &transaction, &office, words, &link)
            .await?
            .is_ok()
    };
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(queued)
}

/// What the button in the mail to the new address did.
#[derive(Debug, PartialEq, Eq)]
pub enum AddressChange {
    /// News goes to this address from now on.
    Changed(String),
    /// The subscription ended before this address took it over.
    SubscriptionEnded(String),
    /// The link is over.
    LinkExpired,
}

/// Whether a link that was used up has done its work, and nothing else came since: to whom.
async fn changed_before(
    app: &App,
    connection: &impl ConnectionTrait,
    token: &Token,
) -> Result<Option<EmailAddress>> {
    let link = personal_link::Entity::find()
        .filter(personal_link::Column::TokenHash.eq(token.hash()))
        .filter(personal_link::Column::Purpose.eq(LinkPurpose::NewAddress))
        .filter(personal_link::Column::ExpiresAt.gt(app.clock.now_ms()))
        .filter(personal_link::Column::UsedAt.is_not_null())
        .one(connection)
        .await?;
    let Some(link) = link else {
        return Ok(None);
    };
    let wanted = link.new_email.as_deref().map(EmailAddress::parse);
    let Some(Ok(wanted)) = wanted else {
        return Ok(None);
    };
    let row = subscriber::Entity::find_by_id(link.subscriber_id)
        .one(connection)
        .await?;
    let moved =
        row.is_some_and(|row| row.email_key == wanted.key() && row.status == Status::Confirmed);
    let joined = joined_address::taken_over_by(connection, link.subscriber_id).await?;
    // Whose subscription it went over to may have left since.
    let goes_there = match joined.filter(|to| to.address.key() == wanted.key()) {
        None => false,
        Some(_) => subscriber::Entity::find()
            .filter(subscriber::Column::EmailKey.eq(wanted.key()))
            .filter(subscriber::Column::Status.eq(Status::Confirmed))
            .one(connection)
            .await?
            .is_some(),
    };
    Ok((moved || goes_there).then_some(wanted))
}

/// Changes the address to the one that the link was mailed to: the press proves that mailbox, and the
/// page on which it was asked for proved the old one, where it was not staff who asked. The evidence of both stays together. Where the
/// new address is known already, its own subscription takes over the topics and the old one ends.
pub async fn change_address(
    app: &App,
    token: &Token,
    origin: &RequestOrigin,
) -> Result<AddressChange> {
    let transaction = app.db.begin().await?;
    let Some(holder) = holder_within(app, &transaction, token, true).await? else {
        // Of two presses the second finds what the first has done, and says the same.
        let before = changed_before(app, &transaction, token).await?;
        transaction.rollback().await?;
        return Ok(match before {
            Some(address) => AddressChange::Changed(address.as_str().to_owned()),
            None => AddressChange::LinkExpired,
        });
    };
    let typed = holder.new_email.as_deref().unwrap_or_default();
    let address = EmailAddress::parse(typed)
        .map_err(|error| SubscriberError::Address(typed.to_owned(), error))?;
    let now = app.clock.now_ms();
    let used = personal_link::Entity::update_many()
        .col_expr(personal_link::Column::UsedAt, Expr::value(now))
        .filter(personal_link::Column::Id.eq(holder.link))
        .filter(personal_link::Column::UsedAt.is_null())
        .exec(&transaction)
        .await?;
    if used.rows_affected == 0 {
        transaction.rollback().await?;
        return Ok(AddressChange::LinkExpired);
    }
    if holder.status != Status::Confirmed {
        transaction.rollback().await?;
        return Ok(AddressChange::SubscriptionEnded(
            address.as_str().to_owned(),
        ));
    }
    let known = topics::every_topic_within(&transaction).await?;
    let has = topics::frequencies_of_subscriber(&transaction, holder.subscriber).await?;
    let ids: Vec<i64> = has.iter().map(|(id, _)| *id).collect();
    let mut evidence = json!({
        "method": "POST",
        "from": holder.email,
        "to": address.as_str(),
        "topics": topics::names(&known, &ids),
        "token_sha256": data_encoding::HEXLOWER.encode(&token.hash()),
        "ip": origin.ip,
        "user_agent": origin.user_agent,
    });
    if let Some(by) = &holder.asked_by {
        evidence["asked_by"] = json!(by);
    }
    let other = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(address.key()))
        .filter(subscriber::Column::Id.ne(holder.subscriber))
        .one(&transaction)
        .await?;
    let kind = Evidence::AddressChanged;
    match other {
        None => {
            subscriber::Entity::update_many()
                .col_expr(subscriber::Column::Email, Expr::value(address.as_str()))
                .col_expr(subscriber::Column::EmailKey, Expr::value(address.key()))
                .filter(subscriber::Column::Id.eq(holder.subscriber))
                .exec(&transaction)
                .await?;
            delivery_withdrawal::readdress(&transaction, holder.subscriber).await?;
            suppression::lift(app, &transaction, &address.key()).await?;
            // Nobody's any more: an old list does not bring it back.
            let given_up = EmailAddress::parse(&holder.email)
                .map_err(|error| SubscriberError::Address(holder.email.clone(), error))?;
            let reason = SuppressionReason::Erased;
            suppression::add(app, &transaction, &given_up.key(), reason).await?;
            // Those links prove a mailbox that is not the subscriber's any more.
            let mailed = [LinkPurpose::Manage, LinkPurpose::AlreadySubscribed];
            void(&transaction, holder.subscriber, &mailed, now).await?;
            confirmation_requests::close(&transaction, holder.subscriber, now).await?;
            consent::record(&transaction, holder.subscriber, now, kind, &evidence).await?;
        }
        Some(other) => {
            let mut wanted = topics::frequencies_of_subscriber(&transaction, other.id).await?;
            wanted.extend(has);
            let confirmed = other.status == Status::Confirmed
                || status::apply(app, &transaction, other.id, Event::Confirm, &evidence).await?;
            if !confirmed {
                transaction.rollback().await?;
                return Ok(AddressChange::LinkExpired);
            }
            consent::record(&transaction, other.id, now, kind, &evidence).await?;
            // Their address may change again.
            evidence["into"] = json!(other.id);
            let leaving = holder.subscriber;
            status::apply(app, &transaction, leaving, Event::Leave, &evidence).await?;
            topics::set_each(&transaction, other.id, &wanted, now).await?;
        }
    }
    transaction.commit().await?;
    tracing::info!(subscriber.id = holder.subscriber, "an address was changed");
    Ok(AddressChange::Changed(address.as_str().to_owned()))
}

/// Forgets links that have expired.
pub async fn forget(app: &App) -> Result<()> {
    // personal_link_by_time
    personal_link::Entity::delete_many()
        .filter(personal_link::Column::ExpiresAt.lte(app.clock.now_ms() - DAY))
        .exec(&app.db.writer())
        .await?;
    Ok(())
}
