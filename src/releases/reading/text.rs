//! Reading a text file: paragraphs parted by empty lines, numbered lists nested by indentation.

use gazette_templates::document::{Block, Inline, List, NumberStyle, Numbering};

use super::{Reading, blocks, dates, edges};

/// Reads a release that was saved as text.
pub(super) fn read(text: &str) -> Reading {
    let text = text.replace("\r\n", "\n");
    let mut parts: Vec<Vec<&str>> = Vec::new();
    for part in text.split("\n\n").flat_map(|part| part.split("\n \n")) {
        let lines: Vec<&str> = part
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        if !lines.is_empty() {
            parts.push(lines);
        }
    }

    let mut published = None;
    let mut title = None;
    let dated = parts
        .iter()
        .take(8)
        .position(|lines| match lines.as_slice() {
            [line] => {
                published = dates::line(line);
                published.is_some()
            }
            _ => false,
        });
    if let Some(dated) = dated {
        // Above the date stand the site's lines; a title among them cannot be told from a name.
        parts.drain(..=dated);
    } else if let Some([line]) = parts.first().map(Vec::as_slice)
        && line.chars().count() <= 150
        && parts.len() > 1
        && !line.trim_end().ends_with('.')
        && marker(line).is_none()
    {
        title = Some(line.trim().to_owned());
        parts.remove(0);
    }

    let mut out = Vec::new();
    for lines in &parts {
        if let [line] = lines.as_slice()
            && !out.is_empty()
            && edges::ends_before(line)
        {
            break;
        }
        read_part(lines, &mut out);
    }
    edges::trim(&mut out, title.as_deref().unwrap_or_default());
    Reading::of_blocks(title, published, out)
}

/// A paragraph, with the lists that stand in it or are it.
fn read_part(lines: &[&str], out: &mut Vec<Block>) {
    let mut prose = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if marker(line).is_some() {
            blocks::paragraphs(text_run(&prose), out);
            prose.clear();
            out.push(list(lines, &mut at));
        } else {
            prose.push(*line);
            at += 1;
        }
    }
    blocks::paragraphs(text_run(&prose), out);
}

fn text_run(lines: &[&str]) -> Vec<Inline> {
    vec![Inline::Text(lines.join(" "))]
}

/// The list whose first item is at `at`, with the lists inside it.
fn list(lines: &[&str], at: &mut usize) -> Block {
    let (indent, first, _) = lines
        .get(*at)
        .and_then(|line| marker(line))
        .unwrap_or_default();
    let mut items: Vec<Vec<Block>> = Vec::new();
    let mut run = Vec::new();
    while let Some(line) = lines.get(*at) {
        match marker(line) {
            Some((depth, _, _)) if depth < indent => break,
            Some((depth, _, _)) if depth > indent && !run.is_empty() && indent + 20 > depth => {
                let mut item = Vec::new();
                blocks::paragraphs(text_run(&run), &mut item);
                run.clear();
                item.push(list(lines, at));
                items.push(item);
            }
            Some((_, number, rest)) => {
                // Bullets after numbers, or the other way about, are another list.
                if number.is_some() != first.is_some() {
                    break;
                }
                close(&mut run, &mut items);
                run.push(rest);
                *at += 1;
            }
            // A wrapped line goes on with its item.
            None => {
                run.push(line);
                *at += 1;
            }
        }
    }
    close(&mut run, &mut items);
    let numbering = first.map(|start| Numbering {
        start,
        style: NumberStyle::Decimal,
        reversed: false,
    });
    Block::List(List { numbering, items })
}

fn close(run: &mut Vec<&str>, items: &mut Vec<Vec<Block>>) {
    if !run.is_empty() {
        let mut item = Vec::new();
        blocks::paragraphs(text_run(run), &mut item);
        items.push(item);
        run.clear();
    }
}

/// The indentation, the number (none: a bullet) and the text of a list item's first line.
fn marker(line: &str) -> Option<(usize, Option<i32>, &str)> {
    let text = line.trim_start_matches([' ', '\t']);
    let indent = line.len() - text.len();
    for bullet in ["• ", "* ", "- ", "– "] {
        if let Some(rest) = text
            .strip_prefix(bullet)
            .filter(|_| bullet != "– " || indent > 0)
        {
            return Some((indent, None, rest));
        }
    }
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .filter(|n| (1..=3).contains(n))?;
    let rest = text
        .get(digits..)?
        .strip_prefix(['.', ')'])?
        .strip_prefix(' ')?;
    Some((indent, Some(text.get(..digits)?.parse().ok()?), rest))
}
