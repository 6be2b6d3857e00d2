//! Where a release stands, and the one function that moves it ([`Transition::apply`]). Each move
//! names the states that it may come from, and writes its event, the new text and the audit line
//! in the transaction that it is given.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect,
    sea_query::OnConflict,
};
use url::Url;

use super::{
    events::{self, ReleaseEventKind as Event},
    hash,
    hold_reason::HoldReasons,
    identity,
    items::Item,
    language_versions,
    reading::{self, second_reader::SecondReading},
    ready_to_draft::announce,
    release_error::ReleaseError,
    release_tables::release,
    revision, second_readings,
};
use crate::{
    audit::{self, Action},
    db::WriteTransaction,
};

pub use super::release_states::ReleaseState;
use ReleaseState::{Baseline, Dropped, Filtered, Held, Settled, Settling, Vanished};

/// Every move that there is: from, the event that it is, to.
const MOVES: &[(ReleaseState, Event, ReleaseState)] = &[
    (Settling, Event::Settled, Settled),
    (Settling, Event::Held, Held),
    (Settling, Event::Withdrawn, Vanished),
    (Settling, Event::FilteredOut, Filtered),
    (Settled, Event::Held, Held),
    (Settled, Event::Withdrawn, Vanished),
    (Held, Event::Released, Settling),
    (Held, Event::Released, Settled),
    (Held, Event::Refused, Dropped),
    (Held, Event::Withdrawn, Vanished),
    (Filtered, Event::Restored, Settling),
    (Filtered, Event::Restored, Settled),
    (Filtered, Event::Restored, Held),
    (Vanished, Event::Restored, Settling),
];

/// What a release says, as the database has it.
#[derive(Debug, Clone)]
pub(super) struct ReleaseText {
    title: String,
    /// `None`: as before.
    url: Option<String>,
    /// `None`: as before.
    published_at: Option<i64>,
    /// `None`: as before.
    categories: Option<String>,
    /// The hash and the JSON. `None`: there is none.
    document: Option<(Vec<u8>, String)>,
    /// The fingerprint of what it was read from.
    source_hash: Option<Vec<u8>>,
    /// What another reader makes of its page, where the two do not agree.
    doubt: Option<SecondReading>,
    /// Where it stands in other languages, as JSON. `None`: as before.
    alternates: Option<String>,
}

impl ReleaseText {
    /// What the source or the page says now.
    pub(super) fn of(item: &Item) -> Result<Self, ReleaseError> {
        let document = match &item.document {
            Some(document) => Some((
                hash::content(&item.title, document)?,
                serde_json::to_string(document)?,
            )),
            None => None,
        };
        Ok(Self {
            title: item.title.clone(),
            url: item.url.as_ref().map(Url::to_string),
            published_at: item.published.map(jiff::Timestamp::as_millisecond),
            categories: revision::categories(item),
            document,
            source_hash: item.source_hash.clone(),
            doubt: item.notes.doubt.clone(),
            alternates: match item.alternates.as_slice() {
                [] => None,
                named => Some(serde_json::to_string(named)?),
            },
        })
    }

    /// What is never mailed is known by its title and address alone.
    pub(super) fn forget_document(&mut self) {
        self.document = None;
    }

    /// The fingerprint of what it says.
    pub(super) fn content_hash(&self) -> Option<&[u8]> {
        self.document.as_ref().map(|(hash, _)| hash.as_slice())
    }
}

/// One move of a release.
#[derive(Debug)]
pub(super) struct Transition<'a> {
    pub from: &'a [ReleaseState],
    pub event: Event,
    pub to: ReleaseState,
    /// What holds it.
    pub reason: Option<&'a HoldReasons>,
    /// What staff are told of it by mail.
    pub notice: Option<String>,
    /// When it is looked at again to settle.
    pub settles_at: Option<i64>,
    /// What it says now. `None`: what it said.
    pub text: Option<&'a ReleaseText>,
    /// Which member of staff did it, for the audit log. `None`: nobody, a rule.
    pub by: Option<(&'a str, Action)>,
}

