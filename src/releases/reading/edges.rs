//! The edges of a release: date lines above it, sign-up and "latest news" lines below it. What a
//! page's structure does not set apart, its wording does.

use gazette_templates::document::{Block, Inline, Passage};

use super::lines::{is_end_mark, is_sentence, letters, one_line, title_key};
use super::{
    block_words::{all_words, words},
    bullets,
    date_lines::date_of_line,
    dates::{DateFound, DateOrder},
    elements::is_file,
    meta_line, phrases,
    runs::plain,
};

/// Lines longer than this are text, whatever they begin with.
const LINE: usize = 100;

/// Drops what stands before the page's headline, unless that is most of the text. "For immediate
/// release" and whom to ask stand there by right, and so does a `lead` that the page calls so.
pub(super) fn drop_before_headline(blocks: &mut Vec<Block>, at: usize, lead: Option<&str>) {
    let Some((before, after)) = blocks.split_at_checked(at) else {
        return;
    };
    if all_words(before).len() * 2 < all_words(after).len() {
        let own = before
            .iter()
            .position(|block| is_front_matter(&words(block)));
        let mut kept = before.len();
        if let Some(lead) = lead
            && let Some(lead_at) = before
                .iter()
                .position(|block| title_key(&words(block)) == title_key(lead))
        {
            kept = lead_at;
        }
        let own = own.unwrap_or(at).min(kept);
        blocks.drain(..own);
    }
}

/// Where the headline stands among the first blocks, where it is no heading to the page.
pub(super) fn headline_among(blocks: &[Block], title: &str) -> Option<usize> {
    /// More lines than this no page has above it.
    const LINES: usize = 12;
    let title = title_key(title);
    if title.is_empty() {
        return None;
    }
    blocks
        .iter()
        .take(LINES)
        .position(|block| match bare(block) {
            Block::Heading { text, .. } | Block::Paragraph(text) => {
                let line = plain(text);
                line.len() <= 4 * title.len() && title_key(&line) == title
            }
            _ => false,
        })
}

/// How lines begin that releases have above their text.
const FRONT_MATTER: &[&str] = &[
    "for immediate release",
    "for release",
    "for planning purposes",
    "embargoed",
    "embargo",
    "under embargo",
    "strictly embargoed",
    "hold for release",
    "hold until",
    "not for release",
    "not for publication",
    "not for broadcast",
    "not for immediate release",
    "do not publish",
    "do not release",
    "draft not for release",
    "draft not for publication",
    "media advisory",
    "contact",
    "contacts",
    "media contact",
    "media contacts",
    "press contact",
    "press contacts",
    "inquiries",
    "enquiries",
    "media inquiries",
    "media enquiries",
    "press inquiries",
    "press enquiries",
    "para publicación inmediata",
    "para divulgación inmediata",
    "embargado",
    "contacto",
    "contacto de prensa",
    "contactos de prensa",
    "contacto para medios",
    "zur sofortigen veröffentlichung",
    "zur veröffentlichung",
    "sperrfrist",
    "sperrvermerk",
    "nicht zur veröffentlichung",
    "pressekontakt",
    "medienkontakt",
    "kontakt für medien",
    "kontakt für die presse",
    "rückfragen der presse",
    "rückfragen von medien",
    "pour diffusion immédiate",
    "pour publication immédiate",
    "sous embargo",
    "ne pas publier",
    "ne pas diffuser",
    "sotto embargo",
    "sob embargo",
    "bajo embargo",
    "onder embargo",
    "엠바고",
    "contact presse",
    "contacts presse",
    "contact pour la presse",
    "contact médias",
    "contacts médias",
    "per la diffusione immediata",
    "contatto stampa",
    "contatti stampa",
    "contatti per la stampa",
    "para divulgação imediata",
    "para publicação imediata",
    "contato para a imprensa",
    "contato para imprensa",
    "contacto para a imprensa",
    "voor onmiddellijke publicatie",
    "perscontact",
    "contact voor de pers",
    "즉시 보도",
    "보도 시점",
    "보도일시",
    "보도 일시",
    "언론 문의",
    "문의",
    "문의처",
    "媒体联系",
    "媒体联系人",
    "媒體聯絡",
    "新聞聯絡人",
    "للنشر الفوري",
    "thông cáo",
    "liên hệ báo chí",
];

