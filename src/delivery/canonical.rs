//! DKIM's `relaxed` canonical forms (RFC 6376 §3.4.2, §3.4.4): what is hashed instead of the bytes
//! themselves, so that a relay that refolds a header breaks nothing.

/// A header as it is hashed: name in lower case, value unfolded, runs of white space as one space,
/// none at either end, then CRLF.
pub(super) fn header(name: &str, value: &[u8]) -> Vec<u8> {
    let mut out = name.trim_end().to_ascii_lowercase().into_bytes();
    out.push(b':');
    out.extend_from_slice(&value_only(value));
    out.extend_from_slice(b"\r\n");
    out
}

/// Only the value, without the CRLF.
pub(super) fn value_only(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut gap = false;
    for byte in value {
        match byte {
            b' ' | b'\t' => gap = true,
            b'\r' | b'\n' => {}
            byte => {
                if std::mem::take(&mut gap) && !out.is_empty() {
                    out.push(b' ');
                }
                out.push(*byte);
            }
        }
    }
    out
}

/// A body as it is hashed: runs of white space as one space, none at line ends, no empty lines at
/// the end.
pub(super) fn body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut kept = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut gap = false;
        for byte in line {
            if matches!(byte, b' ' | b'\t') {
                gap = true;
            } else {
                if std::mem::take(&mut gap) {
                    out.push(b' ');
                }
                out.push(*byte);
                kept = out.len() + 2;
            }
        }
        out.extend_from_slice(b"\r\n");
    }
    out.truncate(kept);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 6376 §3.4.5.
    #[test]
    fn the_rfcs_own_examples_come_out_as_printed() {
        assert_eq!(header("A", b" X\r\n"), b"a:X\r\n");
        assert_eq!(header("B ", b" Y\t\r\n\tZ  \r\n"), b"b:Y Z\r\n");
        assert_eq!(body(b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
        assert_eq!(body(b""), b"");
        assert_eq!(body(b"\r\n\r\n"), b"");
    }
}
