//! The parsed content of a release: the one tree that everything is rendered from.
//!
//! A source's markup never reaches a reader. It is read into this tree, and the tree is rendered
//! as HTML and as text; what the tree cannot hold cannot be mailed. That is the sanitiser.

use serde::{Deserialize, Serialize};
use url::Url;

pub mod cut;
pub mod diff;
pub mod digest;
pub mod html;
mod links;
mod numbering;
mod outline;
#[cfg(test)]
pub(crate) mod tests;
pub mod text;
pub mod words;

pub(crate) use outline::plain;

/// The content of one release, without its title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// BCP 47 tag of the text's language, such as `en` or `es`.
    pub language: String,
    /// Which way the text runs.
    pub direction: Direction,
    /// The content in reading order.
    pub blocks: Vec<Block>,
}

impl Document {
    /// The same without the sizes of its pictures: they are measured when they can be, and a
    /// picture that is said to be of another size is no other picture.
    #[must_use]
    pub fn without_sizes(&self) -> Self {
        let mut document = self.clone();
        document.each_figure(&mut |figure| (figure.width, figure.height) = (None, None));
        document
    }

    /// Lets `change` have every picture, wherever it stands.
    pub fn each_figure(&mut self, change: &mut dyn FnMut(&mut Figure)) {
        each_figure(&mut self.blocks, change);
    }
}

fn each_figure(blocks: &mut [Block], change: &mut dyn FnMut(&mut Figure)) {
    for block in blocks {
        match block {
            Block::Figure(figure) => change(figure),
            Block::Quote(inner) | Block::Passage(Passage { blocks: inner, .. }) => {
                each_figure(inner, change);
            }
            Block::List(list) => {
                for item in &mut list.items {
                    each_figure(item, change);
                }
            }
            // Each by its name, so that no new kind that holds others is passed over.
            Block::Heading { .. }
            | Block::Paragraph(_)
            | Block::Table(_)
            | Block::Embed { .. }
            | Block::Preformatted(_)
            | Block::EndMark(_) => {}
        }
    }
}

/// Which way text runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Left to right.
    #[default]
    Ltr,
    /// Right to left, as Arabic and Hebrew.
    Rtl,
}

/// One block of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A heading inside the release. The mail's own title is level 1, so these are 2 to 6.
    Heading {
        /// 2 to 6; the renderings close gaps so that no level is skipped.
        level: u8,
        /// What it says.
        text: Vec<Inline>,
    },
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A quotation, or the text of a letter.
    Quote(Vec<Block>),
    /// A list, ordered or not.
    List(List),
    /// A table of data.
    Table(Table),
    /// An image.
    Figure(Figure),
    /// A video, map or other thing that stands elsewhere: shown as a titled link.
    Embed {
        /// What it is.
        title: String,
        /// Where it is.
        url: Url,
    },
    /// Text whose line breaks matter.
    Preformatted(String),
    /// `###`, `-30-`: the end, as press releases mark it.
    EndMark(String),
    /// A part in another language than the document's, as bilingual releases have it.
    Passage(Passage),
}

/// A part of the document that speaks another language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// BCP 47 tag of its language.
    pub language: String,
    /// Which way its text runs.
    pub direction: Direction,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// How the items are numbered; none: bullets.
    pub numbering: Option<Numbering>,
    /// Each item is blocks of its own, so lists nest.
    pub items: Vec<Vec<Block>>,
}

/// How an ordered list counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbering {
    /// The first number.
    pub start: i32,
    /// What the numbers look like.
    pub style: NumberStyle,
    /// Counting down.
    pub reversed: bool,
}

/// What an ordered list's numbers look like: HTML's `type` attribute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberStyle {
    /// 1, 2, 3
    #[default]
    Decimal,
    /// a, b, c
    LowerAlpha,
    /// A, B, C
    UpperAlpha,
    /// i, ii, iii
    LowerRoman,
    /// I, II, III
    UpperRoman,
}

/// A table of data, already rectangular.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The caption, where it has one.
    pub caption: Option<Vec<Inline>>,
    /// The header row; empty where the table has none.
    pub header: Vec<Vec<Inline>>,
    /// The rows below it.
    pub rows: Vec<Vec<Vec<Inline>>>,
}

/// An image with what a reader needs who does not see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Absolute address of the image.
    pub src: Url,
    /// What it shows; empty for decoration.
    pub alt: String,
    /// The text below it.
    pub caption: Option<Vec<Inline>>,
    /// Width in CSS pixels, where the source says it.
    pub width: Option<u32>,
    /// Height in CSS pixels, where the source says it.
    pub height: Option<u32>,
}

/// A run inside a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inline {
    /// Text, white space folded.
    Text(String),
    /// Strong importance (bold).
    Strong(Vec<Inline>),
    /// Emphasis (italic).
    Emphasis(Vec<Inline>),
    /// A link; `http`, `https`, `mailto` and `tel` only.
    Link {
        /// Absolute.
        href: Url,
        /// What the reader sees.
        label: Vec<Inline>,
    },
    /// A line break inside a block.
    LineBreak,
}
