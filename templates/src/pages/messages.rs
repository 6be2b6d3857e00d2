//! Words by Fluent: one file a language, plurals and dates by its own rules.

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use unic_langid::LanguageIdentifier;

use crate::{document::Direction, office_name::within_a_sentence, reader_language::direction};

/// The messages of one language.
pub(super) type Messages = FluentBundle<FluentResource>;

/// Reads a language's file. What of it cannot be read is missing; a test finds that.
pub(super) fn read(tag: &str, file: &str) -> Messages {
    let language: LanguageIdentifier = tag.parse().unwrap_or_default();
    let mut messages = FluentBundle::new_concurrent(vec![language]);
    // Not around everything that is filled in: of a time, whose parts are filled in one by one, they would turn
    // the order around. See [`as_said`].
    messages.set_use_isolating(false);
    let resource = FluentResource::try_new(file.to_owned()).unwrap_or_else(|(read, _)| read);
    messages.add_resource_overriding(resource);
    messages
}

/// A message that nothing is filled into. It lives as long as the process, as its language does.
pub(super) fn plain(messages: &Messages, id: &str) -> &'static str {
    Box::leak(filled(messages, id, &[]).into_boxed_str())
}

/// A message with its arguments; empty where there is none.
pub(super) fn filled(messages: &Messages, id: &str, given: &[(&str, FluentValue<'_>)]) -> String {
    let Some(pattern) = messages.get_message(id).and_then(|message| message.value()) else {
        return String::new();
    };
    let language = messages.locales.first().map(ToString::to_string);
    let language = language.unwrap_or_default();
    let arguments: FluentArgs<'_> = given
        .iter()
        .map(|(name, value)| (*name, as_said(&language, name, value)))
        .collect();
    let mut wrong = Vec::new();
    let text = messages.format_pattern(pattern, Some(&arguments), &mut wrong);
    let mut text = text.into_owned();
    for (_, value) in given {
        // "a.m." at the end of a sentence ends it.
        if let FluentValue::String(filled) = value
            && filled.ends_with('.')
        {
            text = text.replace(&format!("{filled}."), filled);
        }
    }
    text
}

/// What stands in a sentence as it was typed, in whatever script. Only pages say these: in the subject of a mail
/// filters would take the marks of [`isolated`] for a disguise.
const AS_TYPED: [&str; 5] = ["address", "contact", "question", "sender", "topic"];

/// An argument as the sentence has it: every message that names the office does so within one.
fn as_said<'a>(language: &str, name: &str, value: &FluentValue<'a>) -> FluentValue<'a> {
    match value {
        FluentValue::String(office) if name == "office" => {
            FluentValue::from(within_a_sentence(language, office).into_owned())
        }
        FluentValue::String(typed) if AS_TYPED.contains(&name) => {
            FluentValue::from(isolated(language, typed))
        }
        value => value.clone(),
    }
}

/// What runs its own way within a language that runs from right to left (UAX #9 §2.4): without the marks,
/// 714@example.org is shown as example.org@714 there.
pub(super) fn isolated(language: &str, typed: &str) -> String {
    match direction(language) {
        Direction::Rtl => format!("\u{2068}{typed}\u{2069}"),
        Direction::Ltr => typed.to_owned(),
    }
}

/// Declares what the pages say: each message is a field, and each with arguments a function, so that one
/// that is not declared, or lacks an argument, does not compile.
macro_rules! words {
    (
        plain { $($plain:ident,)* }
        filled { $($filled:ident($($argument:ident: $kind:ty),+),)* }
    ) => {
        /// One language's words.
        #[allow(missing_docs, reason = "each message is named for what it says")]
        pub struct Words {
            /// BCP 47 tag.
            pub tag: &'static str,
            /// The language's name in itself.
            pub name: &'static str,
            $(pub $plain: &'static str,)*
            messages: Messages,
        }

        impl Words {
            fn read(tag: &'static str, file: &str) -> Self {
                let messages = messages::read(tag, file);
                Self {
                    tag,
                    name: own_name(tag),
                    $($plain: messages::plain(&messages, stringify!($plain)),)*
                    messages,
                }
            }

            $(
                #[must_use]
                #[allow(missing_docs, reason = "each message is named for what it says")]
                pub fn $filled(&self, $($argument: $kind),+) -> String {
                    let given = [$((stringify!($argument), FluentValue::from($argument))),+];
                    messages::filled(&self.messages, stringify!($filled), &given)
                }
            )*
        }

        /// Every message with its arguments.
        #[cfg(test)]
        const DECLARED: &[(&str, &[&str])] = &[
            $((stringify!($plain), &[]),)*
            $((stringify!($filled), &[$(stringify!($argument)),+]),)*
        ];
    };
}
pub(super) use words;