impl<'a> Transition<'a> {
    /// A move with nothing else to it.
    pub(super) fn new(from: &'a [ReleaseState], event: Event, to: ReleaseState) -> Self {
        Self {
            from,
            event,
            to,
            reason: None,
            notice: None,
            settles_at: None,
            text: None,
            by: None,
        }
    }

    /// The same, held for `reason`, which staff are told.
    pub(super) fn because(self, reason: &'a HoldReasons) -> Self {
        Self {
            reason: Some(reason),
            notice: Some(reason.to_string()),
            ..self
        }
    }

    /// Moves the release. False: it stands in none of the states that the move may come from, and
    /// nothing was changed.
    pub(super) async fn apply(
        &self,
        transaction: &WriteTransaction,
        id: i64,
        now: i64,
    ) -> Result<bool, ReleaseError> {
        for from in self.from {
            if !MOVES.contains(&(*from, self.event, self.to)) {
                return Err(ReleaseError::NoSuchMove(*from, self.event, self.to));
            }
        }
        let current = release::Column::State.is_in(self.from.iter().copied());
        let before = release::Entity::find_by_id(id)
            .filter(current.clone())
            .lock_exclusive()
            .one(transaction)
            .await?;
        let Some(before) = before else {
            return Ok(false);
        };
        let mut row = release::ActiveModel {
            state: Set(self.to),
            held_because: Set(self.reason.filter(|_| self.to == Held).cloned()),
            // Nobody can look again at what came from no source.
            revisit_at: Set(before.source_id.and_then(|_| self.to.first_revisit(now))),
            gone_since: Set(None),
            ..Default::default()
        };
        // What staff were not told yet of its newsletters stays, until they are; what held it is over, and so is what
        // a person decided about.
        if self.notice.is_some() || before.held_because.is_some() || self.by.is_some() {
            row.notice = Set(self.notice.clone());
        }
        if self.to != Vanished {
            row.settles_at = Set(self.settles_at);
        }
        if !matches!(self.to, Settling | Settled | Held) {
            // Should it come back, newsletters are told anew.
            row.ready_at = Set(None);
        }
        if matches!(self.event, Event::Released | Event::Refused) {
            // Kept, so that the same does not hold it again.
            row.let_go = Set(match &before.let_go {
                Some(earlier) => Some(earlier.clone().and(before.held_because.clone())),
                None => before.held_because.clone(),
            });
        }
        if let Some(text) = self.text {
            set_text(&mut row, text);
        }
        let moved = release::Entity::update_many()
            .set(row)
            .filter(release::Column::Id.eq(id))
            .filter(current)
            .exec(transaction)
            .await?;
        if moved.rows_affected == 0 {
            return Ok(false);
        }
        if let Some(text) = self.text {
            keep_text(transaction, &before, now, text).await?;
        }
        events::record(transaction, id, now, self.event, self.reason).await?;
        let arrived = arrival(self.to).filter(|arrived| *arrived != self.event);
        if let Some(arrived) = arrived {
            events::record(transaction, id, now, arrived, self.reason).await?;
        }
        if let Some((who, action)) = self.by {
            let object = format!("release/{id}");
            audit::record(transaction, now, who, action, object, "").await?;
        }
        if self.text.is_some() {
            language_versions::join_by_pages(transaction, id, now).await?;
        }
        announce(transaction, id, now).await?;
        Ok(true)
    }
}

/// What a release's coming into a state is, however it came there.
pub(super) fn arrival(state: ReleaseState) -> Option<Event> {
    match state {
        Settled => Some(Event::Settled),
        Held => Some(Event::Held),
        Filtered => Some(Event::FilteredOut),
        _ => None,
    }
}

