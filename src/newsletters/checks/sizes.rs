//! Pictures: what they say to those who do not see them, and whether a mail can show them (E6).

use gazette_templates::document::{Document, Figure};

use url::Url;

use super::{
    check_result::{
        Check,
        Severity::{Blocking, Ok, Warning},
        several,
    },
    checked_content::Content,
};

/// Formats that some mail software does not show.
const UNSHOWN: &[&str] = &[".svg", ".webp", ".avif", ".heic", ".tif", ".tiff"];

pub(super) fn pictures(content: &Content) -> Check {
    let check = |severity, says| Check::new("pictures", "Pictures", severity, says);
    if content.pictures.is_empty() {
        return check(Ok, "None.".to_owned());
    }
    let mut details = Vec::new();
    for picture in &content.pictures {
        let src = picture.src.as_str();
        if picture.alt.is_empty() {
            details.push(format!("{src} has no words for those who do not see it"));
        } else if is_file_name(&picture.alt) {
            details.push(format!(
                "{src} is described by a file name, “{}”",
                picture.alt
            ));
        }
        if picture.src.scheme() != "https" {
            details.push(format!(
                "{src} is not fetched by https, and many mailboxes will not show it"
            ));
        }
        if !picture.sized {
            details.push(format!(
                "{src} has no size yet; following the links finds it"
            ));
        }
        if UNSHOWN
            .iter()
            .any(|end| picture.src.path().to_lowercase().ends_with(end))
        {
            details.push(format!(
                "{src} is of a kind that not all mail software shows"
            ));
        }
    }
    let number = several(content.pictures.len(), "picture");
    if details.is_empty() {
        return check(Ok, format!("{number}, each described, with its size."));
    }
    check(Warning, format!("{number}. Some need a look.")).with(details)
}

fn is_file_name(alt: &str) -> bool {
    let alt = alt.to_lowercase();
    !alt.contains(' ')
        && [".jpg", ".jpeg", ".png", ".gif", ".webp"]
            .iter()
            .any(|end| alt.ends_with(end))
}

/// Many mailboxes show no pictures before they are asked to.
pub(super) fn without_pictures(content: &Content) -> Check {
    let check =
        |severity, says| Check::new("images-off", "Readable without images", severity, says);
    let described: usize = content
        .pictures
        .iter()
        .map(|picture| super::rules::words(&picture.alt).len())
        .sum();
    let missing = content
        .pictures
        .iter()
        .filter(|picture| picture.alt.is_empty())
        .count();
    if content.words.len() <= described && missing > 0 {
        return check(
            Blocking,
            "Nothing is left to read: the release is a picture without words.".to_owned(),
        );
    }
    if missing > 0 {
        return check(
            Warning,
            format!("{} would leave no trace.", several(missing, "picture")),
        );
    }
    check(Ok, "Every picture has words in its place.".to_owned())
}

/// Gives pictures the size that was found, where the source did not say: without it a mail jumps
/// while it loads, and Outlook shows the picture at its full width. What is had by https too is taken
/// from there: many mailboxes show nothing else (E6). Gives whether any was changed.
pub(super) fn fill_in(
    document: &mut Document,
    found: &dyn Fn(&Url) -> Option<(u32, u32)>,
    by_https: &dyn Fn(&Url) -> Option<Url>,
) -> bool {
    let mut changed = false;
    document.each_figure(&mut |figure| {
        if let Some(secure) = by_https(&figure.src) {
            figure.src = secure;
            changed = true;
        }
        changed |= fill_in_figure(figure, found);
    });
    changed
}

fn fill_in_figure(figure: &mut Figure, found: &dyn Fn(&Url) -> Option<(u32, u32)>) -> bool {
    if figure.width.is_some() && figure.height.is_some() {
        return false;
    }
    let Some((width, height)) = found(&figure.src) else {
        return false;
    };
    // A page that gives one side means to show the picture at that size.
    let scaled = |side: u32, by: u32, of: u32| {
        u32::try_from(u64::from(side) * u64::from(by) / u64::from(of.max(1))).unwrap_or(side)
    };
    (figure.width, figure.height) = match (figure.width, figure.height) {
        (Some(shown), _) => (Some(shown), Some(scaled(height, shown, width))),
        (None, Some(shown)) => (Some(scaled(width, shown, height)), Some(shown)),
        (None, None) => (Some(width), Some(height)),
    };
    true
}

#[cfg(test)]
mod tests {
    use gazette_templates::document::{Block, Direction, List, Passage};

    use super::*;

    fn picture(src: &str) -> Block {
        Block::Figure(Figure {
            src: src.parse().unwrap(),
            alt: "A bridge".to_owned(),
            caption: None,
            width: None,
            height: None,
            link: None,
        })
    }

    #[test]
    fn e6_a_picture_gets_its_size_wherever_it_stands() {
        let picture = || vec![picture("https://doe.example/bridge.jpg")];
        let korean = |blocks| {
            Block::Passage(Passage {
                language: "ko".to_owned(),
                direction: Direction::Ltr,
                blocks,
            })
        };
        let mut document = Document {
            language: "en".to_owned(),
            direction: Direction::Ltr,
            blocks: vec![
                Block::Quote(picture()),
                Block::List(List {
                    numbering: None,
                    items: vec![vec![korean(picture())]],
                }),
                korean(vec![Block::Quote(picture())]),
            ],
        };
        assert!(!Content::of(&document).pictures.iter().any(|p| p.sized));
        let found = |_: &Url| Some((640, 480));
        assert!(fill_in(&mut document, &found, &|_| None));
        let pictures = Content::of(&document).pictures;
        assert_eq!(pictures.len(), 3);
        assert!(pictures.iter().all(|picture| picture.sized));
        assert!(!fill_in(&mut document, &found, &|_| None));
    }
    #[test]
    fn e6_a_picture_that_is_had_by_https_is_shown_from_there() {
        let mut document = Document {
            language: "en".to_owned(),
            direction: Direction::Ltr,
            blocks: vec![
                picture("http://a.example/bridge.jpg"),
                picture("http://b.example/bridge.jpg"),
            ],
        };
        let secure: Url = "https://a.example/bridge.jpg".parse().unwrap();
        let by_https =
            |url: &Url| (url.host() == secure.host() && *url != secure).then(|| secure.clone());
        let found = |url: &Url| (*url == secure).then_some((640, 480));
        assert!(fill_in(&mut document, &found, &by_https));
        let pictures = Content::of(&document).pictures;
        assert_eq!(pictures[0].src, secure);
        assert!(pictures[0].sized && !pictures[1].sized);
        assert_eq!(pictures[1].src.scheme(), "http");
    }
}
