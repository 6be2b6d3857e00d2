//! A message on its way in, for what serves SMTP or LMTP: the built-in mailbox and the listener for
//! returns.

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// Reads up to the lone dot and takes away the stuffed ones (RFC 5321 §4.5.2). `None`: more than
/// `largest` octets; it is read all the same, so that the session can go on.
///
/// Only CRLF ends a line here. Where a dot between bare line feeds ended a message, what follows in
/// it would be read as commands ("SMTP smuggling").
///
/// # Errors
/// When the connection breaks off before the end.
pub async fn read_message(
    stream: &mut (impl AsyncBufRead + Unpin),
    largest: usize,
) -> std::io::Result<Option<Vec<u8>>> {
    let mut message = Vec::with_capacity(16 * 1024);
    let mut too_large = false;
    let mut line_begins = true;
    let mut ended_in_cr = false;
    loop {
        let from = message.len();
        let read = (&mut *stream)
            .take(largest as u64)
            .read_until(b'\n', &mut message)
            .await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let piece = &message[from..];
        let line_ends = piece.ends_with(b"\r\n") || ended_in_cr && piece == b"\n";
        ended_in_cr = piece.ends_with(b"\r");
        if line_begins {
            if &message[from..] == b".\r\n" {
                message.truncate(from);
                return Ok((!too_large).then_some(message));
            }
            if message[from] == b'.' {
                message.remove(from);
            }
        }
        line_begins = line_ends;
        if message.len() > largest {
            too_large = true;
            message.clear();
        }
    }
}

/// What stands between the angle brackets of MAIL or RCPT.
#[must_use]
pub fn path(command: &str) -> Option<&str> {
    let (_, rest) = command.split_once('<')?;
    let (path, _) = rest.split_once('>')?;
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(wire: &[u8], largest: usize) -> Option<Vec<u8>> {
        let mut wire = wire;
        read_message(&mut wire, largest).await.unwrap()
    }

    #[tokio::test]
    async fn only_a_dot_between_two_whole_line_ends_ends_a_message() {
        for smuggled in ["a\n.\nb", "a\n.\r\nb", "a\r\n.\nb", "a\r.\r\nb"] {
            let wire = format!("{smuggled}\r\n.\r\n");
            let message = read(wire.as_bytes(), 1_000).await.unwrap();
            let message = String::from_utf8(message).unwrap();
            assert!(message.ends_with("b\r\n"), "{smuggled:?}: {message:?}");
        }
        let stuffed = read(b"..a\r\n.b\r\n.\r\n", 1_000).await;
        assert_eq!(stuffed.as_deref(), Some(&b".a\r\nb\r\n"[..]));
    }

    #[tokio::test]
    async fn too_large_a_message_is_read_to_its_end_and_not_kept() {
        let mut wire = vec![b'x'; 5_000];
        wire.extend_from_slice(b"\r\n.\r\nQUIT\r\n");
        let mut rest = &wire[..];
        assert_eq!(read_message(&mut rest, 1_000).await.unwrap(), None);
        assert_eq!(rest, b"QUIT\r\n");
    }
}