/// A new text for a release that stays where it is, as long as that is one of `from`. False: it is
/// not, or it says that already.
pub(super) async fn revise(
    transaction: &WriteTransaction,
    id: i64,
    from: &[ReleaseState],
    now: i64,
    text: &ReleaseText,
) -> Result<bool, DbErr> {
    let current = release::Column::State.is_in(from.iter().copied());
    let before = release::Entity::find_by_id(id)
        .filter(current.clone())
        .lock_exclusive()
        .one(transaction)
        .await?;
    let Some(before) = before else {
        return Ok(false);
    };
    if before.content_hash.as_deref() == text.content_hash() {
        return Ok(false);
    }
    let mut row = release::ActiveModel::default();
    set_text(&mut row, text);
    let changed = release::Entity::update_many()
        .set(row)
        .filter(release::Column::Id.eq(id))
        .filter(current)
        .exec(transaction)
        .await?;
    if changed.rows_affected == 0 {
        return Ok(false);
    }
    keep_text(transaction, &before, now, text).await?;
    language_versions::join_by_pages(transaction, id, now).await?;
    announce(transaction, id, now).await?;
    Ok(true)
}

fn set_text(row: &mut release::ActiveModel, text: &ReleaseText) {
    row.title = Set(text.title.clone());
    row.title_key = Set(identity::title_key(&text.title));
    let (content_hash, document) = text.document.clone().unzip();
    row.content_hash = Set(content_hash);
    row.document = Set(document);
    row.source_hash = Set(text.source_hash.clone());
    row.reader_version = Set(Some(reading::VERSION));
    if let Some(url) = &text.url {
        row.url = Set(Some(url.clone()));
    }
    if let Some(published) = text.published_at {
        row.published_at = Set(Some(published));
    }
    if let Some(alternates) = &text.alternates {
        row.alternates = Set(Some(alternates.clone()));
    }
    if let Some(categories) = &text.categories {
        row.categories = Set(Some(categories.clone()));
    }
}

/// Keeps a new text as a revision, and says in events what is new about it.
async fn keep_text(
    transaction: &WriteTransaction,
    before: &release::Model,
    now: i64,
    text: &ReleaseText,
) -> Result<(), DbErr> {
    second_readings::keep(transaction, before.id, text.doubt.as_ref()).await?;
    if let Some((content_hash, document)) = &text.document {
        let title = &text.title;
        let revised =
            revision::keep(transaction, before.id, now, title, content_hash, document).await?;
        if revised {
            events::record(transaction, before.id, now, Event::Revised, None).await?;
        }
    }
    if text.categories.is_some() && text.categories != before.categories {
        events::record(transaction, before.id, now, Event::Recategorised, None).await?;
    }
    Ok(())
}

/// A release that is new.
pub(super) struct NewRelease<'a> {
    /// `None`: staff bring it.
    pub source_id: Option<i64>,
    pub identity: String,
    pub state: ReleaseState,
    pub held_because: Option<&'a HoldReasons>,
    pub settles_at: Option<i64>,
    pub text: ReleaseText,
}

impl NewRelease<'_> {
    /// Stores it with its first revision and event. `None`: it is there already.
    pub(super) async fn insert(
        self,
        transaction: &WriteTransaction,
        now: i64,
    ) -> Result<Option<i64>, DbErr> {
        let mut row = release::ActiveModel {
            source_id: Set(self.source_id),
            identity: Set(self.identity),
            first_seen_at: Set(now),
            state: Set(self.state),
            held_because: Set(self.held_because.cloned()),
            notice: Set(self.held_because.map(HoldReasons::to_string)),
            settles_at: Set(self.settles_at),
            // Nobody can look again at what came from no source.
            revisit_at: Set(self.source_id.and_then(|_| self.state.first_revisit(now))),
            ..Default::default()
        };
        set_text(&mut row, &self.text);
        let stored = release::Entity::insert(row)
            // release_identity; sea-orm's own `on_conflict_do_nothing` looks at the primary key alone.
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec(transaction)
            .await?;
        let sea_orm::TryInsertResult::Inserted(stored) = stored else {
            return Ok(None);
        };
        let id = stored.last_insert_id;
        second_readings::keep(transaction, id, self.text.doubt.as_ref()).await?;
        if let Some((content_hash, document)) = &self.text.document {
            let title = &self.text.title;
            revision::keep(transaction, id, now, title, content_hash, document).await?;
        }
        if let Some(arrived) = arrival(self.state) {
            events::record(transaction, id, now, arrived, self.held_because).await?;
        }
        if !matches!(self.state, Baseline | Filtered) {
            language_versions::join_by_pages(transaction, id, now).await?;
            announce(transaction, id, now).await?;
        }
        Ok(Some(id))
    }
}

