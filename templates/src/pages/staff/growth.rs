//! How many joined and left: a picture, and the table that it is drawn from.

use maud::{Markup, html};

use super::{Frame, Section, count, page};

/// The growth page.
#[derive(Debug)]
pub struct GrowthView {
    /// Around it.
    pub frame: Frame,
    /// The oldest first.
    pub weeks: Vec<GrowthWeek>,
}

/// One week.
#[derive(Debug)]
pub struct GrowthWeek {
    /// Its first day: `Nov 23`.
    pub begins: String,
    /// Sign-ups.
    pub asked: u64,
    /// Who was confirmed or imported.
    pub joined: u64,
    /// Who left.
    pub left: u64,
}

/// See [`GrowthView`].
#[must_use]
pub fn growth(view: &GrowthView) -> Markup {
    let sum = |of: fn(&GrowthWeek) -> u64| count(view.weeks.iter().map(of).sum());
    let joined = sum(|week| week.joined);
    let left = sum(|week| week.left);
    page(
        &view.frame,
        Section::Subscribers,
        "Growth",
        &html! {
            p.back { a href="/staff/subscribers" { "Subscribers" } }
            h1 { "Growth" }
            p { (joined) " joined and " (left) " left in the last " (view.weeks.len()) " weeks." }
            (chart(&view.weeks, &joined, &left))
            p.hint { span.key.joined {} " Joined" span.key.left {} " Left" }
            section.scroll.few tabindex="0" aria-labelledby="table-title" {
                table {
                    caption id="table-title" { "Week by week, the newest first" }
                    thead {
                        tr {
                            th scope="col" { "Week of" }
                            th scope="col" { "Asked to subscribe" }
                            th scope="col" { "Joined" }
                            th scope="col" { "Left" }
                        }
                    }
                    tbody {
                        @for week in view.weeks.iter().rev() {
                            tr {
                                th scope="row" { (week.begins) }
                                td { (count(week.asked)) }
                                td { (count(week.joined)) }
                                td { (count(week.left)) }
                            }
                        }
                    }
                }
            }
        },
    )
}

const WIDTH: u64 = 640;
/// Height above and below the line.
const HALF: u64 = 110;

/// Who joined stands above the line, who left below it, on one scale.
fn chart(weeks: &[GrowthWeek], joined: &str, left: &str) -> Markup {
    let most = weeks
        .iter()
        .map(|week| week.joined.max(week.left))
        .max()
        .unwrap_or_default()
        .max(1);
    let step = WIDTH / (weeks.len() as u64).max(1);
    let width = step.saturating_sub(8).max(2);
    let height = |number: u64| (number as f64 / most as f64 * (HALF - 10) as f64).round() as u64;
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (2 * HALF) } role="img" aria-label={ "Joined and left by week: " (joined) " joined, " (left) " left. The table below has the numbers." } {
            @for (place, week) in weeks.iter().enumerate() {
                @let x = place as u64 * step + 4;
                @let (up, down) = (height(week.joined), height(week.left));
                rect.joined x=(x) y=(HALF - up) width=(width) height=(up) {}
                rect.left x=(x) y=(HALF) width=(width) height=(down) {}
            }
            line x1="0" x2=(WIDTH) y1=(HALF) y2=(HALF) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_is_on_one_scale_and_nothing_is_drawn_of_nothing() {
        let week = |joined, left| GrowthWeek {
            begins: "Nov 23".to_owned(),
            asked: 0,
            joined,
            left,
        };
        let drawn = chart(&[week(200, 50), week(0, 0)], "200", "50").into_string();
        assert!(
            drawn.contains("y=\"10\" width=\"312\" height=\"100\""),
            "{drawn}"
        );
        assert!(
            drawn.contains("y=\"110\" width=\"312\" height=\"25\""),
            "{drawn}"
        );
        assert_eq!(drawn.matches("height=\"0\"").count(), 2);
        // No division by nobody.
        chart(&[], "0", "0");
        chart(&[week(0, 0)], "0", "0");
    }
}
