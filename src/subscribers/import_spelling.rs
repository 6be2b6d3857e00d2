//! How words of lists are compared: one form of each, whatever its case, accents, signs and blanks.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A name or a word as it is compared: without case, accents, signs and needless blanks. What is nothing but signs,
/// such as a dash or a box that is ticked, stays as it is.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut form = String::with_capacity(text.len());
    write_plain(text, &mut form);
    form
}

/// The same into a text that is used again: for each cell of a list.
pub fn write_plain(text: &str, form: &mut String) {
    form.clear();
    if text.is_ascii() {
        for sign in text.chars() {
            push(form, sign.to_ascii_lowercase());
        }
    } else {
        let letters = text.nfkd().filter(|c| !is_combining_mark(*c));
        for sign in letters.flat_map(char::to_lowercase).nfc() {
            push(form, if sign == 'đ' { 'd' } else { sign });
        }
    }
    if form.ends_with(' ') {
        form.pop();
    }
    if form.is_empty() {
        form.push_str(text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}'));
    }
}

fn push(form: &mut String, sign: char) {
    match sign {
        // `don't`
        '\'' | '’' | '‘' | '`' => {}
        sign if sign.is_whitespace() || is_blank(sign) => {
            if !form.is_empty() && !form.ends_with(' ') {
                form.push(' ');
            }
        }
        sign => form.push(sign),
    }
}

/// Signs that part words or stand around them.
fn is_blank(sign: char) -> bool {
    matches!(
        sign,
        '_' | '-'
            | '.'
            | ':'
            | '*'
            | '?'
            | '!'
            | ','
            | ';'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '<'
            | '>'
            | '/'
            | '|'
            | '"'
            | '¿'
            | '¡'
            | '«'
            | '»'
            | '“'
            | '”'
            | '„'
            | '…'
            | '–'
            | '—'
            | '·'
            | '、'
            | '。'
            | '「'
            | '」'
            | '\u{feff}'
            | '\u{200b}'
    )
}

/// The words of a column's name, each by itself: `HasOptedOutOfEmail` and `email1_is_bad`, too.
#[must_use]
pub fn name_words(name: &str) -> String {
    let mut parted = String::with_capacity(name.len() + 8);
    let mut before = ' ';
    for sign in name.chars() {
        let begins_word = before.is_lowercase() && sign.is_uppercase()
            || before.is_alphabetic() && sign.is_numeric()
            || before.is_numeric() && sign.is_alphabetic();
        if begins_word {
            parted.push(' ');
        }
        parted.push(sign);
        before = sign;
    }
    plain(&parted)
}

/// Whether one of the words, as [`plain`] parts them, is one of those that are known, however these are spelt.
#[must_use]
pub fn has_word(words: &str, known: &[&str]) -> bool {
    known.iter().any(|known| {
        let known = plain(known);
        words.split(' ').any(|word| word == known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_whatever_their_case_accents_and_signs() {
        for (text, form) in [
            ("NEVER_SUBSCRIBED", "never subscribed"),
            ("  Opted-Out!  ", "opted out"),
            ("Boletín", "boletin"),
            ("Đồng ý nhận tin?", "dong y nhan tin"),
            ("구독 상태", "구독 상태"),
            ("ＹＥＳ", "yes"),
            ("No, thank you.", "no thank you"),
            ("don’t", "dont"),
            ("\u{feff}Email", "email"),
            (" - ", "-"),
            ("☐", "☐"),
            ("", ""),
        ] {
            assert_eq!(plain(text), form, "{text}");
        }
        assert_eq!(name_words("HasOptedOutOfEmail"), "has opted out of email");
        assert_eq!(name_words("email1_is_bad"), "email 1 is bad");
        assert_eq!(name_words("DNC"), "dnc");
    }
}
