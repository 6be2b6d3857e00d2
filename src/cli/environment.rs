//! The environment, before anything is read from it: a misspelt variable is said instead of passed over,
//! an empty one is as one that is not set, and what is secret may stand in a file.

use std::{
    any::TypeId,
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
};

use clap::{Arg, Command, builder::Resettable};

use crate::named_file::{self, LARGEST_SETTING};

/// Variables that may name a file instead, with `_FILE` behind them, and their flags.
const IN_FILES: [(&str, &str); 7] = [
    ("GAZETTE_DATABASE_URL", "--database-url"),
    ("GAZETTE_SMTP_URL", "--smtp-url"),
    ("GAZETTE_SECRET_KEY", "--secret-key"),
    ("GAZETTE_OIDC_CLIENT_SECRET", "--oidc-client-secret"),
    ("GAZETTE_RETURNS_IMAP_URL", "--returns-imap-url"),
    ("GAZETTE_RETURNS_MAILGUN_KEY", "--returns-mailgun-key"),
    ("GAZETTE_RETURNS_POSTMARK_LOGIN", "--returns-postmark-login"),
];

/// Other flags whose value holds a password: where `gazette copy` writes to.
const OTHER_SECRETS: [&str; 1] = ["--to"];

/// Bytes of the longest value that is looked at: hundreds of rules or relays fit.
const LONGEST_VALUE: usize = 16 * 1024;

/// Where the configuration of the service stands.
pub const CONFIG: &str = "/etc/gazette.env";

/// What others set: Kubernetes in every container beside a service that is called `gazette`, and tests.
const OTHERS: [&str; 3] = ["GAZETTE_SERVICE_", "GAZETTE_PORT", "GAZETTE_TEST_"];

/// A variable that can never have meant what it says.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// No setting has this name.
    #[error("`{name}` is no setting of Gazette{}; see .env.example for all of them", likely.map(|likely| format!("; did you mean `{likely}`?")).unwrap_or_default())]
    Unknown {
        /// The variable.
        name: String,
        /// The one that looks most like it.
        likely: Option<&'static str>,
    },
    /// Both the value and a file are given.
    #[error("both `{0}` and `{0}_FILE` are set; keep one of them")]
    Both(&'static str),
    /// The file cannot be read.
    #[error("`{0}_FILE` names `{1}`, which cannot be read: {2}")]
    File(&'static str, String, io::Error),
    /// Bytes that are no text.
    #[error("`{0}` is no text in UTF-8; write its value anew where it is set")]
    NotText(String),
    /// A line break or the like.
    #[error(
        "`{0}` holds a line break or another control character; write its value on one line (a file from Windows ends each line with a character more)"
    )]
    ControlCharacter(String),
    /// Nobody means so much.
    #[error("`{name}` has {bytes} bytes, and no setting needs more than {LONGEST_VALUE}")]
    TooLong {
        /// The variable.
        name: String,
        /// How long its value is.
        bytes: usize,
    },
    /// The configuration file cannot be read.
    #[error(
        "the configuration `{0}` cannot be read ({1}); run the command as root, or name another one with --config or GAZETTE_CONFIG, or the database with --database-url"
    )]
    Config(PathBuf, io::Error),
    /// A line of it says nothing.
    #[error("line {1} of the configuration `{0}` is no `NAME=VALUE`")]
    Line(PathBuf, usize),
    /// The file is empty.
    #[error("`{0}_FILE` names `{1}`, which is empty")]
    Empty(&'static str, String),
}

