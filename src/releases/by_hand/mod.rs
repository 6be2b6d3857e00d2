//! Releases that staff write: Markdown in, the one tree out, and back again for editing.
//!
//! Markdown cannot say everything that the tree holds. What it lacks stands in a comment before
//! the block (`<!-- list a reversed -->`), or around several (`<!-- language es ltr -->`), so that a draft which is opened and saved says what it
//! said.

use gazette_templates::{
    Document,
    document::{Block, Figure, Inline, Passage},
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::{
    ReleaseError, ReleaseState,
    items::Item,
    reading,
    release_state::{self, NewRelease, ReleaseText},
    release_tables::release,
    release_text::hold_text,
};
use crate::{
    app::App,
    audit::{self, Action},
    secret::random_label,
};

mod editable_blocks;
mod inline_tags;
mod markdown_file;
mod paste;
mod read;
mod write;

pub use editable_blocks::{EditableBlock, EditableText, editable};
pub(super) use markdown_file::markdown_file;

/// What the Markdown says, its language told from its words.
#[must_use]
pub fn from_markdown(markdown: &str) -> Document {
    let blocks = read::blocks(markdown);
    let (language, direction) = reading::speaks(&blocks, "en");
    Document {
        language,
        direction,
        blocks,
    }
}

/// The same for a text that staff changed: language and direction stay, and so does what Markdown
/// cannot say of images and embeds.
#[must_use]
pub fn edited(markdown: &str, before: &Document) -> Document {
    let mut blocks = read::blocks(markdown);
    restore(&mut blocks, &before.blocks);
    // The headline of a digest is the heading that it began with.
    if before.headline().is_some()
        && markdown.trim_start().starts_with("# ")
        && let Some(Block::Heading { level, .. }) = blocks.first_mut()
    {
        *level = 1;
    }
    Document {
        blocks,
        ..before.clone()
    }
}

/// The document as Markdown. Where its emphasis cannot be written so that it reads back as the same
/// words, the words come without it.
#[must_use]
pub fn to_markdown(document: &Document) -> String {
    let markdown = write::blocks(&document.blocks);
    let again = Document {
        blocks: read::blocks(&markdown),
        ..document.clone()
    };
    if reading::words(&again) == reading::words(document) {
        return markdown;
    }
    write::blocks(&write::plain(&document.blocks))
}

/// What was pasted from a word processor.
#[must_use]
pub fn from_paste(html: &str) -> Document {
    reading::pasted(&paste::tidied(html))
}

/// Keeps a release that staff wrote. They have seen it, so it is settled. What was written by the name
/// `once` before is not written again.
pub async fn add_written_by(
    app: &App,
    title: &str,
    document: &Document,
    by: &str,
    once: Option<&str>,
) -> Result<i64, ReleaseError> {
    let now = app.clock.now_ms();
    let label = match once {
        Some(once) => once.to_owned(),
        None => random_label().map_err(|error| DbErr::Custom(error.to_string()))?,
    };
    let written = Item {
        title: title.to_owned(),
        published: Some(app.clock.now()),
        document: Some(document.clone()),
        ..Item::default()
    };
    let release = NewRelease {
        source_id: None,
        identity: format!("written:{label}"),
        state: ReleaseState::Settled,
        held_because: None,
        settles_at: None,
        text: ReleaseText::of(&written)?,
    };
    let transaction = app.db.begin().await?;
    let identity = release.identity.clone();
    let Some(id) = release.insert(&transaction, now).await? else {
        transaction.rollback().await?;
        return written_as(app, &identity).await;
    };
    let object = format!("release/{id}");
    audit::record(&transaction, now, by, Action::ReleaseWrite, object, title).await?;
    transaction.commit().await?;
    tracing::info!(release.id = id, "a release was written by hand");
    Ok(id)
}

/// Gives what staff brought another text: a correction, of which newsletters hear as they do of a change on the
/// office's site. `seen` is the revision that the person had before them. False: it says that already.
///
/// # Errors
/// [`ReleaseError::OfASource`], [`ReleaseError::RevisedMeanwhile`], or there is no such release.
pub async fn revise_written(
    app: &App,
    id: i64,
    title: &str,
    document: &Document,
    seen: i32,
    by: &str,
) -> Result<bool, ReleaseError> {
    let corrected = Item {
        title: title.to_owned(),
        document: Some(document.clone()),
        ..Item::default()
    };
    let text = ReleaseText::of(&corrected)?;
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let before = hold_text(&transaction, id)
        .await?
        .ok_or(ReleaseError::Textless(id))?;
    if before.source.is_some() {
        return Err(ReleaseError::OfASource(id));
    }
    if before.title == title && before.document.without_sizes() == document.without_sizes() {
        transaction.rollback().await?;
        return Ok(false);
    }
    if before.revision != seen {
        return Err(ReleaseError::RevisedMeanwhile(id));
    }
    let from = [ReleaseState::Settled, ReleaseState::Held];
    let is_revised = release_state::revise(&transaction, id, &from, now, &text).await?;
    if is_revised {
        let object = format!("release/{id}");
        audit::record(&transaction, now, by, Action::ReleaseCorrect, object, title).await?;
    }
    transaction.commit().await?;
    Ok(is_revised)
}

/// The release that was written by this name before.
async fn written_as(app: &App, identity: &str) -> Result<i64, ReleaseError> {
    let id: Option<i64> = release::Entity::find()
        .select_only()
        .column(release::Column::Id)
        .filter(release::Column::Identity.eq(identity))
        .filter(release::Column::SourceId.is_null())
        .into_tuple()
        .one(app.db.pool())
        .await?;
    Ok(id.ok_or(DbErr::RecordNotInserted)?)
}

/// The same by somebody.
#[cfg(test)]
pub(crate) async fn add_written(
    app: &App,
    title: &str,
    document: &Document,
) -> Result<i64, ReleaseError> {
    add_written_by(app, title, document, "ana", None).await
}

/// Gives images their sizes back, and makes a link that was an embed one again.
fn restore(blocks: &mut [Block], before: &[Block]) {
    for block in blocks {
        match block {
            Block::Figure(figure) => {
                if let Some(old) = find(before, &|block| match block {
                    Block::Figure(old) if old.src == figure.src => Some(old.clone()),
                    _ => None,
                }) {
                    let Figure { width, height, .. } = old;
                    figure.width = width;
                    figure.height = height;
                }
            }
            Block::Paragraph(text) => {
                let [Inline::Link { href, label }] = text.as_slice() else {
                    continue;
                };
                let embedded = find(before, &|block| match block {
                    Block::Embed { url, poster, .. } if url == href => Some(poster.clone()),
                    _ => None,
                });
                if let Some(poster) = embedded {
                    *block = Block::Embed {
                        title: write::says(label),
                        url: href.clone(),
                        poster,
                    };
                }
            }
            Block::Quote(inner) | Block::Passage(Passage { blocks: inner, .. }) => {
                restore(inner, before);
            }
            Block::List(list) => list.items.iter_mut().for_each(|item| restore(item, before)),
            Block::DescriptionList(groups) => groups
                .iter_mut()
                .flat_map(|group| &mut group.details)
                .for_each(|details| restore(details, before)),
            _ => {}
        }
    }
}

fn find<T>(blocks: &[Block], wanted: &dyn Fn(&Block) -> Option<T>) -> Option<T> {
    blocks.iter().find_map(|block| {
        wanted(block).or_else(|| {
            block
                .inner()
                .into_iter()
                .find_map(|inner| find(inner, wanted))
        })
    })
}

#[cfg(test)]
mod tests;
