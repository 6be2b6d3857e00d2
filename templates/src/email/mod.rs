//! The mails: the newsletter, and the one-off mails that concern one person.
