//! Where returns lie on a disk: mbox files, Maildirs, folders and single mails, read one mail at a
//! time.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs::FileType,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use super::return_reader::LONGEST_MAIL_OCTETS;
use crate::named_file;

/// A mail, and where it stood.
#[derive(Debug)]
pub struct FoundMail {
    /// The path; `-` for standard input; for an mbox with `#` and the number of the mail.
    pub file: String,
    /// Its octets. One more than [`LONGEST_MAIL_OCTETS`] where it is longer: enough to be refused.
    pub mail: Vec<u8>,
}

impl FoundMail {
    /// Whether it begins with headers of a mail (RFC 5322 §2.2), one of which every mail has. A list, a
    /// program's index or a picture that lies in the folder has none.
    #[must_use]
    pub fn is_mail(&self) -> bool {
        let head = &self.mail[..self.mail.len().min(LONGEST_HEAD_OCTETS)];
        let lines = head
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii_end);
        // What stands before the first line of a file from somewhere else: nothing, or a mark of UTF-8.
        let lines = lines.skip_while(|line| line.is_empty());
        lines.take_while(|line| !line.is_empty()).any(|line| {
            let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            name.len() < line.len()
                && HEADERS
                    .iter()
                    .any(|known| name.trim_ascii_end().eq_ignore_ascii_case(known.as_bytes()))
        })
    }
}

/// Headers, of which every mail has one.
const HEADERS: [&str; 14] = [
    "From",
    "To",
    "Date",
    "Subject",
    "Message-ID",
    "Received",
    "Return-Path",
    "Delivered-To",
    "X-Original-To",
    "Sender",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
    "Auto-Submitted",
];

/// Octets of the head that is looked through.
const LONGEST_HEAD_OCTETS: usize = 256 * 1024;

/// Folders within folders that are followed.
const DEPTH: usize = 16;

/// Hands every mail of a file, folder or Maildir to `each`; folders in the order of their names.
///
/// # Errors
/// When a file cannot be read, or `each` fails.
pub fn each_mail<E: From<io::Error>>(
    path: &Path,
    each: &mut impl FnMut(FoundMail) -> Result<(), E>,
) -> Result<(), E> {
    if path == Path::new("-") {
        return each_in(BufReader::new(io::stdin().lock()), "-", each);
    }
    each_below(path, DEPTH, &mut HashSet::new(), each)
}

fn each_below<E: From<io::Error>>(
    path: &Path,
    depth: usize,
    seen: &mut HashSet<PathBuf>,
    each: &mut impl FnMut(FoundMail) -> Result<(), E>,
) -> Result<(), E> {
    let failed = |error: io::Error| named(path, &error);
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        let file = named_file::open(path).map_err(failed)?;
        return each_in(BufReader::new(file), &path.to_string_lossy(), each);
    }
    // A link may lead back to a folder that we are in, or to one that was read already.
    if !seen.insert(std::fs::canonicalize(path).map_err(failed)?) {
        return Ok(());
    }
    if depth == 0 {
        let deep = io::Error::other("folders lie deeper in each other than anybody keeps mail");
        return Err(failed(deep).into());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(|error| named(path, &error))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    entries.sort();
    let is_maildir = entries
        .iter()
        .any(|entry| entry.file_name() == Some(OsStr::new("cur")));
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        // A Maildir's tmp is being written; its index files and all hidden files are no mail.
        let skipped = is_maildir && (name == "tmp" || !entry.is_dir())
            || name.starts_with('.') && !entry.is_dir()
            || is_no_file(&entry);
        if !skipped {
            each_below(&entry, depth - 1, seen, each)?;
        }
    }
    Ok(())
}

/// What lies in a folder and can hold no mail: a pipe, a socket, a device, or a link that leads nowhere.
fn is_no_file(entry: &Path) -> bool {
    let kind = std::fs::metadata(entry).map(|found| found.file_type());
    let holds_mail = |kind: FileType| kind.is_file() || kind.is_dir();
    // A loop of links has no kind; what we may not look at is said.
    kind.map_or_else(
        |_| std::fs::symlink_metadata(entry).is_ok_and(|found| found.is_symlink()),
        |kind| !holds_mail(kind),
    )
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("{} cannot be read: {error}", path.display()),
    )
}

/// One mail, or an mbox: that begins with `From ` and a date.
fn each_in<E: From<io::Error>>(
    mut input: impl BufRead,
    file: &str,
    each: &mut impl FnMut(FoundMail) -> Result<(), E>,
) -> Result<(), E> {
    let is_mbox = input.fill_buf()?.starts_with(b"From ");
    if !is_mbox {
        let mut mail = Vec::new();
        input
            .by_ref()
            .take(LONGEST_MAIL_OCTETS as u64 + 1)
            .read_to_end(&mut mail)?;
        // The rest of a pipe is read and thrown away, so that whoever writes is not broken off.
        io::copy(&mut input, &mut io::sink())?;
        if mail.trim_ascii().is_empty() {
            return Ok(());
        }
        let file = file.to_owned();
        return each(FoundMail { file, mail });
    }
    let mut number = 0;
    let mut mail: Vec<u8> = Vec::new();
    let mut line = Vec::new();
    let mut after_blank = true;
    loop {
        line.clear();
        // A line without end is read in pieces, so that it fills no memory.
        let read = input
            .by_ref()
            .take(64 * 1024)
            .read_until(b'\n', &mut line)?;
        let begins_mail =
            after_blank && line.starts_with(b"From ") && looks_like_an_envelope(&line);
        if (read == 0 || begins_mail) && !mail.is_empty() {
            number += 1;
            let file = format!("{file}#{number}");
            each(FoundMail {
                file,
                mail: std::mem::take(&mut mail),
            })?;
        }
        if read == 0 {
            return Ok(());
        }
        after_blank = line.iter().all(u8::is_ascii_whitespace);
        if begins_mail {
            continue;
        }
        // mboxrd: a `>` was put before every line that begins like an envelope.
        let quoted = line.starts_with(b">")
            && line
                .trim_ascii_start()
                .iter()
                .position(|b| *b != b'>')
                .is_some_and(|at| line[at..].starts_with(b"From "));
        if mail.len() <= LONGEST_MAIL_OCTETS {
            mail.extend_from_slice(if quoted { &line[1..] } else { &line });
        }
    }
}

