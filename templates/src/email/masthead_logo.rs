//! The office's logo in the masthead.

/// The office's logo: decoration, because the office's name stands beside it.
#[derive(Debug, Clone, Copy)]
pub struct Logo<'a> {
    /// On our own origin.
    pub url: &'a str,
    /// The image's own width in pixels.
    pub width: u32,
    /// The image's own height in pixels.
    pub height: u32,
}

impl Logo<'_> {
    /// The size at which it is shown: 56 pixels high, and no wider than leaves room for a name.
    #[must_use]
    pub fn shown(&self) -> (u32, u32) {
        const HIGH: u32 = 56;
        const WIDE: u32 = 112;
        let (width, height) = (self.width.max(1), self.height.max(1));
        if width * HIGH <= WIDE * height {
            ((width * HIGH / height).max(1), HIGH)
        } else {
            (WIDE, (height * WIDE / width).max(1))
        }
    }

    /// Whether it is about as wide as high: then it is shown round, as seals are, on its white ground.
    #[must_use]
    pub fn is_round(&self) -> bool {
        let (width, height) = (u64::from(self.width), u64::from(self.height));
        width * 10 >= height * 9 && height * 10 >= width * 9
    }
}
