//! Storing a new newsletter: one for each of its topics, all of one edition, so that nobody who
//! asked for several of them gets it twice.

use gazette_templates::Document;
use jiff::tz::TimeZone;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    Audience, NewsletterError, NewsletterState as State, Result, checks,
    newsletter_entities::{newsletter, newsletter_release},
    text_revisions::{MailWords, json},
};
use crate::{
    app::App,
    clock::{DAY, instant},
    db::WriteTransaction,
    releases,
    subscribers::{self, Frequency},
};

/// On whose word a newsletter is approved, where it is its source's policy.
pub(super) const BY_POLICY: &str = "policy auto";

/// Everything about a newsletter that is to be made.
#[derive(Debug)]
pub(super) struct Making<'a> {
    /// The subject line.
    pub subject: &'a str,
    /// What it says.
    pub document: &'a Document,
    /// Its topics, in the order of the sign-up form; empty: the first topic.
    pub topics: Vec<i64>,
    /// Whom it is for.
    pub audience: Audience,
    /// To the press list: a news release to the media.
    pub news_release: bool,
    /// The one release that it is; `None` for a digest.
    pub release: Option<i64>,
    /// All releases in it, each with the revision that it says.
    pub releases: Vec<(i64, i32)>,
    /// The newsletter and the release's revision that it corrects.
    pub corrects: Option<(i64, i32)>,
    /// What the mail says besides the text: of a correction what is different, for example.
    pub words: MailWords,
    /// It is approved without a person; on whose word.
    pub auto_approve: Option<&'static str>,
    /// Its release is not final yet: until then it is a draft in any case.
    pub settling: bool,
    /// Why a person must look at it.
    pub attention: Option<&'a str>,
    /// A summary: how often its readers want one, and up to when it tells what was sent. `None`: it goes
    /// to those who get each release.
    pub summary: Option<(Frequency, i64)>,
    /// When it was published, for its place in the archive.
    pub published: i64,
}

/// Stores it; the numbers of the newsletters, one for each topic.
pub(super) async fn insert(
    app: &App,
    transaction: &WriteTransaction,
    zone: &TimeZone,
    making: &Making<'_>,
) -> Result<Vec<i64>> {
    let now = app.clock.now_ms();
    let document = json(making.document)?;
    let (approved_by, auto_approve) = if making.settling {
        (None, making.auto_approve)
    } else {
        (making.auto_approve, None)
    };
    let approved = approved_by.is_some();
    let sizes_by = approved_by.and_then(|_| checks::measured_by(app, making.document));
    let topics = if making.topics.is_empty() {
        vec![first_topic(transaction).await?]
    } else {
        making.topics.clone()
    };
    let place = slug(making.subject, making.published, zone);
    let mut made: Vec<i64> = Vec::with_capacity(topics.len());
    for topic in topics {
        let row = newsletter::ActiveModel {
            topic_id: Set(topic),
            release_id: Set(making.release),
            subject: Set(making.subject.to_owned()),
            slug: Set(free_slug(transaction, &place).await?),
            language: Set(making.document.language.clone()),
            document: Set(document.clone()),
            state: Set(if approved {
                State::Approved
            } else {
                State::Draft
            }),
            automatic: Set(approved),
            created_at: Set(now),
            approved_at: Set(approved.then_some(now)),
            approved_by: Set(approved_by.map(str::to_owned)),
            auto_approve: Set(auto_approve.map(str::to_owned)),
            scheduled_at: Set(sizes_by),
            enqueued_to: Set(0),
            total: Set(0),
            attention: Set(making.attention.map(str::to_owned)),
            edition: Set(made.first().copied()),
            corrects: Set(making.corrects.map(|(id, _)| id)),
            correction_of: Set(making.corrects.map(|(_, revision)| revision)),
            waits: Set(approved),
            audience: Set(making.audience),
            news_release: Set(making.news_release),
            preview: Set(making.words.preview.clone()),
            changed: Set(making.words.changed.clone()),
            intro: Set(making.words.intro.clone()),
            frequency: Set(making.summary.map_or(Frequency::Each, |(wanted, _)| wanted)),
            covers_to: Set(making.summary.map(|(_, covers_to)| covers_to)),
            ..Default::default()
        };
        made.push(row.insert(transaction).await?.id);
    }
    if let (Some(first), true) = (made.first(), made.len() > 1) {
        newsletter::Entity::update_many()
            .col_expr(newsletter::Column::Edition, Expr::value(*first))
            .filter(newsletter::Column::Id.eq(*first))
            .exec(transaction)
            .await?;
    }
    for id in &made {
        note_releases(transaction, *id, &making.releases).await?;
    }
    for (release, _) in &making.releases {
        releases::mark_drafted(transaction, *release, now).await?;
    }
    Ok(made)
}

