//! Which release an item is: the same one under a new address is not a new one (F7).

use unicode_normalization::UnicodeNormalization;
use url::Url;

use super::hash;

/// A title as it is compared: letters and digits only, in their compatible forms (NFKC), in lower case.
pub(super) fn title_key(title: &str) -> String {
    let mut key = String::with_capacity(title.len());
    let mut push = |c: char| {
        if c.is_alphanumeric() {
            key.push(c);
        } else if !key.is_empty() && !key.ends_with(' ') {
            key.push(' ');
        }
    };
    let mut rest = title;
    while !rest.is_empty() {
        // NFKC leaves ASCII as it is, but for a letter that a mark behind it joins.
        let ascii = rest.bytes().take_while(u8::is_ascii).count();
        let plain = if ascii == rest.len() {
            ascii
        } else {
            ascii.saturating_sub(1)
        };
        let (alone, other) = rest.split_at(plain);
        alone
            .bytes()
            .for_each(|byte| push(byte.to_ascii_lowercase().into()));
        let ends = other.bytes().skip(1).position(|byte| byte.is_ascii());
        let (joined, behind) = other.split_at(ends.map_or(other.len(), |at| at + 1));
        joined
            .nfkc()
            .flat_map(char::to_lowercase)
            .for_each(&mut push);
        rest = behind;
    }
    key.truncate(key.trim_end().len());
    key
}

/// The item's key: its id in the feed, else its address, else what it says and when.
pub(super) fn of(guid: Option<&str>, link: Option<&Url>, title: &str, day: Option<i64>) -> String {
    // Some feeds escape a whole `<a href>` into the id, as XML or as in an address.
    let is_markup = |id: &str| id.contains('<') || id.to_ascii_lowercase().contains("%3ca%20");
    let guid = guid
        .map(str::trim)
        .filter(|id| !id.is_empty() && !is_markup(id));
    if let Some(guid) = guid {
        return match Url::parse(guid) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => place(&url),
            _ => guid.to_owned(),
        };
    }
    match link {
        Some(link) => place(link),
        None => format!(
            "text:{}",
            hash::short(&format!("{}\n{}", title_key(title), day.unwrap_or(0)))
        ),
    }
}

/// An address without what changes when a site moves: scheme, host, closing slash, tracking.
pub(super) fn place(url: &Url) -> String {
    let mut query: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !name.starts_with("utm_") && name != "fbclid")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    query.sort();
    let mut place = url.path().trim_end_matches('/').to_owned();
    if place.is_empty() {
        place.push('/');
    }
    for (at, (name, value)) in query.iter().enumerate() {
        place.push(if at == 0 { '?' } else { '&' });
        place.push_str(name);
        place.push('=');
        place.push_str(value);
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(guid: &str) -> String {
        of(Some(guid), None, "", None)
    }

    proptest::proptest! {
        /// Letters that are joined (`e` and an accent behind it), wide and raised ones, ligatures.
        #[test]
        fn a_title_is_compared_in_its_compatible_forms_wherever_ascii_stands_in_it(
            title in "([ -~]{0,4}|[éﬁＡ①²’“—\u{301}\u{327}İßΣ가각ᄀ\u{1161}\u{11a8}]{0,3}|\\PC){0,8}"
        ) {
            let letters: String = title.nfkc().flat_map(char::to_lowercase).collect();
            let words = letters.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            proptest::prop_assert_eq!(title_key(&title), words.collect::<Vec<_>>().join(" "));
        }
    }

    #[test]
    fn an_item_keeps_its_key_when_its_site_moves_f7() {
        assert_eq!(
            key("http://old.example/a/b"),
            key("https://new.example/a/b/?utm_source=rss")
        );
        assert_ne!(key("https://a.example/?p=1"), key("https://a.example/?p=2"));
        let link: Url = "https://a.example/x".parse().unwrap();
        assert_eq!(
            of(
                Some("<a href=\"https://a.example/x\">x</a>"),
                Some(&link),
                "",
                None
            ),
            "/x"
        );
        assert_eq!(
            of(
                Some("https://a.example/%3Ca%20href%3D%22/x%22%3Ex%3C/a%3E"),
                Some(&link),
                "",
                None
            ),
            "/x"
        );
        assert_eq!(
            of(None, None, "Kim  leads – letter", Some(3)),
            of(None, None, "KIM LEADS LETTER!", Some(3))
        );
    }
}