/// Whether a line is of those that releases have above their text: when it may be used, and whom
/// to ask.
pub(super) fn is_front_matter(line: &str) -> bool {
    /// Words that stand in menus, too.
    const OF_ANYBODY: &[&str] = &[
        "contact",
        "contacts",
        "contacto",
        "inquiries",
        "enquiries",
        "문의",
        "문의처",
    ];
    const LONGEST: usize = 300;
    if line.len() > LONGEST {
        return false;
    }
    let key = title_key(line);
    FRONT_MATTER.iter().any(|beginning| {
        key.strip_prefix(beginning)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            && (!OF_ANYBODY.contains(beginning) || names_a_way(line))
    })
}

/// `Media contact` alone: in a column beside the text it is the heading of another thing.
pub(super) fn is_contact_label(line: &str) -> bool {
    let key = title_key(line);
    ["contact", "kontakt", "contacto", "contato", "contatt"]
        .iter()
        .any(|word| key.contains(word))
        && !names_a_way(line)
}

/// An address or a telephone number: "Contact us" alone is a menu's.
pub(super) fn names_a_way(line: &str) -> bool {
    line.contains('@') || line.chars().filter(char::is_ascii_digit).count() >= 7
}

/// The block, or the only one of a passage.
fn bare(block: &Block) -> &Block {
    match block {
        Block::Passage(passage) => match passage.blocks.as_slice() {
            [only] => bare(only),
            _ => block,
        },
        _ => block,
    }
}

/// Passages block by block, so that the edges of the release can be seen.
pub(super) fn spread(blocks: Vec<Block>) -> Vec<Block> {
    let mut spread = Vec::with_capacity(blocks.len());
    for block in blocks {
        match block {
            Block::Passage(passage) => spread.extend(passage.blocks.into_iter().map(|block| {
                Block::Passage(Passage {
                    language: passage.language.clone(),
                    direction: passage.direction,
                    blocks: vec![block],
                })
            })),
            other => spread.push(other),
        }
    }
    spread
}

/// Takes off what is not the release; gives the date of the date line, where there was one.
pub(super) fn trim(blocks: &mut Vec<Block>, title: &str, order: DateOrder) -> Option<DateFound> {
    let published = trim_head(blocks, title, order);
    drop_empty_contact(blocks);
    drop_below_lead(blocks);
    trim_tail(blocks);
    tidy(blocks);
    published
}

/// The same of what a person wrote: below it stands nothing of a site.
pub(super) fn trim_written(
    blocks: &mut Vec<Block>,
    title: &str,
    order: DateOrder,
) -> Option<DateFound> {
    let published = trim_head(blocks, title, order);
    tidy(blocks);
    published
}

/// Takes nothing off: an end mark that lost its line gets one, and lines with typed bullets become lists.
pub(super) fn tidy(blocks: &mut Vec<Block>) {
    split_glued_end_mark(blocks);
    keep_last_end_mark(blocks);
    *blocks = bullets::gather(std::mem::take(blocks));
}

