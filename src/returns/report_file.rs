//! The file in a DMARC or TLS report, unpacked within a budget: whoever may send us a mail may send us
//! a bomb.

use std::io::{Cursor, Read};

/// Octets that a report may have once it is unpacked: some ten thousand senders.
const UNPACKED_OCTETS: u64 = 8 * 1024 * 1024;

/// Files in a zip that are looked at. A report is one.
const FILES: usize = 16;

/// Why a file cannot be read, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReportFault {
    #[error("unpacked it would be larger than 8 MB")]
    TooLarge,
    #[error("the file is damaged")]
    Damaged,
    #[error("the file holds no report")]
    NoReport,
}

/// What is in the file, by its first octets and not by its name: gzip, zip, or the report itself.
pub(super) fn unpack(file: &[u8]) -> Result<String, ReportFault> {
    let octets = if file.starts_with(&[0x1f, 0x8b]) {
        limited(flate2::read::MultiGzDecoder::new(file))?
    } else if file.starts_with(b"PK") {
        from_zip(file)?
    } else {
        limited(file)?
    };
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

fn from_zip(file: &[u8]) -> Result<Vec<u8>, ReportFault> {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).map_err(|_| ReportFault::Damaged)?;
    for number in 0..archive.len().min(FILES) {
        let found = archive.by_index(number).map_err(|_| ReportFault::Damaged)?;
        // A folder, or what a Mac puts beside it, is empty or no report.
        if found.is_file() && found.size() > 0 {
            return limited(found);
        }
    }
    Err(ReportFault::NoReport)
}

/// One octet too much is enough to know; what else there is stays packed. The size that a zip gives
/// for itself counts for nothing.
fn limited(packed: impl Read) -> Result<Vec<u8>, ReportFault> {
    let mut octets = Vec::new();
    packed
        .take(UNPACKED_OCTETS + 1)
        .read_to_end(&mut octets)
        .map_err(|_| ReportFault::Damaged)?;
    if octets.len() as u64 > UNPACKED_OCTETS {
        return Err(ReportFault::TooLarge);
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(octets: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(octets).unwrap();
        packer.finish().unwrap()
    }

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, octets) in files {
            let options = zip::write::SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated);
            writer.start_file(*name, options).unwrap();
            writer.write_all(octets).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn gzip_zip_and_bare_reports_are_unpacked() {
        for file in [
            b"<feedback/>".to_vec(),
            gzip(b"<feedback/>"),
            zipped(&[("empty", b""), ("a!b!1!2.xml", b"<feedback/>")]),
        ] {
            assert_eq!(unpack(&file).unwrap(), "<feedback/>");
        }
        assert_eq!(unpack(&zipped(&[])), Err(ReportFault::NoReport));
    }

    #[test]
    fn a_bomb_is_given_up_at_the_budget() {
        let bomb = vec![0; 12 * 1024 * 1024];
        for packed in [gzip(&bomb), zipped(&[("x.xml", &bomb)])] {
            assert!(packed.len() < 1024 * 1024);
            assert_eq!(unpack(&packed), Err(ReportFault::TooLarge));
        }
        // A zip that gives itself a small size.
        let mut lies = zipped(&[("x.xml", &bomb)]);
        let size = u32::try_from(bomb.len()).unwrap().to_le_bytes();
        while let Some(at) = lies.windows(4).position(|four| four == size) {
            lies[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
        }
        assert!(unpack(&lies).is_err() || unpack(&lies).unwrap().len() <= 10);
    }

    #[test]
    fn damaged_files_are_an_error_and_no_panic() {
        let whole = zipped(&[("x.xml", &[b'a'; 5_000])]);
        for cut in 0..whole.len() {
            let _ = unpack(&whole[..cut]);
        }
        let whole = gzip(&[b'a'; 5_000]);
        for cut in 3..whole.len() - 1 {
            assert_eq!(unpack(&whole[..cut]), Err(ReportFault::Damaged), "{cut}");
        }
    }
}
