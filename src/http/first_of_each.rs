//! Queries of public pages, as links and forms of others write them: what stands there twice counts as it
//! stands first, and what cannot be read is not asked.

use std::{collections::BTreeMap, convert::Infallible};

use axum::{
    extract::{FromRequestParts, Query},
    http::{Uri, request::Parts},
};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

/// The query of an address, the first of each name: never a reason to refuse the page.
#[derive(Debug)]
pub struct FirstOfEach<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequestParts<S> for FirstOfEach<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(first_of_each(parts.uri.query().unwrap_or_default())))
    }
}

fn first_of_each<T: DeserializeOwned + Default>(query: &str) -> T {
    let mut first = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        first.entry(name).or_insert(value);
    }
    let mut written = form_urlencoded::Serializer::new(String::from("/?"));
    written.extend_pairs(first);
    let uri = written.finish().parse::<Uri>().ok();
    let read = uri.and_then(|uri| Query::try_from_uri(&uri).ok());
    read.map(|Query(read)| read).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    struct Asked {
        #[serde(default)]
        q: String,
        lang: Option<String>,
    }

    #[test]
    fn what_stands_twice_counts_once_and_what_is_unknown_not_at_all() {
        for (query, q, lang) in [
            ("", "", None),
            ("q=a&q=b", "a", None),
            ("q=a+b%26c&x=1&x=2&lang=ko&lang=en", "a b&c", Some("ko")),
            ("q[]=a&q=%ff", "\u{fffd}", None),
            ("&&=&q", "", None),
        ] {
            let read: Asked = first_of_each(query);
            assert_eq!(
                (read.q.as_str(), read.lang.as_deref()),
                (q, lang),
                "{query}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read(query in "[ -~]{0,80}", words in "\\PC{0,40}") {
            let _: Asked = first_of_each(&query);
            let written: String = form_urlencoded::Serializer::new(String::new())
                .append_pair("q", &words)
                .finish();
            prop_assert_eq!(first_of_each::<Asked>(&written).q, words);
        }
    }
}