/// Drops the headline, which the newsletter has above the text, and the lines of a content system:
/// the date, the kind of page, who wrote it, and the labels that stand above these.
fn trim_head(blocks: &mut Vec<Block>, title: &str, order: DateOrder) -> Option<DateFound> {
    /// More lines than this no release has above its text.
    const LINES: usize = 12;
    let title = title_key(title);
    let mut published = None;
    let mut dropped = Vec::new();
    // Short lines that are the site's if a line of the site's follows.
    let mut labels = Vec::new();
    // Below a line of the release's own, a date or "Press release" is the release's too.
    let mut above_all = true;
    // Above the first sentence of the release.
    let mut above_text = true;
    for (at, block) in blocks.iter().enumerate().take(LINES) {
        let line = match bare(block) {
            Block::Heading { text, .. } | Block::Paragraph(text) => plain(text),
            Block::List(_)
                if (above_all && is_controls(block)) || (above_text && lists_links(block)) =>
            {
                dropped.push(at);
                continue;
            }
            Block::Figure(_) | Block::Embed { .. } => continue,
            // A row of stars between headline and text.
            Block::EndMark(_) if above_text && at + 1 < blocks.len() => {
                dropped.push(at);
                continue;
            }
            // Hand-made pages set when it may be used and whom to ask side by side.
            Block::Table(_) if is_front_matter(words(block).lines().next().unwrap_or_default()) => {
                continue;
            }
            _ => break,
        };
        let line = one_line(&line.replace('\u{a0}', " "));
        let line = line.trim();
        let key = title_key(line);
        let is_rule = key.is_empty() && line.chars().count() >= 3 && above_text;
        if !title.is_empty() && key == title || above_all && is_filing(block) || is_rule {
            dropped.push(at);
        } else if above_all && let Some(date) = date_of_line(line, order) {
            published = published.or(Some(date));
            // `For release: May 4, 2026` says more than a date.
            if !is_front_matter(line) {
                dropped.push(at);
            }
            dropped.append(&mut labels);
        } else if above_all && is_sites_line(line, is_heading(block)) {
            dropped.push(at);
            if phrases::is_byline(line) {
                dropped.append(&mut labels);
            }
        } else if is_heading(block) && phrases::names_text(line) {
            dropped.push(at);
        } else if line.chars().count() > 160 {
            break;
        } else if above_all && is_label(block, line) {
            labels.push(at);
        } else {
            above_all &= is_front_matter(line);
            above_text &= !is_sentence(line);
        }
    }
    // A release of nothing but its title keeps it.
    if dropped.len() < blocks.len() {
        let mut at = 0;
        blocks.retain(|_| {
            at += 1;
            !dropped.contains(&(at - 1))
        });
    }
    published
}

/// Drops `Media contact:` above the text where nobody is named: what follows is another line that releases have
/// above their text, or a paragraph of it.
fn drop_empty_contact(blocks: &mut Vec<Block>) {
    /// Blocks that it is among, and letters of a paragraph.
    const FIRST: usize = 4;
    const PARAGRAPH: usize = 120;
    let line = |block: Option<&Block>| match block.map(bare) {
        Some(Block::Paragraph(text) | Block::Heading { text, .. }) => {
            Some(one_line(&plain(text)).trim().to_owned())
        }
        _ => None,
    };
    let is_empty = |at: &usize| {
        line(blocks.get(*at)).is_some_and(|says| {
            says.ends_with(':') && is_front_matter(&says) && is_contact_label(&says)
        }) && line(blocks.get(at + 1)).is_some_and(|next| {
            (is_front_matter(&next) && !names_a_way(&next) && !is_contact_label(&next))
                || (next.chars().count() >= PARAGRAPH && !names_a_way(&next))
        })
    };
    if let Some(at) = (0..FIRST.min(blocks.len())).find(is_empty) {
        blocks.remove(at);
    }
}

/// Drops the lines that say who wrote the text and when, between its lead and its first paragraph: two of them or
/// more, or one that says several things.
fn drop_below_lead(blocks: &mut Vec<Block>) {
    /// Blocks that such lines are among, and the most of them.
    const FIRST: usize = 6;
    const MOST: usize = 3;
    let said = |block: &Block| match bare(block) {
        Block::Paragraph(text) => Some(one_line(&plain(text)).trim().to_owned()),
        _ => None,
    };
    let is_author = |line: &str| phrases::is_byline_alone(line);
    let is_collection = |block: &Block, line: &str| {
        line.starts_with("Published in") && line.chars().count() <= 60 && holds_link(block)
    };
    let is_about = |block: &Block| {
        said(block).is_some_and(|line| {
            is_author(&line) || is_collection(block, &line) || meta_line::is_meta_line(&line, true)
        })
    };
    let Some(from) = (1..FIRST.min(blocks.len())).find(|at| blocks.get(*at).is_some_and(is_about))
    else {
        return;
    };
    let run: Vec<String> = blocks
        .iter()
        .skip(from)
        .take(MOST)
        .take_while(|block| is_about(block))
        .filter_map(said)
        .collect();
    let dated = run
        .iter()
        .filter(|line| meta_line::is_meta_line(line, true))
        .count();
    let says_several = run.iter().any(|line| meta_line::is_meta_line(line, false));
    let is_text_behind = blocks.iter().skip(from + run.len()).any(is_running_text);
    if dated == 1 && (run.len() >= 2 || says_several) && is_text_behind {
        blocks.drain(from..from + run.len());
    }
}

fn holds_link(block: &Block) -> bool {
    match bare(block) {
        Block::Paragraph(text) => linked_words(text) > 0,
        _ => false,
    }
}