/// What `clap` is to parse: the command without variables that are empty, and the words with what stands
/// in files.
pub fn resolve(
    command: Command,
    words: impl IntoIterator<Item = OsString>,
    variables: &[(OsString, OsString)],
) -> Result<(Command, Vec<OsString>), EnvironmentError> {
    let mut words: Vec<OsString> = words.into_iter().collect();
    well_formed(&command, variables)?;
    let configured = configured(&words, variables)?;
    well_formed(&command, &configured)?;
    let known = names(&command);
    for (name, value) in variables.iter().chain(&configured) {
        let Some(name) = name.to_str().filter(|name| name.starts_with("GAZETTE_")) else {
            continue;
        };
        let ours = known.iter().any(|known| {
            name == *known
                || name.strip_suffix("_FILE") == Some(*known)
                    && IN_FILES.iter().any(|(may, _)| may == known)
        });
        let theirs = OTHERS.iter().any(|prefix| name.starts_with(prefix));
        if !ours && !theirs && !is_blank(value) {
            return Err(EnvironmentError::Unknown {
                name: name.to_owned(),
                likely: likely(name, &known),
            });
        }
    }
    for (name, flag) in IN_FILES {
        let Some(path) = value(&format!("{name}_FILE"), variables, &configured) else {
            continue;
        };
        if value(name, variables, &configured).is_some() {
            return Err(EnvironmentError::Both(name));
        }
        let content = content(name, path)?;
        add(&mut words, flag, content.as_ref());
    }
    // What the configuration file says counts where the environment says nothing.
    for argument in command.get_arguments() {
        if let (Some(name), Some(long)) = (
            argument.get_env().and_then(OsStr::to_str),
            argument.get_long(),
        ) && value(name, variables, &[]).is_none()
            && let Some(value) = value(name, &[], &configured)
        {
            add(&mut words, &format!("--{long}"), value);
        }
    }
    let empty = |arg: &Arg| arg.get_env().is_some_and(|name| is_empty(name, variables));
    let command = command.mut_args(|arg| {
        if empty(&arg) {
            arg.env(Resettable::Reset)
        } else {
            arg
        }
    });
    Ok((command, words))
}

type Variables = [(OsString, OsString)];

/// Refuses what no setting can hold, before anything reads it. `clap` would say of bytes that are no text
/// neither where they stand nor what they are for.
fn well_formed(command: &Command, variables: &Variables) -> Result<(), EnvironmentError> {
    for argument in command.get_arguments() {
        let Some(name) = argument.get_env().and_then(OsStr::to_str) else {
            continue;
        };
        let Some(value) = value(name, variables, &[]) else {
            continue;
        };
        let bytes = value.len();
        if bytes > LONGEST_VALUE {
            return Err(EnvironmentError::TooLong {
                name: name.to_owned(),
                bytes,
            });
        }
        // The name of a file is whatever the file system takes.
        let is_path = argument.get_value_parser().type_id() == TypeId::of::<PathBuf>();
        if !is_path && value.to_str().is_none() {
            return Err(EnvironmentError::NotText(name.to_owned()));
        }
        if value.to_string_lossy().contains(char::is_control) {
            return Err(EnvironmentError::ControlCharacter(name.to_owned()));
        }
    }
    Ok(())
}

/// Whether the value of this flag, as `clap` writes it, may not be shown.
pub fn holds_secret(flag: &str) -> bool {
    let mut flags = IN_FILES.iter().map(|(_, flag)| *flag).chain(OTHER_SECRETS);
    flags.any(|secret| flag.starts_with(secret))
}

/// The value of a variable; one that is empty has none.
fn value<'a>(name: &str, variables: &'a Variables, configured: &'a Variables) -> Option<&'a OsStr> {
    let found = variables
        .iter()
        .chain(configured)
        .find(|(known, value)| known == name && !is_blank(value));
    found.map(|(_, value)| value.as_os_str())
}

/// Whether the command line itself says it.
fn says(words: &[OsString], flag: &str) -> bool {
    let begins = format!("{flag}=");
    words
        .iter()
        .any(|word| word == flag || word.to_string_lossy().starts_with(&begins))
}

/// Adds a flag behind the program's name, where the command line does not have it.
fn add(words: &mut Vec<OsString>, flag: &str, value: &OsStr) {
    if !says(words, flag) {
        let mut word = OsString::from(format!("{flag}="));
        word.push(value);
        words.insert(words.len().min(1), word);
    }
}

