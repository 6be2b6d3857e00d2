//! The tags of a feed, found without a parser: a broken feed has them, too.

/// A tag outside of comments and of text that is kept as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag<'a> {
    /// Where its `<` stands.
    pub start: usize,
    /// Where the text behind its `>` begins.
    pub end: usize,
    /// With its prefix.
    pub name: &'a str,
    /// `</name>`
    pub closes: bool,
    /// `<name/>`
    pub is_empty: bool,
}

/// The tags from a place on, each looked at once.
pub(super) fn tags(xml: &str, from: usize) -> Tags<'_> {
    Tags { xml, at: from }
}

/// See [`tags`].
#[derive(Debug, Clone)]
pub(super) struct Tags<'a> {
    xml: &'a str,
    at: usize,
}

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        loop {
            let start = self.at + self.xml.get(self.at..)?.find('<')?;
            let from = self.xml.get(start..)?;
            for (opens, closes) in [("<![CDATA[", "]]>"), ("<!--", "-->"), ("<?", "?>")] {
                if from.starts_with(opens) {
                    let end = from.find(closes);
                    self.at = end.map_or(self.xml.len(), |end| start + end + closes.len());
                }
            }
            if self.at > start {
                continue;
            }
            let inside = from.get(1..)?;
            let (closes, named) = match inside.strip_prefix('/') {
                Some(named) => (true, named),
                None => (false, inside),
            };
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, ':' | '_' | '-' | '.');
            let name = named.split(|c: char| !is_name(c)).next()?;
            // A tag ends before the next one begins; one that does not is none.
            let stop = inside.find(['>', '<'])?;
            self.at = start + 1 + stop;
            if name.is_empty() || inside.as_bytes().get(stop) == Some(&b'<') {
                continue;
            }
            self.at += 1;
            return Some(Tag {
                start,
                end: self.at,
                name,
                closes,
                is_empty: inside.get(..stop)?.ends_with('/'),
            });
        }
    }
}

/// Whether the tag begins an item, as RSS or as Atom calls it.
pub(super) fn begins_item(tag: &Tag<'_>) -> bool {
    !tag.closes && is_item(tag)
}

/// Whether the tag begins or ends an item.
pub(super) fn is_item(tag: &Tag<'_>) -> bool {
    matches!(tag.name, "item" | "entry")
}

/// How many items a feed has, readable or not.
pub(super) fn count_items(xml: &str) -> usize {
    tags(xml, 0).filter(begins_item).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_where_they_are_tags() {
        let xml = "<?xml version='1.0'?><rss><!-- <item> --><item a='1'><title><![CDATA[<item>]]></title>a < b<link/></item><item</rss";
        let found: Vec<String> = tags(xml, 0)
            .map(|tag| {
                format!(
                    "{}{}{}",
                    if tag.closes { "/" } else { "" },
                    tag.name,
                    if tag.is_empty { "/" } else { "" }
                )
            })
            .collect();
        assert_eq!(found, ["rss", "item", "title", "/title", "link/", "/item"]);
        assert_eq!(count_items(xml), 1);
        for broken in ["", "<", "</", "<!--", "<![CDATA[", "<?", "<é>", "a<b"] {
            assert!(tags(broken, 0).count() <= 1, "{broken}");
        }
    }
}