fn is_heading(block: &Block) -> bool {
    matches!(bare(block), Block::Heading { .. })
}

/// A line of the site's, above the text or below it.
fn is_sites_line(line: &str, is_heading: bool) -> bool {
    // `【我要纠错】责任编辑：王某`: a button, and who wrote it.
    let is_row = || {
        let (button, rest) = line.strip_prefix('【')?.split_once('】')?;
        Some(phrases::is_control(button) && phrases::is_byline(rest))
    };
    phrases::is_kind(line)
        || phrases::is_control(line)
        || is_row() == Some(true)
        || phrases::says_where(line)
        // `By The Numbers` is a heading.
        || (phrases::is_byline(line) && !is_heading)
        || phrases::is_count(line)
        || (phrases::says_updated(line)
            && line.chars().count() <= 80
            && line.chars().any(char::is_numeric)
            && !line.ends_with(['.', '!', '?'])
            && line.split_whitespace().count() <= 10)
}

/// A word or three that stand above a headline or a date: a section, a committee, a place.
fn is_label(block: &Block, line: &str) -> bool {
    !matches!(bare(block), Block::Heading { .. })
        && line.chars().count() <= 40
        && line.split_whitespace().count() <= 4
        && !line.ends_with(['.', ':', '!', '?', ',', '。', '：'])
        && !is_front_matter(line)
        && !is_end_mark(line)
}

/// A list of buttons.
fn is_controls(block: &Block) -> bool {
    let words = words(block);
    let mut lines = words.lines().filter(|line| !line.trim().is_empty());
    words.len() < 200 && lines.all(phrases::is_control)
}

/// A list of nothing but links: who published it, where one can go. No release begins so.
fn lists_links(block: &Block) -> bool {
    match bare(block) {
        Block::List(list) => list
            .items
            .iter()
            .all(|item| item.iter().all(|part| links_of(part).is_some())),
        _ => false,
    }
}

/// A word or four that are links from end to end: what the text is filed under. `Read the report` leads to what
/// the release is about.
fn is_filing(block: &Block) -> bool {
    const WORDS: usize = 4;
    const CALLS: &[&str] = &[
        "read",
        "watch",
        "view",
        "see",
        "download",
        "listen",
        "click",
        "here",
        "full",
        "text",
        "letter",
        "bill",
        "report",
        "video",
        "statement",
        "lea",
        "leer",
        "vea",
        "ver",
        "mire",
        "informe",
        "carta",
        "lire",
        "voir",
        "rapport",
        "lesen",
        "ansehen",
        "bericht",
        "leggi",
        "guarda",
        "leia",
        "veja",
        "lees",
        "bekijk",
    ];
    let calls = |says: &str| {
        let mut words = says.split(|c: char| !c.is_alphanumeric());
        words.any(|word| CALLS.contains(&word.to_lowercase().as_str()))
    };
    links_of(block).is_some_and(|says| {
        says.split_whitespace().count() <= WORDS
            && !is_front_matter(&says)
            && !names_a_way(&says)
            && !calls(&says)
    })
}

/// What a paragraph says that is nothing but links to pages. `None`: it says something else, or leads to a
/// file.
fn links_of(block: &Block) -> Option<String> {
    const FILES: &[&str] = &[".pdf", ".doc", ".docx", ".xls", ".xlsx", ".zip", ".odt"];
    let Block::Paragraph(text) = bare(block) else {
        return None;
    };
    let mut links = 0;
    let only_links = text.iter().all(|inline| match inline {
        Inline::Link { href, .. } => {
            links += 1;
            !is_file(href.path(), FILES)
        }
        Inline::Text(words) => words.trim().is_empty(),
        _ => false,
    });
    (only_links && links > 0).then(|| one_line(&plain(text)))
}

/// A release in two languages ends once (R3).
fn keep_last_end_mark(blocks: &mut Vec<Block>) {
    let is_mark = |block: &Block| matches!(bare(block), Block::EndMark(_));
    let Some(last) = blocks.iter().rposition(is_mark) else {
        return;
    };
    let mut at = 0;
    blocks.retain(|block| {
        at += 1;
        at - 1 == last || !is_mark(block)
    });
}