/// The release that staff brought before under this identity, and where it stands.
pub(super) async fn added_before(
    transaction: &WriteTransaction,
    identity: &str,
) -> Result<Option<(i64, ReleaseState)>, DbErr> {
    let before = release::Entity::find()
        // release_identity
        .filter(sea_orm::sea_query::Expr::cust("coalesce(source_id, 0) = 0"))
        .filter(release::Column::Identity.eq(identity))
        .lock_exclusive()
        .one(transaction)
        .await?;
    Ok(before.map(|release| (release.id, release.state)))
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveEnum, Iterable};

    use super::*;
    use crate::{
        clock::Clock,
        db,
        delivery::testing,
        releases::{by_hand, events::ReleaseEventKind},
        values,
    };

    #[test]
    fn the_words_are_those_of_the_database() {
        for state in ReleaseState::iter() {
            assert_eq!(state.as_str(), state.to_value());
        }
    }

    /// Every move from every state: those that are listed happen, with their event; every other one
    /// changes nothing.
    #[tokio::test]
    async fn only_the_listed_moves_change_a_release() {
        let (app, _folder) = testing::app(Clock::system()).await;
        let document = by_hand::from_markdown("The bridge is open again.");
        let id = by_hand::add_written(&app, "Bridge", &document)
            .await
            .unwrap();
        let mut happened = 0;
        for from in ReleaseState::iter() {
            for event in ReleaseEventKind::iter() {
                for to in ReleaseState::iter() {
                    for current in ReleaseState::iter() {
                        happened += usize::from(tried(&app, id, current, from, event, to).await);
                    }
                }
            }
        }
        assert_eq!(happened, MOVES.len());
    }

    async fn tried(
        app: &crate::app::App,
        id: i64,
        current: ReleaseState,
        from: ReleaseState,
        event: ReleaseEventKind,
        to: ReleaseState,
    ) -> bool {
        let listed = MOVES.contains(&(from, event, to));
        // Without the list's word nothing is asked of the database; one standing shows that.
        if !listed && current != from {
            return false;
        }
        let transaction = app.db.begin().await.unwrap();
        let put = "UPDATE release SET state = $2 WHERE id = $1";
        db::execute(&transaction, put, values![id, current.as_str()])
            .await
            .unwrap();
        let events = "SELECT count(*) FROM release_event";
        let before: Option<i64> = db::scalar(&transaction, events, []).await.unwrap();
        let done = Transition::new(&[from], event, to)
            .apply(&transaction, id, 9)
            .await;
        let now: Option<String> = db::scalar(
            &transaction,
            "SELECT state FROM release WHERE id = $1",
            values![id],
        )
        .await
        .unwrap();
        let after: Option<i64> = db::scalar(&transaction, events, []).await.unwrap();
        transaction.rollback().await.unwrap();
        let may = listed && current == from;
        match done {
            Ok(moved) => assert_eq!((moved, listed), (may, true)),
            Err(error) => {
                assert!(!listed, "{error}");
                assert!(matches!(error, ReleaseError::NoSuchMove(..)));
            }
        }
        let state = if may { to } else { current };
        assert_eq!(now.as_deref(), Some(state.as_str()));
        assert_eq!(after > before, may, "{current:?} {event:?} {to:?}");
        may
    }
}
