//! How a run of text inside a block is marked.

/// Marks that a text has or has not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks(u8);

impl Marks {
    #[cfg(test)]
    pub const NONE: Self = Self(0);
    pub const STRONG: Self = Self(1);
    pub const EMPHASIS: Self = Self(2);
    pub const STRUCK: Self = Self(4);
    pub const INSERTED: Self = Self(8);
    pub const CODE: Self = Self(16);
    pub const KEYBOARD: Self = Self(32);
    /// Inside a link that leads to another place of the same page, as a footnote's mark does.
    pub const IN_PAGE: Self = Self(64);

    pub fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }

    pub fn with(self, mark: Self) -> Self {
        Self(self.0 | mark.0)
    }

    pub fn without(self, mark: Self) -> Self {
        Self(self.0 & !mark.0)
    }
}

/// On which line a text stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Script {
    #[default]
    None,
    Superscript,
    Subscript,
    /// A footnote's mark.
    Note,
}

/// How a run of text is marked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    pub marks: Marks,
    pub script: Script,
    /// Index into the links of [`super::runs::Runs`].
    pub link: Option<usize>,
    /// Index into what the abbreviations of [`super::runs::Runs`] stand for.
    pub abbreviation: Option<usize>,
    /// Index into the languages of [`super::runs::Runs`], where it is another one than the block's.
    pub language: Option<usize>,
}

impl Style {
    pub fn with(self, mark: Marks) -> Self {
        Self {
            marks: self.marks.with(mark),
            ..self
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Run {
    Text(String, Style),
    Break,
}

impl Run {
    pub(super) fn style(&self) -> Option<Style> {
        match self {
            Self::Text(_, style) => Some(*style),
            Self::Break => None,
        }
    }
}
