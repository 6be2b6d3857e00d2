//! Both readings of a release's page where the two readers disagree.

use std::collections::HashSet;

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use gazette_templates::pages::staff::{self as pages, ReadingsView};

use super::{failure::Failure, frame::frame, guard::Viewer, state::Console};
use crate::{
    app::App,
    releases::{self, ReleaseError},
};

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/releases/{id}/readings", get(readings))
}

async fn readings(
    State(app): State<App>,
    Viewer(me): Viewer,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let both = releases::second_reading_of(&app, id)
        .await?
        .ok_or(ReleaseError::NotHeld(id))?;
    let view = ReadingsView {
        frame: frame(&app, &me, None).await?,
        ours: marked(&both.ours, &both.theirs),
        theirs: marked(&both.theirs, &both.ours),
        title: both.title,
        url: both.url,
    };
    Ok(pages::readings(&view).into_response())
}

/// Each line of `text`, and whether nearly all of its words stand in `other` too.
fn marked(text: &str, other: &str) -> Vec<(String, bool)> {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    let known: HashSet<String> = words(other).into_iter().collect();
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let all = words(line);
            let shared = all.iter().filter(|word| known.contains(*word)).count();
            (line.to_owned(), shared * 10 >= all.len() * 9)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_the_other_reading_lacks_are_marked() {
        let lines = marked(
            "The bridge opens.\n\nShare this page",
            "THE BRIDGE OPENS. More.",
        );
        assert_eq!(
            lines,
            [
                ("The bridge opens.".to_owned(), true),
                ("Share this page".to_owned(), false)
            ]
        );
    }
}
