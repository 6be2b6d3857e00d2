//! `name=value; name=value`: how DKIM (RFC 6376 §3.2) and DMARC (RFC 9989) write their records.

/// The tags of a record, in order; a piece that is no tag is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    pub fn read(text: &'a str) -> Self {
        let pairs = text.split(';').filter_map(|tag| tag.split_once('='));
        Self(
            pairs
                .map(|(name, value)| (name.trim(), value.trim()))
                .collect(),
        )
    }

    /// The first tag, which says what kind of record it is.
    pub fn first(&self) -> Option<(&'a str, &'a str)> {
        self.0.first().copied()
    }

    pub fn get(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self.0.iter();
        pairs.find(|(tag, _)| *tag == name).map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_with_spaces_and_without_order() {
        let tags = Tags::read(" v = DKIM1 ;k=rsa;; p=AB=CD= ; junk");
        assert_eq!(tags.first(), Some(("v", "DKIM1")));
        assert_eq!(tags.get("p"), Some("AB=CD="));
        assert_eq!(tags.get("junk"), None);
        assert_eq!(Tags::read("").first(), None);
    }
}
