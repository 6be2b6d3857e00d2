//! Why there is no signature.

/// Why a file is no key to sign with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    File(String),
    /// It is something else.
    #[error("{0}; a private key in PEM is wanted, as `openssl genrsa 2048` makes")]
    NoKey(&'static str),
    /// Receivers take no such key (RFC 8301 §3.2).
    #[error(
        "it has {0} bits, and receivers refuse keys under 1024; make one with `openssl genrsa 2048`"
    )]
    Weak(usize),
    /// Receivers still take it; the library that signs does not (P3).
    #[error(
        "it has {0} bits: receivers still take that, but signing needs 2048 at least; make one with `openssl genrsa 2048`"
    )]
    Short(usize),
    /// A key of the other kind.
    #[error("it must be {0}")]
    Kind(&'static str),
    /// The numbers in it do not belong together, or are out of range.
    #[error("its numbers make no key that can sign ({0})")]
    Numbers(String),
}

/// Why mail cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum DkimError {
    /// Settings that belong together.
    #[error(
        "GAZETTE_DKIM_KEY needs GAZETTE_DKIM_SELECTOR and GAZETTE_DKIM_DOMAIN beside it: set all three, or none and let the relay sign"
    )]
    Incomplete,
    /// A second key without its selector, or without the first key.
    #[error(
        "GAZETTE_DKIM_{0}_KEY and GAZETTE_DKIM_{0}_SELECTOR belong together, beside GAZETTE_DKIM_KEY: set both or neither"
    )]
    IncompleteSecond(&'static str),
    /// Two keys under one name: a record holds one.
    #[error(
        "two DKIM keys have the selector `{0}`; a selector names one key: choose another for the second"
    )]
    OneSelectorTwice(String),
    /// No key can be had from the file.
    #[error("the DKIM key `{file}` of {variable} cannot be used: {why}")]
    Key {
        /// The setting that names it.
        variable: &'static str,
        /// Where it is.
        file: String,
        /// What is wrong with it.
        why: KeyFault,
    },
    /// Not a name that can stand in the DNS.
    #[error("`{0}` cannot be a DKIM selector or domain: letters, digits, `-` and dots only")]
    Name(String),
    /// The cryptographic library refused.
    #[error("the DKIM signature could not be made; the mail was not sent")]
    Sign,
}
