//! Somebody else's words without the whole addresses in them: mail servers repeat the address that they refuse,
//! as it is, inside a link (`ana%40example.org`), or as shy people write it (`ana (at) example.org`).

/// Somebody else's words as logs and viewers may see them: of each address the first letter and the domain.
#[must_use]
pub fn veil(words: &str) -> String {
    let mut veiled = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(first) = rest.chars().next() {
        let sign = at_sign(rest).or_else(|| spoken_at(&veiled, rest));
        if sign.is_some() {
            cut_word(&mut veiled);
        }
        let (said, after) = rest.split_at(sign.unwrap_or(first.len_utf8()));
        veiled.push_str(said);
        rest = after;
    }
    veiled
}

/// The same, of words about somebody whose address is known: what stands before its `@` is cut wherever it stands
/// as a word, in any case, encoded, quoted, or with another sign in place of the `@`.
#[must_use]
pub fn veil_of(words: &str, address: &str) -> String {
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
    let untagged = local.split('+').next().unwrap_or_default();
    let mut veiled = veil(words);
    let mut names = vec![local.to_owned()];
    for name in [
        untagged.to_owned(),
        local.to_lowercase(),
        local.to_uppercase(),
    ] {
        // ASCII is compared without its case anyway.
        if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            names.push(name);
        }
    }
    // Of one letter the first is shown in any case.
    for name in names.iter().filter(|name| name.chars().count() > 1) {
        for escape in ESCAPES {
            veiled = cut_name(&veiled, name, escape);
        }
    }
    veiled
}

/// What begins two hexadecimal digits: nothing, a link's, quoted-printable's (RFC 2045), xtext's (RFC 3461 §4).
const ESCAPES: [Option<u8>; 4] = [None, Some(b'%'), Some(b'='), Some(b'+')];

/// Octets within which a spelling of `@` ends.
const LONGEST_SIGN: usize = 10;

/// How many octets of the beginning are an `@`, in any of its spellings.
fn at_sign(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let after = &text[first.len_utf8()..];
    match first {
        '@' | '\u{ff20}' | '\u{fe6b}' => Some(first.len_utf8()),
        '%' => {
            // Encoded again and again: %2540.
            let inner = after.trim_start_matches("25");
            let length = text.len() - inner.len() + 2;
            inner.starts_with("40").then_some(length)
        }
        '(' | '[' | '{' | '<' => {
            let inner = within(after, [')', ']', '}', '>'])?;
            let word = inner.trim();
            let is_at = word.eq_ignore_ascii_case("at") || word == "@";
            is_at.then_some(first.len_utf8() + inner.len() + 1)
        }
        '&' => {
            let name = within(after, [';'; 4])?;
            let is_at = name == "commat"
                || name
                    .strip_prefix("#")
                    .is_some_and(|digits| digits.trim_start_matches('0') == "64")
                || name
                    .strip_prefix("#x")
                    .or_else(|| name.strip_prefix("#X"))
                    .is_some_and(|digits| digits.trim_start_matches('0') == "40");
            is_at.then_some(1 + name.len() + 1)
        }
        // Of a number alone it is none: `size=40`.
        '=' => (after.starts_with("40") && begins_domain(&after[2..])).then_some(3),
        '\\' => ["u0040", "x40"]
            .iter()
            .find(|code| after.starts_with(**code))
            .map(|code| 1 + code.len()),
        _ => None,
    }
}

/// What stands before the first of `ends`, if that comes soon.
fn within(text: &str, ends: [char; 4]) -> Option<&str> {
    let end = text
        .char_indices()
        .take(LONGEST_SIGN)
        .find(|(_, c)| ends.contains(c))?
        .0;
    Some(&text[..end])
}

/// Whether a name with a dot in it begins the text.
fn begins_domain(text: &str) -> bool {
    let label = text.trim_start_matches(|c: char| c.is_alphanumeric() || c == '-');
    label.len() < text.len()
        && label
            .strip_prefix('.')
            .is_some_and(|next| next.starts_with(char::is_alphanumeric))
}

