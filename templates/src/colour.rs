//! The office's colour, and whether what stands on it can be read in every light (WCAG 2.2, 1.4.3;
//! E4).

use std::fmt;

/// An opaque colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// What WCAG asks of text of ordinary size.
const READABLE: f64 = 4.5;

impl Colour {
    /// White: the text on the band, and the sheet in light mode.
    pub const WHITE: Self = Self([0xff; 3]);
    /// The sheet in dark mode.
    pub const DARK_SHEET: Self = Self([0x1a, 0x20, 0x27]);
    /// Gazette's own blue, where an office has set none.
    pub const DEFAULT: Self = Self([0x1d, 0x4f, 0x91]);

    /// Reads `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text
            .strip_prefix('#')
            .filter(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let channel = |from| u8::from_str_radix(&hex[from..from + 2], 16).ok();
        Some(Self([channel(0)?, channel(2)?, channel(4)?]))
    }

    /// The contrast of two colours, 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// What mail software makes of it that turns every colour into its opposite.
    #[must_use]
    pub fn inverted(self) -> Self {
        Self(self.0.map(|channel| 255 - channel))
    }

    /// The lowest contrast among the places where a mail or a page shows this colour: below white
    /// text, as links on white, as links on the dark sheet, and both of them inverted.
    #[must_use]
    pub fn lowest_contrast(self) -> f64 {
        let link = self.on_dark();
        [
            self.contrast(Self::WHITE),
            self.inverted().contrast(Self::WHITE.inverted()),
            link.contrast(Self::DARK_SHEET),
            link.inverted().contrast(Self::DARK_SHEET.inverted()),
        ]
        .into_iter()
        .fold(f64::INFINITY, f64::min)
    }

    /// Whether it can be read in each of those places.
    #[must_use]
    pub fn is_readable(self) -> bool {
        self.lowest_contrast() >= READABLE
    }

    /// The nearest colour of the same hue that can be read: this one, as much darker as it must be.
    #[must_use]
    pub fn nearest_readable(self) -> Self {
        (0..=255_u16)
            .map(|black| self.towards(Self([0; 3]), black))
            .find(|colour| colour.is_readable())
            .unwrap_or(Self([0; 3]))
    }

    /// The same hue for links on the dark sheet: this colour, as much lighter as it must be.
    #[must_use]
    pub fn on_dark(self) -> Self {
        (0..=255_u16)
            .map(|white| self.towards(Self::WHITE, white))
            .find(|link| {
                link.contrast(Self::DARK_SHEET) >= READABLE
                    && link.inverted().contrast(Self::DARK_SHEET.inverted()) >= READABLE
            })
            .unwrap_or(Self::WHITE)
    }

    /// The colour `step` 255ths of the way to another.
    fn towards(self, other: Self, step: u16) -> Self {
        let mut mixed = self.0;
        for (channel, other) in mixed.iter_mut().zip(other.0) {
            let sum = u16::from(*channel) * (255 - step) + u16::from(other) * step;
            *channel = u8::try_from(sum / 255).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }

    /// WCAG's relative luminance.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn contrast_is_wcags() {
        assert!((colour("#000000").contrast(Colour::WHITE) - 21.0).abs() < 0.01);
        assert!((colour("#767676").contrast(Colour::WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn only_six_hex_digits_are_a_colour() {
        assert_eq!(colour("#1D4F91"), Colour::DEFAULT);
        assert_eq!(Colour::DEFAULT.to_string(), "#1d4f91");
        for wrong in ["blue", "1d4f91", "#1d4f9", "#1d4f91ff", "#+1+2+3", "#é4f91"] {
            assert_eq!(Colour::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn e4_a_pale_colour_has_a_readable_neighbour_of_its_own_hue() {
        assert!(!colour("#ffcc00").is_readable());
        let near = colour("#ffcc00").nearest_readable();
        assert!(near.is_readable(), "{near}");
        let [red, green, blue] = near.0;
        assert!(red > green && green > blue && blue == 0, "{near}");
        assert_eq!(Colour::DEFAULT.nearest_readable(), Colour::DEFAULT);
    }

    proptest! {
        #[test]
        fn e4_every_neighbour_is_readable_in_light_dark_and_inverted(red: u8, green: u8, blue: u8) {
            let near = Colour([red, green, blue]).nearest_readable();
            prop_assert!(near.lowest_contrast() >= READABLE);
            // No lighter step of the way would have done.
            prop_assert!(near.contrast(Colour::WHITE) < 5.0 || near == Colour([red, green, blue]));
        }
    }
}