/// `From sender Sat Nov 28 10:00:00 2026`: a time stands in it. "From here on" is a sentence.
fn looks_like_an_envelope(line: &[u8]) -> bool {
    line.windows(5).any(|window| {
        window[0].is_ascii_digit()
            && window[1].is_ascii_digit()
            && window[2] == b':'
            && window[3].is_ascii_digit()
            && window[4].is_ascii_digit()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(path: &Path) -> Vec<FoundMail> {
        let mut found = Vec::new();
        each_mail::<io::Error>(path, &mut |mail| {
            found.push(mail);
            Ok(())
        })
        .unwrap();
        found
    }

    #[test]
    fn mbox_maildir_and_single_mails_are_read_with_both_line_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mbox = "From a@b Sat Nov 28 10:00:00 2026\nSubject: one\n\nFrom here on\n>From me\n\nFrom a@b Sat Nov 28 10:01:00 2026\nSubject: two\n\nbody\n";
        for (name, text) in [
            ("lf", mbox.to_owned()),
            ("crlf", mbox.replace('\n', "\r\n")),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            let mails = all(&path);
            assert_eq!(mails.len(), 2, "{name}");
            assert!(mails[0].mail.starts_with(b"Subject: one"));
            let first = String::from_utf8_lossy(&mails[0].mail).into_owned();
            assert!(
                first.contains("From here on") && first.contains("\nFrom me"),
                "{first}"
            );
            assert!(mails[1].file.ends_with("#2"));
        }
        let maildir = folder.path().join("Maildir");
        for part in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(maildir.join(part)).unwrap();
            std::fs::write(
                maildir.join(part).join("1.host:2,S"),
                format!("Subject: {part}\n\n"),
            )
            .unwrap();
        }
        std::fs::write(maildir.join("dovecot.index"), "no mail").unwrap();
        let mails = all(&maildir);
        assert_eq!(mails.len(), 2);
        assert!(mails.iter().all(|found| !found.mail.ends_with(b"tmp\n\n")));
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_in_circles_pipes_and_what_is_no_mail_are_passed_over() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("a")).unwrap();
        std::fs::write(at("a/1.eml"), "Subject: one\n\nbody\n").unwrap();
        for circle in ["a/up", "a/up-again"] {
            symlink(folder.path(), at(circle)).unwrap();
        }
        symlink(at("a"), at("b")).unwrap();
        symlink(at("c"), at("c")).unwrap();
        symlink("/nowhere/at/all", at("d")).unwrap();
        let pipe = std::process::Command::new("mkfifo")
            .arg(at("pipe"))
            .status();
        assert!(pipe.unwrap().success());
        let mails = all(folder.path());
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert!(mails[0].is_mail());
        // A pipe that is named is said, and not waited for.
        for wrong in [at("pipe"), PathBuf::from("/dev/zero")] {
            let error = each_mail::<io::Error>(&wrong, &mut |_| Ok(())).unwrap_err();
            assert!(error.to_string().contains("a pipe or a device"), "{error}");
        }
    }

    #[test]
    fn every_mail_is_known_as_one_and_nothing_else_is() {
        let is_mail = |mail: &[u8]| {
            let (file, mail) = (String::new(), mail.to_vec());
            FoundMail { file, mail }.is_mail()
        };
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/returns");
        let mut seen = 0;
        for found in all(&fixtures) {
            if Path::new(&found.file).extension() == Some(OsStr::new("eml")) {
                seen += 1;
                assert!(found.is_mail(), "{}", found.file);
            }
        }
        assert!(seen > 50, "{seen}");
        for mail in [
            &b"\r\n\r\nsubject : x\r\n\r\n"[..],
            b"\xef\xbb\xbfReceived: from a\n by b\n\nx",
            b"X-Mine: 1\nTO: a@b\n",
        ] {
            assert!(is_mail(mail), "{}", String::from_utf8_lossy(mail));
        }
        for other in [
            &b"email,name\nana@example.org,From: Ana\n"[..],
            b"{\"From\": \"a\"}",
            b"\x89PNG\r\n\x1a\n\0\0From",
            b"Dear all,\nthis is no mail.\n\nFrom: nobody\n",
            b"https://example.org/\n",
        ] {
            assert!(!is_mail(other), "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error =
            each_mail::<io::Error>(Path::new("/no/such/mail"), &mut |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("/no/such/mail"), "{error}");
    }
}
