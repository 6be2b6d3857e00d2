//! The parsed content of a release: the one tree that everything is rendered from.
//!
//! A source's markup never reaches a reader. It is read into this tree, and the tree is rendered
//! as HTML and as text; what the tree cannot hold cannot be mailed. That is the sanitiser. What of
//! the source it could not hold stands in it as [`Block::Missing`] or [`Inline::LostLink`], and
//! [`findings`] tells people of it. How each rendering says each thing stands in
//! `docs/document.md`.

use serde::{Deserialize, Serialize};
use url::Url;

mod columns;
pub mod cut;
pub mod diff;
pub mod digest;
pub mod editable_html;
mod embargo;
pub mod findings;
pub mod html;
mod links;
mod machine_text;
pub(crate) mod mail_form;
mod numbering;
mod outline;
mod placeholders;
pub mod reading_time;
pub mod scripts;
pub(crate) mod table_form;
#[cfg(test)]
pub(crate) mod tests;
pub mod text;
mod unfinished;
pub mod words;

pub use outline::plain;

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

    /// What stands at its head in place of the subject: a first block that is a heading of level 1, as
    /// a digest has it, whose subject names only its first release.
    #[must_use]
    pub fn headline(&self) -> Option<String> {
        match self.blocks.first() {
            Some(Block::Heading { level: 1, text }) => Some(plain(text).trim().to_owned()),
            _ => None,
        }
    }

    /// Its blocks without the headline.
    #[must_use]
    pub fn below_headline(&self) -> &[Block] {
        let headline = usize::from(self.headline().is_some());
        self.blocks.get(headline..).unwrap_or_default()
    }

    /// Lets `change` have every picture, wherever it stands.
    pub fn each_figure(&mut self, change: &mut dyn FnMut(&mut Figure)) {
        each_figure(&mut self.blocks, change);
    }
}

fn each_figure(blocks: &mut [Block], change: &mut dyn FnMut(&mut Figure)) {
    for block in blocks {
        match block {
            Block::Table(table) => {
                let rows = std::iter::once(&mut table.header).chain(&mut table.rows);
                rows.flatten().for_each(|cell| each_picture(cell, change));
            }
            Block::Heading { text, .. } | Block::Paragraph(text) => each_picture(text, change),
            Block::Figure(figure) => change(figure),
            Block::Quote(inner) | Block::Passage(Passage { blocks: inner, .. }) => {
                each_figure(inner, change);
            }
            Block::List(list) => {
                for item in &mut list.items {
                    each_figure(item, change);
                }
            }
            Block::DescriptionList(groups) => {
                for details in groups.iter_mut().flat_map(|group| &mut group.details) {
                    each_figure(details, change);
                }
            }
            // Each by its name, so that no new kind that holds others is passed over.
            Block::Embed { .. }
            | Block::Preformatted(_)
            | Block::EndMark(_)
            | Block::Missing(_) => {}
        }
    }
}

fn each_picture(text: &mut [Inline], change: &mut dyn FnMut(&mut Figure)) {
    for inline in text {
        if let Inline::Picture(figure) = inline {
            change(figure);
        } else if let Some(inner) = inline.inner_mut() {
            each_picture(inner, change);
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
        /// 2 to 6; the renderings close gaps so that no level is skipped. 1 only at the head of a
        /// document: [`Document::headline`].
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
        /// The picture that stands for it until it plays, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        poster: Option<Url>,
    },
    /// Text whose line breaks matter.
    Preformatted(String),
    /// `###`, `-30-`: the end, as press releases mark it.
    EndMark(String),
    /// A part in another language than the document's, as bilingual releases have it.
    Passage(Passage),
    /// Terms and what is said of each: HTML's `<dl>`.
    DescriptionList(Vec<Description>),
    /// Here stood something that the tree cannot hold. It renders as nothing; [`findings`] has it.
    Missing(Missing),
}

impl Block {
    /// The lists of blocks in it, in reading order.
    #[must_use]
    pub fn inner(&self) -> Vec<&[Block]> {
        match self {
            Self::Quote(blocks) | Self::Passage(Passage { blocks, .. }) => vec![blocks],
            Self::List(list) => list.items.iter().map(Vec::as_slice).collect(),
            Self::DescriptionList(groups) => groups
                .iter()
                .flat_map(|group| &group.details)
                .map(Vec::as_slice)
                .collect(),
            Self::Heading { .. }
            | Self::Paragraph(_)
            | Self::Table(_)
            | Self::Figure(_)
            | Self::Embed { .. }
            | Self::Preformatted(_)
            | Self::EndMark(_)
            | Self::Missing(_) => Vec::new(),
        }
    }

    /// The runs of text that are its own, in reading order; those of blocks in it are theirs.
    #[must_use]
    pub fn runs(&self) -> Vec<&[Inline]> {
        match self {
            Self::Heading { text, .. } | Self::Paragraph(text) => vec![text],
            Self::Table(table) => {
                let rows = std::iter::once(&table.header).chain(&table.rows);
                let cells = rows.flatten().map(Vec::as_slice);
                table
                    .caption
                    .iter()
                    .map(Vec::as_slice)
                    .chain(cells)
                    .collect()
            }
            Self::Figure(figure) => figure.caption.iter().map(Vec::as_slice).collect(),
            Self::DescriptionList(groups) => groups
                .iter()
                .flat_map(|group| &group.terms)
                .map(Vec::as_slice)
                .collect(),
            Self::Quote(_)
            | Self::Passage(_)
            | Self::List(_)
            | Self::Embed { .. }
            | Self::Preformatted(_)
            | Self::EndMark(_)
            | Self::Missing(_) => Vec::new(),
        }
    }
}

/// Some terms and what is said of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// One mostly; several that share what is said.
    pub terms: Vec<Vec<Inline>>,
    /// What is said of them, each in blocks of its own.
    pub details: Vec<Vec<Block>>,
}