/// How many octets are ` at ` where it stands for an `@`: `ana.lopez at example.org`, `ana at example dot org`;
/// and not in `refused at mx.example.org`.
fn spoken_at(before: &str, text: &str) -> Option<usize> {
    // White space behind white space was looked at already.
    if !text.starts_with(char::is_whitespace) || before.ends_with(char::is_whitespace) {
        return None;
    }
    let word = text.trim_start();
    let after = word
        .get(..2)
        .filter(|at| at.eq_ignore_ascii_case("at"))
        .map(|_| &word[2..])
        .filter(|after| after.starts_with(char::is_whitespace))?
        .trim_start();
    let mut next = after.split_whitespace().take(2);
    let (domain, dot) = (next.next()?, next.next().unwrap_or_default());
    let dot = dot.trim_matches(|c: char| !c.is_alphanumeric());
    let name = before.rsplit(ends_word).next().unwrap_or_default();
    let is_no_word = name.contains(|c: char| c.is_ascii_digit() || "._+-".contains(c));
    let is_address = dot.eq_ignore_ascii_case("dot") || (begins_domain(domain) && is_no_word);
    is_address.then_some(text.len() - after.len())
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || "<>()[]{},;:\"".contains(c)
}

/// Leaves the first letter of the last word, and white space behind it.
fn cut_word(veiled: &mut String) {
    let closes = |c: char| c.is_whitespace() || ")>]}".contains(c);
    let word_end = veiled.trim_end_matches(closes).len();
    let mut word = &veiled[..word_end];
    let mut start = None;
    if let Some(quoted) = word.strip_suffix('"') {
        // `"ana lopez"@example.org`
        word = quoted;
        start = quoted.rfind('"').map(|open| open + 1);
    }
    let start = start.unwrap_or_else(|| {
        let end = word.char_indices().rev().find(|(_, c)| ends_word(*c));
        end.map_or(0, |(at, c)| at + c.len_utf8())
    });
    let space = veiled[word_end..].to_owned();
    let first = veiled[start..].chars().next();
    let first = first
        .filter(|first| start < word_end && *first != '…' && at_sign(&first.to_string()).is_none());
    veiled.truncate(start);
    veiled.extend(first);
    veiled.push('…');
    veiled.push_str(&space);
}

/// An octet as it is meant, and where the octets stand that say so.
struct Octet {
    meant: u8,
    start: usize,
    end: usize,
}

/// Cuts `name` where it stands as a word, read with this escape.
fn cut_name(text: &str, name: &str, escape: Option<u8>) -> String {
    let octets = octets(text.as_bytes(), escape);
    let in_word = |at: Option<&Octet>| {
        at.is_some_and(|octet| octet.meant.is_ascii_alphanumeric() || !octet.meant.is_ascii())
    };
    let (mut cut, mut kept, mut at) = (String::with_capacity(text.len()), 0, 0);
    while let Some(found) = octets.get(at..at + name.len()) {
        let is_name = found
            .iter()
            .zip(name.bytes())
            .all(|(octet, wanted)| octet.meant.eq_ignore_ascii_case(&wanted));
        let before = at.checked_sub(1).and_then(|before| octets.get(before));
        if !is_name || in_word(before) || in_word(octets.get(at + name.len())) {
            at += 1;
            continue;
        }
        // A name begins with a whole letter, and ends with one.
        cut.push_str(&text[kept..found[0].start]);
        cut.extend(name.chars().next());
        cut.push('…');
        at += name.len();
        kept = octets[at - 1].end;
    }
    cut.push_str(&text[kept..]);
    cut
}

