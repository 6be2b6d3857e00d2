//! What a site's `robots.txt` lets us read (RFC 9309).

use std::time::Duration;

/// What the file calls us.
const OUR_NAME: &str = "gazette";

/// No site needs a longer pause from a reader that comes once a minute.
const LONGEST_DELAY: f64 = 10.0;

/// The rules that hold for us. None at all: everything is allowed.
#[derive(Debug, Clone, Default)]
pub(super) struct Robots {
    /// Whether it allows, and the path's pattern.
    rules: Vec<(bool, String)>,
    /// How long it asks readers to wait between two requests.
    pub delay: Option<Duration>,
}

impl Robots {
    /// Reads the file: the group that names us, else the one for everybody (§2.2.1).
    pub(super) fn read(text: &str) -> Self {
        let (mut ours, mut everybody) = (None::<Self>, Self::default());
        // Which of the two the lines are for. Names that follow each other head one group.
        let (mut for_us, mut for_all, mut naming) = (false, false, false);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "user-agent" {
                if !naming {
                    (for_us, for_all) = (false, false);
                }
                naming = true;
                for_us |= value.eq_ignore_ascii_case(OUR_NAME);
                for_all |= value == "*";
                if for_us && ours.is_none() {
                    ours = Some(Self::default());
                }
                continue;
            }
            // §2.2.4: other records, such as `Sitemap`, end no group.
            if matches!(key.as_str(), "allow" | "disallow" | "crawl-delay") {
                naming = false;
            }
            if let Some(ours) = ours.as_mut().filter(|_| for_us) {
                ours.take(&key, value);
            }
            if for_all {
                everybody.take(&key, value);
            }
        }
        ours.unwrap_or(everybody)
    }

    fn take(&mut self, key: &str, value: &str) {
        match key {
            // An empty `Disallow` forbids nothing.
            "allow" | "disallow" if !value.is_empty() => {
                self.rules.push((key == "allow", value.to_owned()));
            }
            "crawl-delay" => {
                let seconds: Option<f64> = value.parse().ok();
                self.delay = seconds
                    .filter(|seconds| *seconds > 0.0)
                    .map(|seconds| Duration::from_secs_f64(seconds.min(LONGEST_DELAY)));
            }
            _ => {}
        }
    }

    /// Whether a path with its query may be read: the longest pattern decides, and of two as long
    /// the one that allows (§2.2.2).
    pub(super) fn allows(&self, path: &str) -> bool {
        self.rules
            .iter()
            .filter(|(_, pattern)| matches(pattern, path))
            .max_by_key(|(allows, pattern)| (pattern.len(), *allows))
            .is_none_or(|(allows, _)| *allows)
    }
}

/// §2.2.3: `*` is any run of characters, `$` the end.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, whole) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    let mut open_end = false;
    while let Some(part) = parts.next() {
        open_end = part.is_empty();
        if whole && parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    !whole || open_end || rest.is_empty()
}

/// The sitemaps that the file names, whoever asks.
pub(super) fn sitemaps(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim()
                .eq_ignore_ascii_case("sitemap")
                .then_some(value.trim())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_that_names_us_goes_before_the_one_for_everybody() {
        let robots = Robots::read(
            "User-agent: *\nDisallow: /\n\nuser-agent: other\nUser-Agent: GAZETTE # us\nDisallow: /private\nCrawl-delay: 2\nSitemap: https://o.example/s.xml",
        );
        assert!(robots.allows("/feed/") && !robots.allows("/private/feed"));
        assert_eq!(robots.delay, Some(Duration::from_secs(2)));
        let all = Robots::read("User-agent: *\nDisallow: /\n");
        assert!(!all.allows("/feed/"));
        assert!(Robots::read("<html>not found</html>").allows("/"));
        assert!(Robots::read("User-agent: *\nDisallow:").allows("/"));
    }

    #[test]
    fn the_longest_pattern_decides_and_stars_stand_for_anything() {
        let robots = Robots::read(
            "User-agent: *\nDisallow: /news\nAllow: /news/releases\nDisallow: /*.pdf$\nDisallow: /*?print=\nAllow: /x\nDisallow: /x",
        );
        for (path, allowed) in [
            ("/news/", false),
            ("/news/releases/1", true),
            ("/a/b.pdf", false),
            ("/a/b.pdf?x", true),
            ("/a?print=1", false),
            ("/x", true),
            ("/", true),
        ] {
            assert_eq!(robots.allows(path), allowed, "{path}");
        }
        assert!(matches("/a*", "/abc") && matches("/a*$", "/abc") && !matches("/a$", "/ab"));
        assert_eq!(
            sitemaps("a\nSitemap: https://o.example/s.xml "),
            ["https://o.example/s.xml"]
        );
    }
}
