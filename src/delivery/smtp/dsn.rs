//! What we ask of a relay for a delivery status notification, the report of a bounce (RFC 3461, B3):
//! headers instead of the whole mail, our mark among its fields, and the address that we mailed,
//! which a reader who forwards her mail would else hide.

/// Behind MAIL FROM. The envelope's identifier is the local part of the return path, which is our mark
/// where the office has a bounce domain.
pub(super) fn mail(commands: &mut Vec<u8>, return_path: &str) {
    commands.extend_from_slice(b" RET=HDRS");
    let local = return_path
        .rsplit_once('@')
        .map_or(return_path, |(local, _)| local);
    if !local.is_empty() && local.is_ascii() {
        commands.extend_from_slice(b" ENVID=");
        xtext(commands, local);
    }
}

/// Behind RCPT TO. Only failures: a delay is told by nobody's mark and changes nothing.
pub(super) fn rcpt(commands: &mut Vec<u8>, recipient: &str) {
    commands.extend_from_slice(b" NOTIFY=FAILURE ORCPT=");
    if recipient.is_ascii() {
        commands.extend_from_slice(b"rfc822;");
        xtext(commands, recipient);
    } else {
        commands.extend_from_slice(b"utf-8;");
        unitext(commands, recipient);
    }
}

/// RFC 3461 §4: `+`, `=` and what is not printable as `+` and two hexadecimal digits.
fn xtext(out: &mut Vec<u8>, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if matches!(byte, b'!'..=b'~') && !matches!(byte, b'+' | b'=') {
            out.push(byte);
        } else {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
            out.extend_from_slice(&[b'+', DIGITS[high], DIGITS[low]]);
        }
    }
}

/// RFC 6533 §3, `utf-8-addr-unitext`: as it is, but for these.
fn unitext(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'+' => out.extend_from_slice(b"\\x{2B}"),
            b'=' => out.extend_from_slice(b"\\x{3D}"),
            b'\\' => out.extend_from_slice(b"\\x{5C}"),
            0..=b' ' | 127 => {}
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(ask: impl Fn(&mut Vec<u8>)) -> String {
        let mut commands = Vec::new();
        ask(&mut commands);
        String::from_utf8(commands).unwrap()
    }

    #[test]
    fn b3_addresses_are_written_so_that_no_mta_takes_them_for_something_else() {
        for (recipient, expected) in [
            ("ana@example.org", "rfc822;ana@example.org"),
            (
                "ana+news=x@example.org",
                "rfc822;ana+2Bnews+3Dx@example.org",
            ),
            ("\"a b\"@example.org", "rfc822;\"a+20b\"@example.org"),
            ("用户+a@例え.jp", "utf-8;用户\\x{2B}a@例え.jp"),
        ] {
            let told = asked(|commands| rcpt(commands, recipient));
            assert_eq!(told, format!(" NOTIFY=FAILURE ORCPT={expected}"));
        }
    }

    #[test]
    fn b3_the_mark_goes_along_and_nothing_where_there_is_none() {
        for (return_path, expected) in [
            ("b-abc234@bounce.example.gov", " RET=HDRS ENVID=b-abc234"),
            ("news+list@example.gov", " RET=HDRS ENVID=news+2Blist"),
            ("büro@example.gov", " RET=HDRS"),
            ("", " RET=HDRS"),
        ] {
            assert_eq!(asked(|commands| mail(commands, return_path)), expected);
        }
    }
}