fn octets(text: &[u8], escape: Option<u8>) -> Vec<Octet> {
    let digit = |at: usize| {
        let digit = char::from(*text.get(at)?).to_digit(16)?;
        u8::try_from(digit).ok()
    };
    let mut octets = Vec::with_capacity(text.len());
    let mut start = 0;
    while let Some(&plain) = text.get(start) {
        let escaped = (Some(plain) == escape)
            .then(|| Some(digit(start + 1)? * 16 + digit(start + 2)?))
            .flatten();
        let end = start + if escaped.is_some() { 3 } else { 1 };
        octets.push(Octet {
            meant: escaped.unwrap_or(plain),
            start,
            end,
        });
        start = end;
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn v3_an_address_in_somebody_elses_words_is_veiled() {
        for (words, shown) in [
            (
                "550 5.1.1 <ana@example.org> does not exist",
                "550 5.1.1 <a…@example.org> does not exist",
            ),
            ("o'brien+x@x.gov: over quota", "o…@x.gov: over quota"),
            ("no address @ all", "no a… @ all"),
            ("250 ok", "250 ok"),
            ("size=40 is too much", "size=40 is too much"),
            ("refused at mx.example.org", "refused at mx.example.org"),
            ("looked at 10.5 percent", "looked at 10.5 percent"),
        ] {
            assert_eq!(veil(words), shown);
        }
    }

    #[test]
    fn v3_an_address_is_veiled_in_each_of_its_spellings() {
        for spelt in [
            "person7@example.org",
            "person7%40example.org",
            "person7%2540example.org",
            "person7%252540example.org",
            "person7＠example.org",
            "person7&#64;example.org",
            "person7&#x0040;example.org",
            "person7&commat;example.org",
            "person7=40example.org",
            "person7\\u0040example.org",
            "person7 @ example.org",
            "\"person7 @ example.org\"",
            "\"the person7\"@example.org",
            "<person7>@example.org",
            "person7 (at) example.org",
            "person7(AT)example.org",
            "person7[at]example.org",
            "person7 { at } example.org",
            "person7 <at> example.org",
            "person7 at example.org",
            "person7 AT example dot org",
            "personal at example (dot) org",
            "mailto:person7@example.org",
            "https://x.example/?a=person7%40example.org",
        ] {
            for words in [spelt.to_owned(), format!("550 5.1.1 see {spelt}, gone")] {
                let veiled = veil(&words);
                assert!(!veiled.contains("person"), "{words}: {veiled}");
                assert!(veiled.contains("example"), "{words}: {veiled}");
            }
        }
    }

    #[test]
    fn v3_a_known_persons_address_is_veiled_in_spellings_that_no_stranger_would_see() {
        let known = |words: &str| veil_of(words, "Ana.Lopez+news@example.org");
        for words in [
            "ana.lopez+news=example.org",
            "bounce-ANA.LOPEZ=example.org-17",
            "no user Ana.Lopez here",
            "example.org!ana.lopez+news",
            "x%3Dana%2Elopez%2Bnews%3Dexample.org",
            "%61na.lopez at example",
            "ana=2Elopez+2Bnews",
            "'ana.lopez+news' at example.org",
            "rcpt=\"ana.lopez+news\"",
        ] {
            let veiled = known(words).to_lowercase();
            assert!(!veiled.contains("lopez"), "{words}: {veiled}");
        }
        assert_eq!(known("savana.lopezes"), "savana.lopezes");
        assert_eq!(
            veil_of("José=x.org, jos%C3%A9", "josé@x.org"),
            "j…=x.org, j…"
        );
        assert_eq!(veil_of("a user", "a@x.org"), "a user");
    }

    #[test]
    fn v3_hostile_words_take_no_longer_than_they_are_long() {
        for piece in ["@", "%25", "( at ", "\"@", " at a", "=40a", "a@ ", "&#0"] {
            let words = piece.repeat(65_536 / piece.len());
            let begun = std::time::Instant::now();
            let _ = veil_of(&words, "ana.lopez@example.org");
            assert!(begun.elapsed().as_secs() < 5, "{piece}");
        }
    }

    proptest! {
        #[test]
        fn v3_no_local_part_survives_the_veil(local in "[a-z0-9.+_-]{2,20}", before in "[ <(:;]{1}", after in "[ >);,]{1}") {
            let words = format!("550{before}{local}@example.org{after}is full");
            let veiled = veil(&words);
            let whole = format!("{local}@");
            prop_assert!(!veiled.contains(&whole), "{veiled}");
        }

        #[test]
        fn any_words_at_all_are_safe(words in any::<String>(), local in "\\PC{1,9}") {
            let _ = veil_of(&words, &format!("{local}@example.org"));
        }
    }
}
