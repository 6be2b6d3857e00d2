//! A file that a setting or a person names: a regular file, of a size that somebody can have meant. What is
//! something else is refused before it is opened: a pipe that nobody writes into would be waited for without
//! end, and a device has no end.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Octets of the largest file that holds a key, certificates or settings.
pub const LARGEST_SETTING: u64 = 1024 * 1024;

/// Opens it.
///
/// # Errors
/// It cannot be opened, or is a folder, a pipe or a device.
pub fn open(path: &Path) -> io::Result<File> {
    let kind = std::fs::metadata(path)?.file_type();
    let wrong = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    if kind.is_dir() {
        return wrong("it is a folder, and a file is wanted");
    }
    if !kind.is_file() {
        return wrong("it is a pipe or a device, and a file is wanted");
    }
    File::open(path)
}

/// Opens it where it has at most this many octets.
///
/// # Errors
/// As [`open`], or it is larger.
pub fn open_within(path: &Path, most: u64) -> io::Result<File> {
    let file = open(path)?;
    let octets = file.metadata()?.len();
    if octets > most {
        return Err(too_large(octets, most));
    }
    Ok(file)
}

/// All of it.
///
/// # Errors
/// As [`open_within`], or it cannot be read.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut octets = Vec::new();
    // It may grow meanwhile, and what the kernel makes up while it is read has no length at all.
    open_within(path, most)?
        .take(most + 1)
        .read_to_end(&mut octets)?;
    if octets.len() as u64 > most {
        return Err(too_large(octets.len() as u64, most));
    }
    Ok(octets)
}

/// All of it, as text in UTF-8.
///
/// # Errors
/// As [`read`], or it is no such text.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "it is no text in UTF-8, and text is wanted",
        )
    })
}

fn too_large(octets: u64, most: u64) -> io::Error {
    let why = format!("it has {octets} bytes, and {most} are the most that anybody needs");
    io::Error::new(io::ErrorKind::FileTooLarge, why)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_a_device_a_pipe_and_a_file_of_ten_gigabytes_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let large = folder.path().join("large");
        let file = File::create(&large).unwrap();
        file.set_len(10 * 1024 * 1024 * 1024).unwrap();
        for (path, says) in [
            (folder.path(), "a folder"),
            (Path::new("/dev/zero"), "a device"),
            (&pipe, "a pipe"),
            (&large, "10737418240 bytes"),
            // The kernel says that it has no length.
            (Path::new("/proc/self/smaps"), "are the most"),
        ] {
            let error = read(path, 100).unwrap_err().to_string();
            assert!(error.contains(says), "{}: {error}", path.display());
        }
        let small = folder.path().join("small");
        std::fs::write(&small, [b'x'; 100]).unwrap();
        assert_eq!(read(&small, 100).unwrap().len(), 100);
        assert!(read(&small, 99).is_err());
        std::fs::write(&small, b"\xff").unwrap();
        assert!(read_text(&small, 99).is_err());
    }
}