async fn first_topic(transaction: &WriteTransaction) -> Result<i64> {
    subscribers::first_topic(transaction).await?.ok_or_else(|| {
        NewsletterError::Wrong("there is no topic; `gazette topics add` makes one".to_owned())
    })
}

/// Notes of which releases a newsletter is made, in reading order, each with its revision.
pub(super) async fn note_releases(
    transaction: &WriteTransaction,
    newsletter: i64,
    releases: &[(i64, i32)],
) -> std::result::Result<(), DbErr> {
    for (position, (release, revision)) in (0..).zip(releases) {
        newsletter_release::ActiveModel {
            newsletter_id: Set(newsletter),
            release_id: Set(*release),
            position: Set(position),
            revision: Set(*revision),
        }
        .insert(transaction)
        .await?;
    }
    Ok(())
}

/// The releases that a newsletter is made of, in reading order.
pub(super) async fn releases_of(
    connection: &impl ConnectionTrait,
    newsletter: i64,
) -> std::result::Result<Vec<newsletter_release::Model>, DbErr> {
    newsletter_release::Entity::find()
        .filter(newsletter_release::Column::NewsletterId.eq(newsletter))
        .order_by_asc(newsletter_release::Column::Position)
        .all(connection)
        .await
}

/// The releases that a decision about this newsletter decides about, too: all that it is made of,
/// unless it corrects what was mailed.
pub(super) async fn decided_releases(transaction: &WriteTransaction, id: i64) -> Result<Vec<i64>> {
    let corrects: Option<Option<i64>> = newsletter::Entity::find_by_id(id)
        .select_only()
        .column(newsletter::Column::Corrects)
        .into_tuple()
        .one(transaction)
        .await?;
    if corrects != Some(None) {
        return Ok(Vec::new());
    }
    Ok(newsletter_release::Entity::find()
        .select_only()
        .column(newsletter_release::Column::ReleaseId)
        .filter(newsletter_release::Column::NewsletterId.eq(id))
        .into_tuple()
        .all(transaction)
        .await?)
}

/// `2024-02-16-kim-leads-letter`: what readers see in the archive's address. ASCII only, because not all
/// mail software takes the rest of an address for one: accents go, and of other scripts the day stays.
pub(super) fn slug(subject: &str, published: i64, zone: &TimeZone) -> String {
    // A date from a feed can be anything; the archive shows only plausible years.
    let published = published.clamp(0, 4_000 * 366 * DAY);
    let day = instant(published).to_zoned_datetime(zone.clone()).date();
    let mut slug = day.to_string();
    let plain = latin(subject);
    for word in plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && word.is_ascii())
    {
        if slug.len() + 1 + word.len() > 80 {
            break;
        }
        slug.push('-');
        slug.push_str(word);
    }
    slug
}

/// In small letters without their accents.
fn latin(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfd().flat_map(char::to_lowercase) {
        match c {
            'đ' | 'ð' => out.push('d'),
            'ł' => out.push('l'),
            'ø' => out.push('o'),
            'ı' => out.push('i'),
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'þ' => out.push_str("th"),
            c if is_combining_mark(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// The place in the archive, with a number where it is taken.
pub(super) async fn free_slug(connection: &impl ConnectionTrait, slug: &str) -> Result<String> {
    for number in 1_u32.. {
        let candidate = if number == 1 {
            slug.to_owned()
        } else {
            format!("{slug}-{number}")
        };
        let taken = newsletter::Entity::find()
            .filter(newsletter::Column::Slug.eq(candidate.as_str()))
            .count(connection)
            .await?;
        if taken == 0 {
            return Ok(candidate);
        }
    }
    Err(NewsletterError::Wrong(
        "no free place in the archive".to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_the_day_in_the_offices_zone_and_the_first_words() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let evening: jiff::Timestamp = "2024-02-17T03:00:00Z".parse().unwrap();
        let slug_of = |subject: &str| slug(subject, evening.as_millisecond(), &zone);
        assert_eq!(
            slug_of("Kim Leads Letter: “Russia–DPRK”!"),
            "2024-02-16-kim-leads-letter-russia-dprk"
        );
        assert_eq!(
            slug_of("¿Qué cambió? Más niños en Łódź"),
            "2024-02-16-que-cambio-mas-ninos-en-lodz"
        );
        assert_eq!(
            slug_of("Dân biểu Doe khánh thành cầu cảng"),
            "2024-02-16-dan-bieu-doe-khanh-thanh-cau-cang"
        );
        assert_eq!(slug_of("한국어 제목 H.R. 22"), "2024-02-16-h-r-22");
        assert_eq!(slug_of("新闻稿"), "2024-02-16");
        assert!(slug_of(&"word ".repeat(100)).len() <= 80);
    }
}