/// What of the source could not be read into the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Mathematics: fractions and roots are lost in plain words.
    Formula,
    /// A drawing or chart that has no address of its own.
    Drawing,
    /// Rows of a table that is too large for a mail.
    TableRows,
    /// A table inside a cell of another.
    TableInTable,
    /// A picture whose address could not be made whole.
    Picture,
    /// The end of a text that is longer than what is read.
    End,
    /// Sentences of what the page calls its text, which looked like the site's.
    Sentences,
}

impl Missing {
    const ALL: [Self; 7] = [
        Self::Formula,
        Self::Drawing,
        Self::TableRows,
        Self::TableInTable,
        Self::Picture,
        Self::End,
        Self::Sentences,
    ];

    /// One word for it, as a text that people edit has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Formula => "formula",
            Self::Drawing => "drawing",
            Self::TableRows => "table-rows",
            Self::TableInTable => "table-in-table",
            Self::Picture => "picture",
            Self::End => "end",
            Self::Sentences => "sentences",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|missing| missing.name() == name)
    }
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
    /// Whether the first cell of each row below the header says what the row is about.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub row_headers: bool,
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
    /// Where a click on it leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Url>,
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
    /// Raised: an exponent, an index. Read on one line it would change a number, so no rendering
    /// may say it as if it were not raised.
    Superscript(Vec<Inline>),
    /// Lowered, as in chemical formulas; the same holds for it.
    Subscript(Vec<Inline>),
    /// The mark of a footnote, without brackets.
    NoteMark(String),
    /// Struck out: what the office no longer says.
    Struck(Vec<Inline>),
    /// Put in later, and marked so.
    Inserted(Vec<Inline>),
    /// A fragment of code, or what a program printed.
    Code(Vec<Inline>),
    /// What a person types.
    Keyboard(Vec<Inline>),
    /// An abbreviation and what it stands for.
    Abbreviation {
        /// In full.
        title: String,
        /// As it is written.
        text: Vec<Inline>,
    },
    /// Words in another language than those around them.
    Foreign {
        /// BCP 47 tag of their language.
        language: String,
        /// Which way they run.
        direction: Direction,
        /// The words.
        text: Vec<Inline>,
    },
    /// A small picture among the words, as a tick in a table is; without a caption.
    Picture(Figure),
    /// A link whose address could not be made whole: its words stay, and [`findings`] names it.
    LostLink {
        /// As the source has it.
        href: String,
        /// What the reader sees.
        label: Vec<Inline>,
    },
}

impl Inline {
    /// What is marked by it; nothing where it is a text, a break, a note's mark or a picture.
    #[must_use]
    pub fn inner(&self) -> &[Inline] {
        match self {
            Self::Text(_) | Self::LineBreak | Self::NoteMark(_) | Self::Picture(_) => &[],
            Self::Strong(inner)
            | Self::Emphasis(inner)
            | Self::Superscript(inner)
            | Self::Subscript(inner)
            | Self::Struck(inner)
            | Self::Inserted(inner)
            | Self::Code(inner)
            | Self::Keyboard(inner)
            | Self::Link { label: inner, .. }
            | Self::LostLink { label: inner, .. }
            | Self::Abbreviation { text: inner, .. }
            | Self::Foreign { text: inner, .. } => inner,
        }
    }

    /// The same to change; none where [`Inline::inner`] has nothing.
    pub fn inner_mut(&mut self) -> Option<&mut Vec<Inline>> {
        match self {
            Self::Text(_) | Self::LineBreak | Self::NoteMark(_) | Self::Picture(_) => None,
            Self::Strong(inner)
            | Self::Emphasis(inner)
            | Self::Superscript(inner)
            | Self::Subscript(inner)
            | Self::Struck(inner)
            | Self::Inserted(inner)
            | Self::Code(inner)
            | Self::Keyboard(inner)
            | Self::Link { label: inner, .. }
            | Self::LostLink { label: inner, .. }
            | Self::Abbreviation { text: inner, .. }
            | Self::Foreign { text: inner, .. } => Some(inner),
        }
    }

    /// The same mark around other text; a text, a break or a note's mark stays what it is.
    #[must_use]
    pub fn around(&self, text: Vec<Inline>) -> Self {
        let mut marked = match self {
            Self::Abbreviation { title, .. } => Self::Abbreviation {
                title: title.clone(),
                text: Vec::new(),
            },
            Self::Foreign {
                language,
                direction,
                ..
            } => Self::Foreign {
                language: language.clone(),
                direction: *direction,
                text: Vec::new(),
            },
            Self::Link { href, .. } => Self::Link {
                href: href.clone(),
                label: Vec::new(),
            },
            Self::LostLink { href, .. } => Self::LostLink {
                href: href.clone(),
                label: Vec::new(),
            },
            Self::Strong(_) => Self::Strong(Vec::new()),
            Self::Emphasis(_) => Self::Emphasis(Vec::new()),
            Self::Superscript(_) => Self::Superscript(Vec::new()),
            Self::Subscript(_) => Self::Subscript(Vec::new()),
            Self::Struck(_) => Self::Struck(Vec::new()),
            Self::Inserted(_) => Self::Inserted(Vec::new()),
            Self::Code(_) => Self::Code(Vec::new()),
            Self::Keyboard(_) => Self::Keyboard(Vec::new()),
            Self::Text(_) | Self::LineBreak | Self::NoteMark(_) | Self::Picture(_) => self.clone(),
        };
        if let Some(inner) = marked.inner_mut() {
            *inner = text;
        }
        marked
    }
}
