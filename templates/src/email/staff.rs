//! The mails to staff: the one that lets someone into the console, and what waits for them there.

use super::{
    letter::{Letter, Matter, Sender, Step, letter, paragraphs},
    newsletter::Parts,
};
use crate::office_name::within_a_sentence;

/// A role as a sentence has it: `an editor`.
pub(crate) fn with_article(role: &str) -> String {
    let article = if role.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {role}")
}

/// Why somebody gets a link into the console. Whose word is `None` is the operator's, who has no address
/// to be asked at.
#[derive(Debug, Clone, Copy)]
pub enum Occasion<'a> {
    /// This member of staff invited them.
    Invited(Option<&'a str>),
    /// This member of staff had a new link sent to them.
    NewLink(Option<&'a str>),
    /// Somebody said on the page that they forgot the password.
    Forgotten,
}

impl Occasion<'_> {
    /// What the mail is about: its subject and its headline.
    #[must_use]
    pub fn title(self, office: &str) -> String {
        let office = within_a_sentence("en", office);
        match self {
            Self::Invited(_) => format!("Your invitation to the newsletter console of {office}"),
            Self::NewLink(_) => format!("Your new link to the newsletter console of {office}"),
            Self::Forgotten => format!("A new password for the newsletter console of {office}"),
        }
    }

    /// Who let them in, for what; or who asked.
    fn says(self, office: &str, role: &str, may: &str) -> String {
        let office = within_a_sentence("en", office);
        let role = with_article(role);
        match self {
            Self::Invited(by) => {
                let invited = by.map_or_else(
                    || "You are invited".to_owned(),
                    |by| format!("{by} invited you"),
                );
                format!("{invited} to the newsletter console of {office} as {role}: you can {may}.")
            }
            Self::NewLink(by) => {
                let sends = by.map_or_else(|| "Here is".to_owned(), |by| format!("{by} sends you"));
                format!(
                    "{sends} a new link to the newsletter console of {office}. You work there as {role}: you can {may}. The password that you have works until you choose another."
                )
            }
            Self::Forgotten => format!(
                "A new password was requested for your account in the newsletter console of {office}."
            ),
        }
    }

    fn closing(self) -> &'static str {
        match self {
            Self::Invited(_) | Self::NewLink(_) => {
                "If you do not know why you get this, ask the office, or ignore this mail."
            }
            Self::Forgotten => {
                "If it was not you, ignore this mail: the password that you have goes on working."
            }
        }
    }
}

/// Who is let in, by whom and for what.
#[derive(Debug)]
pub struct Invitation<'a> {
    /// Why.
    pub occasion: Occasion<'a>,
    /// Their role.
    pub role: &'a str,
    /// What it lets them do.
    pub may: &'a str,
    /// Until when the link works, as a person writes it.
    pub until: &'a str,
    /// Works once.
    pub link: &'a str,
    /// Where to sign in afterwards.
    pub console: &'a str,
}

/// The invitation.
#[must_use]
pub fn invitation(sender: Sender<'_>, invitation: &Invitation<'_>) -> Parts {
    let occasion = invitation.occasion;
    let opening = [occasion.says(sender.office, invitation.role, invitation.may)];
    let closing = [
        format!("The link works once, until {}.", invitation.until),
        format!("Afterwards you sign in here:\n{}", invitation.console),
        occasion.closing().to_owned(),
    ];
    letter(&Letter {
        language: "en",
        sender,
        title: &occasion.title(sender.office),
        opening: &opening,
        matters: &[],
        button: Step {
            label: "Choose a password",
            url: invitation.link,
        },
        closing: &closing,
        aside: None,
    })
}

/// A sign-in from a browser that is new to the account.
#[derive(Debug)]
pub struct NewSignIn<'a> {
    /// The subject line.
    pub subject: &'a str,
    /// When, as people write it.
    pub when: &'a str,
    /// `Firefox on Windows`
    pub browser: &'a str,
    /// Where from.
    pub network: &'a str,
    /// Where sessions are ended.
    pub page: &'a str,
}

/// See [`NewSignIn`].
#[must_use]
pub fn new_sign_in(sender: Sender<'_>, sign_in: &NewSignIn<'_>) -> Parts {
    let opening = [
        "Somebody signed in to your account with your password, from a browser that it did not know yet.".to_owned(),
        format!(
            "When: {}\nBrowser: {}\nNetwork: {}",
            sign_in.when, sign_in.browser, sign_in.network
        ),
        "If it was you, there is nothing to do. If it was not, end that session and change your password now.".to_owned(),
    ];
    letter(&Letter {
        language: "en",
        sender,
        title: sign_in.subject,
        opening: &opening,
        matters: &[],
        button: Step {
            label: "Look at your sessions",
            url: sign_in.page,
        },
        closing: &[],
        aside: None,
    })
}

/// A change of what guards an account.
#[derive(Debug)]
pub struct AccountChange<'a> {
    /// The subject line.
    pub subject: &'a str,
    /// What was changed: `Your password was changed.`
    pub told: &'a str,
    /// When, as people write it.
    pub when: &'a str,
    /// Who did it, where it was not done from the account itself.
    pub by: Option<&'a str>,
    /// Where passwords, codes and passkeys are seen to.
    pub page: &'a str,
}

/// See [`AccountChange`].
#[must_use]
pub fn account_changed(sender: Sender<'_>, change: &AccountChange<'_>) -> Parts {
    let by = change.by.map(|by| format!("\nBy: {by}"));
    let advice = if change.by.is_some() {
        "If you do not know why, ask them."
    } else {
        "If it was you, there is nothing to do. If it was not, somebody else can use your account: ask for a new \
         password on the sign-in page, end all other sessions, and tell an admin of your office."
    };
    let opening = [
        change.told.to_owned(),
        format!("When: {}{}", change.when, by.unwrap_or_default()),
        advice.to_owned(),
    ];
    letter(&Letter {
        language: "en",
        sender,
        title: change.subject,
        opening: &opening,
        matters: &[],
        button: Step {
            label: "Look at your account",
            url: change.page,
        },
        closing: &[],
        aside: None,
    })
}

const WHY: &str = "You get this because you work with the newsletters.";

/// Something staff should know, where to see to it, and where to choose what one is told of.
#[must_use]
pub fn notice(sender: Sender<'_>, matter: &Matter<'_>, choose: Step<'_>) -> Parts {
    letter(&Letter {
        language: "en",
        sender,
        title: matter.headline,
        opening: &paragraphs(matter.text),
        matters: &[],
        button: matter.step,
        closing: &[],
        aside: Some((WHY, choose)),
    })
}

/// Several things that staff should know, each with the way to it, and where there are more.
#[must_use]
pub fn notices(
    sender: Sender<'_>,
    title: &str,
    matters: &[Matter<'_>],
    more: Option<&str>,
    console: Step<'_>,
    choose: Step<'_>,
) -> Parts {
    let closing: Vec<String> = more.map(str::to_owned).into_iter().collect();
    letter(&Letter {
        language: "en",
        sender,
        title,
        opening: &[],
        matters,
        button: console,
        closing: &closing,
        aside: Some((WHY, choose)),
    })
}
