//! The whole database in another place: a copy on the other kind of database, a backup in one file, and
//! what was restored from one.
//!
//! * `table_copy`: every table from one database to another, ids kept, checked by counts and hashes
//! * `backup`: a copy into one SQLite file, with the secret key, while Gazette runs
//! * `content_digest`: whether a backup is as it was written
//! * `restore`: a backup becomes the database again, and nothing of it is mailed before a person looked

mod backup;
mod content_digest;
mod idle;
mod restore;
mod table_copy;
mod transfer_error;
#[cfg(test)]
mod transfer_tests;

pub use backup::{Backup, backup};
pub use idle::copy_idle;
pub use restore::{Restored, restore};
pub use table_copy::{CopiedTable, copy_all};
pub use transfer_error::TransferError;