/// What the configuration file sets: the one that is named, else [`CONFIG`] where nothing says which
/// database is meant. So a command that root types works on the database of the service.
fn configured(
    words: &[OsString],
    variables: &Variables,
) -> Result<Vec<(OsString, OsString)>, EnvironmentError> {
    let mut after = words.iter().skip_while(|word| *word != "--config").skip(1);
    let joined = words
        .iter()
        .find_map(|word| word.to_str()?.strip_prefix("--config="));
    let named = after
        .next()
        .map(OsString::as_os_str)
        .or(joined.map(OsStr::new));
    if let Some(path) = named.or_else(|| value("GAZETTE_CONFIG", variables, &[])) {
        return read_config(Path::new(path));
    }
    let database = ["GAZETTE_DATABASE_URL", "GAZETTE_DATABASE_URL_FILE"];
    let meant = database
        .iter()
        .any(|name| value(name, variables, &[]).is_some())
        || says(words, "--database-url")
        || ["demo", "help", "--help", "-h", "--version"]
            .iter()
            .any(|word| words.iter().any(|w| w == word));
    let file = Path::new(CONFIG);
    if meant || !file.exists() {
        return Ok(Vec::new());
    }
    read_config(file)
}

/// Lines of `NAME=VALUE` as systemd reads them: quotes around a value are no part of it.
fn read_config(file: &Path) -> Result<Vec<(OsString, OsString)>, EnvironmentError> {
    let text = named_file::read_text(file, LARGEST_SETTING)
        .map_err(|error| EnvironmentError::Config(file.to_path_buf(), error))?;
    let mut set: Vec<(OsString, OsString)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| EnvironmentError::Line(file.to_path_buf(), number + 1))?;
        let value = value.trim();
        let quoted = ['"', '\'']
            .iter()
            .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        let name = OsString::from(name.trim());
        // Of a name that stands there twice the last counts, as for systemd.
        set.retain(|(earlier, _)| *earlier != name);
        set.push((name, quoted.unwrap_or(value).into()));
    }
    Ok(set)
}

fn is_empty(name: &OsStr, variables: &Variables) -> bool {
    let found = variables.iter().find(|(known, _)| known == name);
    found.is_some_and(|(_, value)| is_blank(value))
}

/// Nothing, or nothing that can be seen.
fn is_blank(value: &OsStr) -> bool {
    value
        .to_str()
        .is_some_and(|value| value.trim_matches(' ').is_empty())
}

fn content(name: &'static str, path: &OsStr) -> Result<String, EnvironmentError> {
    let shown = path.to_string_lossy().into_owned();
    let content = named_file::read_text(Path::new(path), LARGEST_SETTING)
        .map_err(|error| EnvironmentError::File(name, shown.clone(), error))?;
    let content = content.trim();
    if content.is_empty() {
        return Err(EnvironmentError::Empty(name, shown));
    }
    Ok(content.to_owned())
}

/// The variables of all settings.
fn names(command: &Command) -> Vec<&'static str> {
    // Their names are literals in `config`; once per process.
    command
        .get_arguments()
        .filter_map(|arg| arg.get_env()?.to_str())
        .map(|name| &*Box::leak(name.to_owned().into_boxed_str()))
        .collect()
}

