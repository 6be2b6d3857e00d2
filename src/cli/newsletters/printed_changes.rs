//! `gazette newsletters changes` and `correct`.

use gazette_templates::document::diff::{Paragraph, Place};

use crate::{
    app::App,
    audit::OPERATOR,
    newsletters::{self, Change},
};

/// Prints what changed: `+` and `-` before paragraphs, `[-old-]` and `{+new+}` around words.
pub(super) async fn show(app: &App, id: i64) -> anyhow::Result<()> {
    newsletters::find(app, id).await?;
    let changes = newsletters::changes(app, id).await?;
    if changes.is_empty() {
        println!("nothing has changed since newsletter {id} was made");
    }
    for change in changes {
        println!("release {}: {}", change.release_id, change.title);
        if change.vanished {
            println!("  the office took it back");
            continue;
        }
        for paragraph in &change.paragraphs {
            println!("{}", line(paragraph));
        }
        if let Some(correction) = change.corrected_by {
            println!("  corrected by newsletter {correction}");
        }
    }
    Ok(())
}

fn line(paragraph: &Paragraph) -> String {
    match paragraph {
        Paragraph::Same(text) => format!("  {text}"),
        Paragraph::Added(text) => format!("+ {text}"),
        Paragraph::Removed(text) => format!("- {text}"),
        Paragraph::Changed(runs) => {
            let mut line = "~ ".to_owned();
            for run in runs {
                match run.place {
                    Place::Both => line.push_str(&run.words),
                    Place::Old => line.extend(["[-", &run.words, "-]"]),
                    Place::New => line.extend(["{+", &run.words, "+}"]),
                }
            }
            line
        }
    }
}

/// Makes the draft of a correction.
pub(super) async fn correct(app: &App, id: i64, release: Option<i64>) -> anyhow::Result<()> {
    let release = match release {
        Some(release) => release,
        None => only(&newsletters::changes(app, id).await?)?,
    };
    let correction = newsletters::correct(app, id, release, OPERATOR).await?;
    println!("newsletter {correction} (draft) corrects newsletter {id}");
    Ok(())
}

fn only(changes: &[Change]) -> anyhow::Result<i64> {
    match changes {
        [change] => Ok(change.release_id),
        [] => anyhow::bail!("nothing has changed since; there is nothing to correct"),
        _ => anyhow::bail!(
            "several of its releases changed; say which with `--release`: {}",
            changes
                .iter()
                .map(|change| change.release_id.to_string())
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}
