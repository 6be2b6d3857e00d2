//! What can go wrong in this room, and what to do about it.

/// What can be wrong with what was asked about subscribers.
#[derive(Debug, thiserror::Error)]
pub enum SubscriberError {
    /// Nobody has this address.
    #[error("nobody with the address {0} is known here")]
    NotFound(String),
    /// Who must not be written to, whoever asks.
    #[error(
        "the holder of this address {0}, so nothing that is sent to the form in their name is answered"
    )]
    NeverMailed(&'static str),
    /// No such topic.
    #[error("there is no topic `{0}`; there are: {1}")]
    NoTopic(String, String),
    /// A topic cannot be what was asked.
    #[error("`{0}`: {1}")]
    Topic(String, &'static str),
    /// The name of a topic does not do.
    #[error("the name of a topic {0}")]
    TopicName(crate::given_name::NameError),
    /// What a topic holds does not do.
    #[error("what a topic holds {0}")]
    TopicDescription(crate::given_name::NameError),
    /// What is said of how somebody asked to be taken off does not do.
    #[error("how they asked {0}")]
    LeavingReason(crate::given_name::NameError),
    /// Nothing was typed.
    #[error("give the topic a name, such as Veterans")]
    NoTopicName,
    /// Another topic is called so.
    #[error(
        "there is a topic of this name already: “{name}”, short name `{slug}`{}",
        if *.archived { "; it is archived, and can be brought back" } else { "; give this one another name" }
    )]
    TopicNameTaken {
        /// As the other one is called.
        name: String,
        /// Its short name.
        slug: String,
        /// Readers may not choose it any more.
        archived: bool,
    },
    /// A language that Gazette does not speak.
    #[error("`{0}` is no language that Gazette speaks; there are: {1}")]
    Language(String, String),
    /// An event cannot be what was asked.
    #[error("{0}")]
    Event(String),
    /// The address is none.
    #[error("{0}: {1}")]
    Address(String, crate::address::AddressError),
    /// The import file cannot be read.
    #[error("{0}")]
    Import(String),
    /// The import file has a word for a status that nobody has explained.
    #[error("line {line}: `{word}` in the column `{column}` is no status that is known")]
    UnknownStatus {
        /// Of the file.
        line: u64,
        /// As it stands there.
        word: String,
        /// The column's name.
        column: String,
    },
    /// The import file has a column for the status, and somebody without one.
    #[error(
        "line {line}: nothing stands in the column `{column}`, and no other says where this person stands"
    )]
    NoStatus {
        /// Of the file.
        line: u64,
        /// The column's name.
        column: String,
    },
    /// The import file names topics for somebody, and none of them is one of ours.
    #[error("line {line}: `{word}` in the column `{column}` names no topic that is offered here")]
    NoTopicOfOurs {
        /// Of the file.
        line: u64,
        /// As it stands there.
        word: String,
        /// The column's name.
        column: String,
    },
    /// A column of the import file, of which nobody knows what it holds, may name topics.
    #[error(
        "line {line}: `{word}` in the column `{column}` may say which topics this person gets, and what the column holds is not known"
    )]
    MayNameTopics {
        /// Of the file.
        line: u64,
        /// As it stands there.
        word: String,
        /// The column's name.
        column: String,
    },
    /// Nothing stands in a cell of the import file where others of the column have a yes.
    #[error(
        "line {line}: nothing stands in the column `{column}`, where others have a yes: this person may not have agreed"
    )]
    NotAgreed {
        /// Of the file.
        line: u64,
        /// The column's name.
        column: String,
    },
    /// A column of the import file holds a yes and a no, or dates that only some have, and nobody knows of what.
    #[error(
        "line {line}: `{word}` in the column `{column}` may say whether this person is mailed, and what the column holds is not known"
    )]
    MayDecide {
        /// Of the file.
        line: u64,
        /// As it stands there.
        word: String,
        /// The column's name.
        column: String,
    },
    /// A cell of the import file may say that somebody has left.
    #[error(
        "line {line}: `{word}` in the column `{column}` may say that this person is not to be mailed, and what the column holds is not known"
    )]
    MayHaveLeft {
        /// Of the file.
        line: u64,
        /// As it stands there.
        word: String,
        /// The column's name.
        column: String,
        /// The word for what it probably holds. `None`: it is a remark on this person.
        likely: Option<&'static str>,
    },
    /// The import file is called after those who left, and no column says so.
    #[error(
        "the name `{0}` says that these people may not be mailed, and no column says where they stand"
    )]
    NameSaysLeft(String),
    /// Nothing in the import file's first line is an address or names one.
    #[error("line 1 names no column `email`, and holds no address")]
    NoAddressColumn,
    /// Different addresses stand in one line of the import file.
    #[error(
        "line {line} holds a different address in each of the columns {}",
        quoted(columns)
    )]
    SeveralAddressColumns {
        /// Of the file.
        line: u64,
        /// The columns' names.
        columns: Vec<String>,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sea_orm::DbErr),
    /// The confirmation mail could not be queued.
    #[error(transparent)]
    Transactional(#[from] crate::transactional::TransactionalError),
    /// Staff could not be told.
    #[error(transparent)]
    Staff(#[from] crate::accounts::StaffError),
    /// No random bytes.
    #[error(transparent)]
    Key(#[from] crate::secret::KeyError),
    /// A file cannot be written. The cause stays a link of its own: who closed the pipe is no failure.
    #[error("the file could not be written")]
    File(#[from] csv::Error),
    /// Stored JSON cannot be read.
    #[error("stored content cannot be read: {0}")]
    Json(#[from] serde_json::Error),
}

/// Names as a sentence lists them.
fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