/// The setting that a person most likely meant.
fn likely(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let bare = |name: &str| name.trim_start_matches("GAZETTE_").to_owned();
    known
        .iter()
        .map(|known| {
            let alike = strsim::normalized_damerau_levenshtein(&bare(name), &bare(known));
            // `GAZETTE_DATABASE` for `GAZETTE_DATABASE_URL`.
            let part = known.starts_with(name) || name.starts_with(known);
            (if part { alike.max(0.8) } else { alike }, *known)
        })
        .filter(|(alike, _)| *alike >= 0.5)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[arg(
            long,
            env = "GAZETTE_DATABASE_URL",
            default_value = "sqlite://gazette.db"
        )]
        database_url: String,
        #[arg(
            long,
            env = "GAZETTE_PUBLIC_URL",
            default_value = "http://127.0.0.1:8080"
        )]
        public_url: String,
        #[arg(long, env = "GAZETTE_CONFIG")]
        config: Option<PathBuf>,
    }

    fn parsed(words: &[&str], variables: &[(&str, &str)]) -> Result<Line, String> {
        let words = std::iter::once("gazette").chain(words.iter().copied());
        let variables: Vec<(OsString, OsString)> = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        let resolved = resolve(Line::command(), words.map(OsString::from), &variables);
        let (command, words) = resolved.map_err(|error| error.to_string())?;
        let matches = command.try_get_matches_from(words);
        Ok(Line::from_arg_matches(&matches.unwrap()).unwrap())
    }

    #[test]
    fn a_misspelt_variable_is_said_with_the_one_that_was_meant() {
        for (wrong, meant) in [
            ("GAZETTE_PUBLC_URL", Some("GAZETTE_PUBLIC_URL")),
            ("GAZETTE_PUBLIC_URI", Some("GAZETTE_PUBLIC_URL")),
            ("GAZETTE_DATABASE", Some("GAZETTE_DATABASE_URL")),
            ("GAZETTE_DATABASE_URL_FIEL", Some("GAZETTE_DATABASE_URL")),
            ("GAZETTE_PUBLIC_URL_FILE", Some("GAZETTE_PUBLIC_URL")),
            ("GAZETTE_XYZZY", None),
        ] {
            let error = parsed(&[], &[(wrong, "x")]).unwrap_err();
            assert!(error.contains(wrong), "{error}");
            assert_eq!(error.contains("did you mean"), meant.is_some(), "{error}");
            assert!(error.contains(meant.unwrap_or_default()), "{error}");
        }
        for other in [
            "GAZETTE_PORT_80_TCP",
            "GAZETTE_SERVICE_HOST",
            "GAZETTEER",
            "HOME",
        ] {
            assert!(parsed(&[], &[(other, "x")]).is_ok(), "{other}");
        }
    }

    #[test]
    fn one_file_configures_service_and_command_line_and_the_command_line_has_the_last_word() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gazette.env");
        let text = "# comment\n\nGAZETTE_DATABASE_URL=sqlite://of-the-example.db\nGAZETTE_DATABASE_URL=postgres://u:a&b?c@db/x\nGAZETTE_PUBLIC_URL=\"https://a.example\"\nOTHER=1\n";
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let line = parsed(&["--config", file], &[]).unwrap();
        assert_eq!(line.database_url, "postgres://u:a&b?c@db/x");
        assert_eq!(line.public_url, "https://a.example");
        assert!(line.config.is_some());
        let line = parsed(
            &["--public-url", "https://c.example"],
            &[
                ("GAZETTE_CONFIG", file),
                ("GAZETTE_DATABASE_URL", "sqlite://b.db"),
            ],
        );
        let line = line.unwrap();
        // The environment's is read by `clap` itself, which sees that of this test.
        assert!(!line.database_url.contains("u:a&b?c"));
        assert_eq!(line.public_url, "https://c.example");
        for (wrong, says) in [
            ("GAZETTE_PUBLC_URL=x", "did you mean"),
            ("nonsense", "line 1"),
        ] {
            std::fs::write(file, wrong).unwrap();
            let error = parsed(&["--config", file], &[]).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        let error = parsed(&["--config=/nowhere/x"], &[]).unwrap_err();
        assert!(error.contains("/nowhere/x"), "{error}");
    }

    #[test]
    fn a_secret_stands_in_a_file_or_in_the_variable_not_in_both() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        std::fs::write(&file, "sqlite://secret.db\n").unwrap();
        let named = file.to_str().unwrap();
        let in_file = ("GAZETTE_DATABASE_URL_FILE", named);
        let line = parsed(&[], &[in_file]).unwrap();
        assert_eq!(line.database_url, "sqlite://secret.db");
        let flag = ["--database-url", "sqlite://flag.db"];
        let line = parsed(&flag, &[in_file]).unwrap();
        assert_eq!(line.database_url, "sqlite://flag.db");
        let both = [in_file, ("GAZETTE_DATABASE_URL", "sqlite://x.db")];
        assert!(parsed(&[], &both).unwrap_err().contains("keep one"));
        std::fs::write(&file, " \n").unwrap();
        assert!(parsed(&[], &[in_file]).unwrap_err().contains("is empty"));
        let nowhere = [("GAZETTE_DATABASE_URL_FILE", "/nowhere/url")];
        assert!(parsed(&[], &nowhere).unwrap_err().contains("/nowhere/url"));
    }
}
