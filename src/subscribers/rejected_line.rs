//! A line that somebody typed or pasted and that was not taken: it is shown again, to be corrected.

/// See the module's head.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RejectedLine {
    /// Its number in what was typed, from 1.
    pub number: u64,
    /// As it can be typed in once more.
    pub text: String,
    /// Why it was not taken.
    pub why: String,
}
