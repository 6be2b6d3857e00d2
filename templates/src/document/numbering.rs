//! How an ordered list counts, where no browser counts for us.

use super::{NumberStyle, Numbering};

/// What stands before the item at `at`, as HTML's `start`, `type` and `reversed` would have it.
pub(super) fn marker(numbering: Numbering, at: usize) -> String {
    let at = i64::try_from(at).unwrap_or(i64::MAX);
    let step = if numbering.reversed { -at } else { at };
    let number = i64::from(numbering.start) + step;
    let written = match numbering.style {
        NumberStyle::Decimal => None,
        NumberStyle::LowerAlpha => letters(number),
        NumberStyle::UpperAlpha => letters(number).map(|text| text.to_uppercase()),
        NumberStyle::LowerRoman => roman(number),
        NumberStyle::UpperRoman => roman(number).map(|text| text.to_uppercase()),
    };
    format!("{}.", written.unwrap_or_else(|| number.to_string()))
}

/// a, b … z, aa, ab: HTML's `lower-alpha`; none below 1.
fn letters(number: i64) -> Option<String> {
    let mut rest = u32::try_from(number).ok().filter(|number| *number > 0)?;
    let mut text = Vec::new();
    while rest > 0 {
        rest -= 1;
        text.push(char::from(b'a' + u8::try_from(rest % 26).ok()?));
        rest /= 26;
    }
    Some(text.into_iter().rev().collect())
}

/// i to mmmcmxcix: HTML's `lower-roman`; none outside.
fn roman(number: i64) -> Option<String> {
    const PARTS: [(i64, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    let mut rest = Some(number).filter(|number| (1..4000).contains(number))?;
    let mut text = String::new();
    for (value, digits) in PARTS {
        while rest >= value {
            text.push_str(digits);
            rest -= value;
        }
    }
    Some(text)
}
