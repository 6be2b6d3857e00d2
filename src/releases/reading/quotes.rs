//! The marks around a quotation that a browser writes for `<q>`.

/// Opening and closing marks in a language, inside `depth` other quotations.
pub(super) fn of(language: &str, depth: usize) -> [&'static str; 2] {
    let pairs = match language.split('-').next().unwrap_or_default() {
        "fr" => [["«\u{a0}", "\u{a0}»"], ["“", "”"]],
        "it" | "ru" | "el" | "pt" => [["«", "»"], ["“", "”"]],
        "de" => [["„", "“"], ["‚", "‘"]],
        _ => [["“", "”"], ["‘", "’"]],
    };
    let [outer, inner] = pairs;
    if depth.is_multiple_of(2) {
        outer
    } else {
        inner
    }
}
