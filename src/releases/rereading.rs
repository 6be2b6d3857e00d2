//! Whether a text that comes out otherwise was changed by the office, or is only read otherwise: after
//! an upgrade the reader may make more of a page that nobody touched, and that is no correction to
//! mail.

use gazette_templates::{Document, document::Block};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::{
    identity, items::Item, reading, release_error::ReleaseError, release_state::ReleaseText,
    release_tables::release, second_look::KnownRelease,
};
use crate::app::App;

/// Whether `item` says something else than the release only because another reader read it.
///
/// What it was read from tells, where it is the same. A page may have other words around its release
/// in every answer; then, where another version of the reader read the release, it is unchanged as
/// long as everything that was read of it still stands on the page.
pub(super) async fn is_reread(
    app: &App,
    release: &KnownRelease,
    item: &Item,
) -> Result<bool, ReleaseError> {
    if item.source_hash.is_some() && item.source_hash == release.source_hash {
        return Ok(true);
    }
    if release.reader_version == Some(reading::VERSION) {
        return Ok(false);
    }
    let known = release::Entity::find_by_id(release.id)
        .one(app.db.pool())
        .await?
        .and_then(|known| known.document);
    let (Some(known), Some(now)) = (known, &item.document) else {
        return Ok(false);
    };
    let known: Document = serde_json::from_str(&known)?;
    Ok(match &item.source_text {
        Some(page) => stands_in(&known, page),
        // The feed's own text, and no fingerprint of it from before: neither reading may have a
        // sentence that the other has not.
        None if release.source_hash.is_none() => {
            stands_in(&known, &reading::words(now)) || stands_in(now, &reading::words(&known))
        }
        None => false,
    })
}

/// Whether every block of the document stands in `text`, in order.
fn stands_in(document: &Document, text: &str) -> bool {
    let text = format!(" {} ", identity::title_key(text));
    let mut rest = text.as_str();
    blocks_of(&document.blocks).iter().all(|words| {
        let words = format!(" {} ", identity::title_key(words));
        if words.trim().is_empty() {
            return true;
        }
        // The space behind it is the one before the next.
        let found = rest.find(&words);
        if let Some(at) = found {
            rest = rest.get(at + words.len() - 1..).unwrap_or_default();
        }
        found.is_some()
    })
}

/// The words of each run of the document.
fn blocks_of(blocks: &[Block]) -> Vec<String> {
    let mut found = Vec::new();
    for block in blocks {
        found.extend(
            block
                .runs()
                .into_iter()
                .map(gazette_templates::document::plain),
        );
        for inner in block.inner() {
            found.extend(blocks_of(inner));
        }
    }
    found
}

/// Notes what the release was read from now. Of one that is only read otherwise its text stays, and what
/// this reader makes of it is what later readings are compared with.
pub(super) async fn note_source(
    transaction: &impl ConnectionTrait,
    release: &KnownRelease,
    item: &Item,
    text: &ReleaseText,
    is_reread: bool,
) -> Result<(), DbErr> {
    let is_known =
        item.source_hash == release.source_hash && release.reader_version == Some(reading::VERSION);
    if item.source_hash.is_none() || (is_known && !is_reread) {
        return Ok(());
    }
    let mut row = release::ActiveModel {
        source_hash: Set(item.source_hash.clone()),
        reader_version: Set(Some(reading::VERSION)),
        ..Default::default()
    };
    if is_reread {
        row.content_hash = Set(text.content_hash().map(<[u8]>::to_vec));
        tracing::info!(
            release.id,
            "a release is read otherwise than before; the office did not change it"
        );
    }
    release::Entity::update_many()
        .set(row)
        .filter(release::Column::Id.eq(release.id))
        .exec(transaction)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_in_a_page_with_all_its_blocks_in_order() {
        let document = reading::fragment(
            "<h2>On Monday</h2><p>The bridge opens.</p><ul><li>one lane</li></ul>",
            "",
            "en",
            None,
        );
        for (page, stands) in [
            (
                "Menu On Monday | The bridge opens. More: • one lane Footer",
                true,
            ),
            ("On Monday The bridge opens.", false),
            ("one lane On Monday The bridge opens.", false),
            ("On Tuesday The bridge opens. one lane", false),
            ("On Monday The bridge opens. one lanes", false),
        ] {
            assert_eq!(stands_in(&document, page), stands, "{page}");
        }
    }
}
