//! Whose a file is that root makes: an operator works on the service's files as root, and the service must
//! be able to open them afterwards.

use std::path::Path;

/// Gives a file that we have just made to whom its folder belongs to, where we are root. Where that cannot
/// be done, who opens the file says so.
#[cfg(unix)]
pub fn give_to_owner_of_folder(file: &Path) {
    use std::os::unix::fs::{MetadataExt, chown};
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let given = folder
        .metadata()
        .and_then(|folder| chown(file, Some(folder.uid()), Some(folder.gid())));
    if let Err(error) = given {
        tracing::warn!(file = %file.display(), %error, "the file belongs to root, and a service with a user of its own cannot open it");
    }
}

/// Elsewhere files have no such owners.
#[cfg(not(unix))]
pub fn give_to_owner_of_folder(_: &Path) {}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, chown};

    use super::*;

    #[test]
    fn what_root_makes_in_a_services_folder_is_the_services() {
        let folder = tempfile::tempdir().unwrap();
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            chown(folder.path(), Some(61_234), Some(61_235)).unwrap();
        }
        let file = folder.path().join("gazette.key");
        std::fs::write(&file, "").unwrap();
        give_to_owner_of_folder(&file);
        let (file, folder) = (file.metadata().unwrap(), folder.path().metadata().unwrap());
        assert_eq!((file.uid(), file.gid()), (folder.uid(), folder.gid()));
    }
}