/// Whether the line says, in words that sites share, that the release is over.
pub(super) fn is_footer_line(line: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "signup to",
        "sign up to",
        "sign up for",
        "signup for",
        "subscribe to",
        "join our",
        "get email updates",
        "get the latest",
        "the latest news",
        "latest news",
        "recent news",
        "more news",
        "related news",
        "related posts",
        "related articles",
        "related content",
        "recent posts",
        "recent press releases",
        "more press releases",
        "latest press releases",
        "other news",
        "share this",
        "share on",
        "share via",
        "follow us",
        "follow me",
        "back to top",
        "back to news",
        "previous post",
        "next post",
        "previous article",
        "next article",
        "filed under",
        "posted in",
        "read more",
        "stay connected",
        "stay informed",
        "permalink",
        "suscríbase",
        "suscríbete",
        "últimas noticias",
        "noticias recientes",
        "comparta esto",
    ];
    const WHOLE: &[&str] = &[
        "share",
        "print",
        "email",
        "tweet",
        "facebook",
        "twitter",
        "linkedin",
        "x",
        "issues",
        "tags",
        "comments",
        "related",
        "prev",
        "next",
        "newsletter",
        "subscribe",
        "print this page",
    ];
    if line.len() > LINE {
        return false;
    }
    let key = title_key(line);
    WHOLE.contains(&key.as_str())
        || BEGINNINGS.iter().any(|beginning| {
            key.strip_prefix(beginning)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
}

fn trim_tail(blocks: &mut Vec<Block>) {
    cut_at_footer(blocks);
    drop_last_lines(blocks);
    if let Some(Block::Paragraph(text)) = blocks.last_mut() {
        cut_wire_end(text);
    }
}

/// Cuts at a line of the site's in the second half, if nothing follows that could be the release's.
fn cut_at_footer(blocks: &mut Vec<Block>) {
    let lengths: Vec<usize> = blocks.iter().map(|block| words(block).len()).collect();
    let total: usize = lengths.iter().sum();
    let mut before = 0;
    let mut cut = blocks.len();
    // A release goes on to its end mark, whatever stands before it.
    let is_mark = |block: &Block| matches!(bare(block), Block::EndMark(_));
    let ended = blocks.iter().rposition(is_mark).unwrap_or(0);
    let last_text = blocks.iter().rposition(is_running_text).unwrap_or(0);
    for (at, block) in blocks.iter().enumerate() {
        let length = lengths.get(at).copied().unwrap_or(0);
        if let Block::Heading { text, .. } | Block::Paragraph(text) = bare(block) {
            let line = plain(text);
            let over = is_footer_line(&line) && !is_sentence(line.trim_end())
                // WordPress adds this to every item of a feed.
                || (line.starts_with("The post ") && line.contains(" appeared first on "));
            // In its second half only: a release may well ask its readers to share something. What
            // follows as running text belongs to it, too.
            if over && at > ended && before * 2 >= total && at >= last_text {
                cut = at;
                break;
            }
        }
        before += length;
    }
    // A release does not begin with its footer.
    if cut > 0 {
        blocks.truncate(cut);
    }
}

/// What is the release's, whatever stands above it: a sentence, hardly a link in it, a table, a quotation, a picture.
fn is_running_text(block: &Block) -> bool {
    const WORDS: usize = 3;
    let says = |text: &[Inline]| {
        let line = one_line(&plain(text));
        let is_long = line.split(' ').count() >= WORDS || letters(&line) >= 20;
        is_long
            && is_sentence(line.trim_end())
            && linked_words(text) * 2 < line.len()
            && !is_of_the_site(&line)
    };
    match bare(block) {
        Block::Paragraph(text) => says(text),
        Block::List(list) => list.items.iter().flatten().any(|part| match bare(part) {
            Block::Paragraph(text) => says(text),
            _ => false,
        }),
        Block::Quote(_) | Block::Table(_) | Block::DescriptionList(_) => true,
        _ => false,
    }
}

/// A sentence that sites have below their texts.
pub(super) fn is_of_the_site(line: &str) -> bool {
    phrases::offers_mail(line)
        || phrases::asks_to_follow(line)
        || phrases::is_sites_note(line)
        || phrases::claims_rights(line)
        || phrases::plugs(line)
        || phrases::asks_for_opinion(line)
        || phrases::offers_app(line)
        || phrases::is_author_note(line)
        || line.starts_with(['©', '℗'])
        || (line.starts_with("The post ") && line.contains(" appeared first on "))
}

/// Bytes of the words that are links.
fn linked_words(text: &[Inline]) -> usize {
    text.iter()
        .map(|inline| match inline {
            Inline::Link { label, .. } => plain(label).len(),
            Inline::Strong(inner) | Inline::Emphasis(inner) => linked_words(inner),
            _ => 0,
        })
        .sum()
}

/// `… by calling 2868 0000.Ends/Tuesday, May 12, 2026`: the end of a wire in the paragraph of the last sentence.
fn cut_wire_end(text: &mut Vec<Inline>) {
    let found = text
        .iter()
        .position(|inline| matches!(inline, Inline::Text(words) if wire_end(words).is_some()));
    if let Some(at) = found
        && let Some(Inline::Text(words)) = text.get_mut(at)
        && let Some(end) = wire_end(words)
    {
        words.truncate(end);
        text.truncate(at + 1);
    }
}

/// Where it begins, behind a sentence.
fn wire_end(words: &str) -> Option<usize> {
    let at = words.find("Ends/")?;
    let before = words.get(..at)?.trim_end();
    (is_sentence(before) && phrases::ends_wire(words.get(at..)?)).then_some(before.len())
}

/// Drops, from the end, what sites put below a text: keywords, who wrote it, when it was changed,
/// headings of lists that are gone.
fn drop_last_lines(blocks: &mut Vec<Block>) {
    while blocks.len() > 1 {
        let at = blocks.len() - 1;
        let line_at = |at: usize| match blocks.get(at).map(bare) {
            Some(Block::Heading { text, .. } | Block::Paragraph(text)) => {
                one_line(&plain(text)).trim().to_owned()
            }
            _ => String::new(),
        };
        let last = line_at(at);
        let is_lines = matches!(
            blocks.get(at).map(bare),
            Some(Block::Heading { .. } | Block::Paragraph(_))
        );
        let is_keywords = matches!(
            blocks.get(at).map(bare),
            Some(Block::List(_) | Block::Paragraph(_))
        ) && at > 1
            && blocks.get(at).map(words).is_some_and(|words| {
                words.len() <= 300 && !words.lines().any(|line| is_sentence(line.trim_end()))
            })
            && phrases::tag_label(&line_at(at - 1)) == Some(phrases::TagLabel::Alone);
        let is_heading = matches!(blocks.get(at).map(bare), Some(Block::Heading { .. }));
        let is_sites = is_lines
            && !is_front_matter(&last)
            && (is_sites_line(&last, is_heading)
                || phrases::ends_wire(&last)
                || (phrases::says_who_posted(&last)
                    && !is_sentence(&last)
                    && last.split_whitespace().count() <= 8)
                || blocks.get(at).is_some_and(is_neighbours)
                || blocks.get(at).is_some_and(is_row_of_links)
                || phrases::tag_label(&last).is_some()
                || (is_heading && phrases::is_related_heading(&last))
                || (is_heading && phrases::names_files(&last))
                || (phrases::is_related_heading(&last) && last.split(' ').count() <= 4)
                || last.starts_with(['©', '℗']));
        // Nothing introduces the list: the topics that the text is filed under, or other pages.
        let is_unannounced = blocks.get(at).is_some_and(lists_links)
            && matches!(
                blocks.get(at - 1).map(bare),
                Some(Block::Paragraph(_) | Block::EndMark(_) | Block::Quote(_) | Block::List(_))
            )
            && !line_at(at - 1).ends_with([':', '：'])
            && !blocks.get(at).is_some_and(lists_bills);
        if is_unannounced {
            blocks.truncate(at);
        } else if is_keywords {
            blocks.truncate(at - 1);
        } else if is_sites || (is_list(blocks.get(at)) && blocks.get(at).is_some_and(is_controls)) {
            blocks.truncate(at);
        } else {
            return;
        }
    }
}

/// A list of which half, at least, are bills, acts and resolutions by their numbers: what the text is about.
fn lists_bills(block: &Block) -> bool {
    let Block::List(list) = bare(block) else {
        return false;
    };
    let says = |item: &[Block]| phrases::names_bill(all_words(item).trim());
    let bills = list.items.iter().filter(|item| says(item)).count();
    bills > 0 && bills * 2 >= list.items.len()
}

/// `← The release before | The next one →`: links alone, with an arrow where they lead.
fn is_neighbours(block: &Block) -> bool {
    let Block::Paragraph(text) = bare(block) else {
        return false;
    };
    let line = plain(text);
    let line = line.trim();
    let has_arrow = line.starts_with(['←', '⇐', '«', '‹', '◄', '◀', '<'])
        || line.ends_with(['→', '⇒', '»', '›', '►', '▶', '>']);
    let unlinked = line.len().saturating_sub(linked_words(text));
    has_arrow && linked_words(text) > 0 && unlinked <= 8 && !is_sentence(line.trim_end())
}

/// `News | Privacy Notice | Contact us`: short links with bars between them, and nothing else.
fn is_row_of_links(block: &Block) -> bool {
    /// Letters of the longest.
    const LONGEST: usize = 40;
    let Block::Paragraph(text) = bare(block) else {
        return false;
    };
    let mut links = 0;
    text.iter().all(|inline| match inline {
        Inline::Link { label, .. } => {
            links += 1;
            plain(label).chars().count() <= LONGEST
        }
        Inline::Text(between) => between
            .chars()
            .all(|c| c.is_whitespace() || matches!(c, '|' | '•' | '·')),
        Inline::LineBreak => true,
        _ => false,
    }) && links >= 2
        && plain(text).contains(['|', '•', '·'])
}

fn is_list(block: Option<&Block>) -> bool {
    matches!(block.map(bare), Some(Block::List(_)))
}

/// `…keep families safe.###` ends with an end mark that lost its line (F6).
fn split_glued_end_mark(blocks: &mut Vec<Block>) {
    let Some(Block::Paragraph(text)) = blocks.last_mut() else {
        return;
    };
    let Some(last) = last_text(text) else { return };
    let bare = last.trim_end();
    let kept = bare.trim_end_matches(['#', ' ']).len();
    let Some(mark) = bare.get(kept..).map(|mark| mark.trim().to_owned()) else {
        return;
    };
    if mark.len() < 3 || !is_end_mark(&mark) {
        return;
    }
    last.truncate(kept);
    while matches!(text.last(), Some(Inline::LineBreak))
        || matches!(text.last(), Some(Inline::Text(words)) if words.is_empty())
    {
        text.pop();
    }
    blocks.push(Block::EndMark(mark));
}

fn last_text(text: &mut [Inline]) -> Option<&mut String> {
    match text.last_mut()? {
        Inline::Text(words) => Some(words),
        marked => last_text(marked.inner_mut()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(text: &str) -> Block {
        Block::Paragraph(vec![Inline::Text(text.to_owned())])
    }

    #[test]
    fn a_glued_end_mark_gets_its_line_back() {
        let mut blocks = vec![paragraph("We keep families safe.###")];
        split_glued_end_mark(&mut blocks);
        assert_eq!(
            blocks,
            vec![
                paragraph("We keep families safe."),
                Block::EndMark("###".into())
            ]
        );
        let mut number = vec![paragraph("Call extension #3")];
        split_glued_end_mark(&mut number);
        assert_eq!(number, vec![paragraph("Call extension #3")]);
    }

    #[test]
    fn what_stands_around_a_release_is_told_from_what_it_says() {
        assert!(is_footer_line("Signup to receive our Email Newsletters"));
        assert!(is_footer_line("The Latest News"));
        assert!(!is_footer_line("The Latest Newspaper Report"));
        assert!(!is_footer_line("Sharing the road"));
    }

    #[test]
    fn whom_to_ask_is_told_in_the_languages_of_offices() {
        for line in [
            "For Immediate Release",
            "Contact: Ann Poe, 555-010-0199",
            "Contact presse : Claire Morel, 03 55 01 23 45",
            "Contacts presse",
            "Pressekontakt: Anna Poe",
            "Sperrfrist: Montag, 10 Uhr",
            "Contatti per la stampa",
            "Contato para a imprensa: imprensa@cidade.example",
            "Perscontact",
            "媒体联系人：王小明",
            "Liên hệ báo chí: 0236 555 010",
        ] {
            assert!(is_front_matter(line), "{line}");
        }
        for line in [
            "Contact us",
            "Contact",
            "Pressemitteilung",
            "Presse",
            "Contacts utiles",
        ] {
            assert!(!is_front_matter(line), "{line}");
        }
    }
}
