//! What the command line says of addresses that hold a password.

/// As messages show where name and password stand.
const EXAMPLES: [&str; 2] = ["USER:PASSWORD", "USER"];

/// The text with nothing between `//` and `@` of an address: there stand a name and a password (RFC 3986
/// §3.2.1). Whatever an error repeats, and whoever made its words, no password gets into a journal.
pub fn without_passwords(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("//") {
        shown.push_str(before);
        shown.push_str("//");
        let ends = behind.find(|c: char| c.is_whitespace() || "`'\"<>".contains(c));
        let (address, after) = behind.split_at(ends.unwrap_or(behind.len()));
        match address.rsplit_once('@') {
            Some((who, host)) if !EXAMPLES.contains(&who) => {
                shown.push_str("…@");
                shown.push_str(host);
            }
            _ => shown.push_str(address),
        }
        rest = after;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_left_and_everything_else_is() {
        for (text, shown) in [
            (
                "no `https://u:hunter2@a.example/x`",
                "no `https://…@a.example/x`",
            ),
            ("postgres://u:hunter2@b@db/x", "postgres://…@db/x"),
            ("a (//hunter2@) b", "a (//…@) b"),
            ("smtp://u:hunter2@a,smtp://v:hunter2@b", "smtp://…@b"),
            (
                "must be like `postgres://USER:PASSWORD@HOST`",
                "must be like `postgres://USER:PASSWORD@HOST`",
            ),
            (
                "see https://a.example/b and ana@a.example",
                "see https://a.example/b and ana@a.example",
            ),
            ("////", "////"),
            ("", ""),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
    }
}
