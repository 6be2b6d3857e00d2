//! Languages as an American office calls them, for staff.

/// A language as an American office calls it.
pub fn language_name(tag: &str) -> String {
    let primary = tag.split('-').next().unwrap_or(tag);
    match primary {
        "en" => "English",
        "es" => "Spanish",
        "ko" => "Korean",
        "vi" => "Vietnamese",
        "zh" => "Chinese",
        "ar" => "Arabic",
        "tl" => "Tagalog",
        _ => tag,
    }
    .to_owned()
}
