//! The words of the public pages and of the mails about a subscription, in every language that they
//! speak: `templates/locales/TAG.ftl`.

use std::{fmt, sync::LazyLock};

use fluent_bundle::FluentValue;

use super::messages::{self, Messages, words};
use crate::{
    document::Direction,
    reader_language::{direction, own_name, reader_language},
};

/// The version of the consent texts, which the evidence names beside the text's own hash (O2).
/// A test holds it to the words.
pub const CONSENT_VERSION: &str = "2026-11-29.2";

words! {
    plain {
        skip,
        navigation,
        archive,
        sign_up,
        privacy,
        help,
        sign_up_title,
        email,
        email_hint,
        topics,
        topics_hint,
        language,
        subscribe,
        frequency,
        how_often,
        each_release,
        daily_summary,
        weekly_summary,
        how_often_hint,
        often_from,
        leave_empty,
        wrong,
        address_letters,
        address_wrong,
        address_several,
        check_mail_title,
        check_mail,
        confirm_title,
        confirm_button,
        confirmed_title,
        confirmed,
        confirmed_without_topic,
        link_over_title,
        link_over,
        again_button,
        never_title,
        never_lead,
        never_button,
        never_done,
        unsubscribe_title,
        unsubscribe_button,
        unsubscribed_title,
        unsubscribed,
        releases_topic,
        releases_topic_holds,
        preferences_title,
        preferences_lead,
        save,
        saved,
        leave_all,
        not_found_title,
        not_found,
        failed_title,
        failed,
        unread_title,
        unread,
        privacy_kept,
        privacy_not_tracked,
        privacy_leaving,
        help_why,
        help_leaving,
        help_missing,
        mail_subject,
        mail_confirm,
        mail_ignore,
        incomplete_title,
        incomplete,
        incomplete_confirm,
        incomplete_event,
        new_link,
        leave_everything,
        undo_button,
        undone_title,
        undone,
        undo_late_title,
        undo_late,
        manage_title,
        manage_lead,
        manage_button,
        link_ignore,
        already_subject,
        change_title,
        change_lead,
        new_address,
        change_button,
        change_too_often,
        change_confirm_title,
        change_confirm_button,
        changed_title,
        change_over_title,
        joined_title,
        joined,
        joined_button,
        joined_sent,
        copy_title,
        copy_lead,
        copy_button,
        erase_title,
        erase_lead,
        erase_button,
        erased_title,
        erased,
        more_lead,
        no_such_topic,
        consent_changed,
        once_more_title,
        once_more,
        once_a_day,
        correct_button,
        resend_button,
        busy_title,
        closed_title,
        closed,
        contact_title,
        phone,
        latest,
        sign_up_value,
        options,
        options_one_topic,
        zip,
        zip_hint,
        zip_wrong,
        about_title,
        about_lead,
        proof_working,
        event_done,
        event_next,
        event_over_title,
        event_over,
        see_example,
        search_archive,
        topic_choice,
        all_topics,
        month_choice,
        all_months,
        search_button,
        nothing_found,
        language_switch,
        nothing_yet,
        older,
        feed,
        get_by_email,
        read_at_source,
    }
    filled {
        sign_up_lead(office: &str),
        sign_up_heading(office: &str),
        optional(question: &str),
        consent(office: &str),
        confirm_lead(office: &str),
        confirm_topics(topics: &str),
        unsubscribe_lead(office: &str),
        mail_asked(office: &str, when: &str, page: &str),
        how_often_topic(topic: &str),
        archive_lead(office: &str),
        add_contact(sender: &str),
        mail_expires(until: &str),
        leave_topic_lead(topic: &str, office: &str),
        left_topic_title(topic: &str),
        left_topic(topics: &str),
        manage_sent(address: &str),
        manage_mail(office: &str),
        already_mail(when: &str, office: &str),
        subscribed_as(address: &str),
        not_subscribed(address: &str),
        change_sent(address: &str),
        change_mail(office: &str),
        change_confirm(address: &str),
        changed(address: &str),
        change_over(address: &str),
        sending_to(address: &str),
        resent_to(address: &str),
        from_sender(sender: &str),
        may_take_until(time: &str),
        busy(contact: &str),
        did_you_mean(address: &str),
        keep_as_typed(address: &str),
        day(year: i64, month: i64, day: i64),
        month(year: i64, month: i64),
        time(half: &str, hour: i64, hour12: i64, minute: &str),
        moment(day: &str, time: &str, zone: &str),
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words")
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}

/// The file of each language, the one first that stands for whatever else is asked for.
const FILES: [(&str, &str); 7] = [
    ("en", include_str!("../../locales/en.ftl")),
    ("es", include_str!("../../locales/es.ftl")),
    ("ko", include_str!("../../locales/ko.ftl")),
    ("vi", include_str!("../../locales/vi.ftl")),
    ("zh-Hant", include_str!("../../locales/zh-Hant.ftl")),
    ("zh-Hans", include_str!("../../locales/zh-Hans.ftl")),
    ("ar", include_str!("../../locales/ar.ftl")),
];

static LANGUAGES: LazyLock<[Words; 7]> =
    LazyLock::new(|| FILES.map(|(tag, file)| Words::read(tag, file)));

impl Words {
    /// All languages, the one first that stands for whatever else is asked for.
    #[must_use]
    pub fn all() -> &'static [Self] {
        LANGUAGES.as_slice()
    }

    /// The words in the language of a BCP 47 tag; English where it is none of ours.
    #[must_use]
    pub fn of(tag: &str) -> &'static Self {
        Self::spoken(tag).unwrap_or(&LANGUAGES[0])
    }

    /// The same; `None` where the language is none of ours.
    #[must_use]
    pub fn spoken(tag: &str) -> Option<&'static Self> {
        let language = reader_language(tag)?;
        LANGUAGES.iter().find(|words| words.tag == language)
    }

    /// Which way the language runs.
    #[must_use]
    pub fn direction(&self) -> Direction {
        direction(self.tag)
    }

    /// Names one after the other, as the language parts them.
    #[must_use]
    pub fn listed(&self, names: &[&str]) -> String {
        let comma = match self.tag {
            "zh-Hant" | "zh-Hans" => "、",
            "ar" => "، ",
            _ => ", ",
        };
        let names = names.iter().map(|name| messages::isolated(self.tag, name));
        names.collect::<Vec<_>>().join(comma)
    }

    /// What is kept of a reader, and for how long.
    #[must_use]
    pub fn privacy_text(&self) -> [&'static str; 3] {
        [
            self.privacy_kept,
            self.privacy_not_tracked,
            self.privacy_leaving,
        ]
    }

    /// Why mail comes, how it ends, and what to do where it does not come.
    #[must_use]
    pub fn help_text(&self) -> [&'static str; 3] {
        [self.help_why, self.help_leaving, self.help_missing]
    }

    /// Where a page of ours stands, in this language.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("{path}{joint}lang={}", self.tag)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use fluent_bundle::FluentResource;

    /// Of dates and times, each language takes what it writes.
    const TAKES_WHAT_IT_WRITES: &str = "time";

    /// The messages of a file, and what is filled into each.
    fn messages_of(file: &str) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut messages: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut id = "";
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            if !line.starts_with([' ', '}']) && !line.is_empty() {
                let (name, _) = line.split_once('=').unwrap_or((line, ""));
                id = name.trim();
                assert!(
                    messages.insert(id, BTreeSet::new()).is_none(),
                    "{id} is there twice"
                );
            }
            let names = line.split('$').skip(1).map(|rest| {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                &rest[..end.unwrap_or(rest.len())]
            });
            messages.entry(id).or_default().extend(names);
        }
        messages.remove("");
        messages
    }

    #[test]
    fn every_language_has_every_message_with_every_argument_and_no_other() {
        let declared: BTreeMap<&str, BTreeSet<&str>> = DECLARED
            .iter()
            .map(|(id, arguments)| (*id, arguments.iter().copied().collect()))
            .collect();
        assert!(declared.len() > 100);
        for (tag, file) in FILES {
            let read = FluentResource::try_new(file.to_owned());
            assert!(
                read.is_ok(),
                "{tag}: {:?}",
                read.err().map(|(_, errors)| errors)
            );
            let mut found = messages_of(file);
            for (id, arguments) in &declared {
                let has = found
                    .remove(id)
                    .unwrap_or_else(|| panic!("{tag} has no {id}"));
                if *id == TAKES_WHAT_IT_WRITES {
                    assert!(has.is_subset(arguments), "{tag}: {id} takes {has:?}");
                } else {
                    assert_eq!(has, *arguments, "{tag}: {id}");
                }
            }
            assert!(found.is_empty(), "{tag} has what no page says: {found:?}");
        }
    }

    #[test]
    fn what_is_filled_in_is_left_alone_and_no_place_stays_open() {
        let typed = "{ $office } <b>";
        for words in Words::all() {
            for (id, arguments) in DECLARED {
                let given: Vec<(&str, FluentValue<'_>)> = arguments
                    .iter()
                    .map(|argument| (*argument, FluentValue::from(typed)))
                    .collect();
                let text = messages::filled(&words.messages, id, &given);
                let rest = text.replace(&messages::isolated(words.tag, typed), "");
                let rest = rest.replace(typed, "");
                assert!(
                    !rest.trim().is_empty() || !arguments.is_empty(),
                    "{}: {id}",
                    words.tag
                );
                assert!(
                    !rest.contains(['{', '}', '$', '\u{2068}']),
                    "{}: {id}: {text}",
                    words.tag
                );
            }
        }
    }

    #[test]
    fn what_was_typed_runs_its_own_way_in_arabic_and_a_time_and_the_name_in_a_mail_carry_no_marks()
    {
        let arabic = Words::of("ar");
        let typed = "\u{2068}714@example.org\u{2069}";
        for said in [
            arabic.subscribed_as("714@example.org"),
            arabic.did_you_mean("714@example.org"),
            arabic.from_sender("714@example.org"),
            arabic.leave_topic_lead("714@example.org", "Jane"),
        ] {
            assert!(said.contains(typed), "{said}");
        }
        assert_eq!(
            arabic.listed(&["2026 floods", "Roads"]),
            "\u{2068}2026 floods\u{2069}، \u{2068}Roads\u{2069}"
        );
        assert_eq!(Words::of("zh-Hant").listed(&["A", "B"]), "A、B");
        assert_eq!(Words::of("es").listed(&["A", "B"]), "A, B");
        let until = arabic.time("pm", 18, 6, "05");
        for said in [
            arabic.mail_expires(&until),
            arabic.manage_mail("Jane"),
            until,
        ] {
            assert!(!said.contains(['\u{2068}', '\u{2069}']), "{said}");
        }
    }

    #[test]
    fn a_sentence_that_ends_with_an_abbreviation_has_one_full_stop() {
        for (tag, until, ends) in [
            ("en", "6:50 a.m.", "until 6:50 a.m."),
            ("es", "6:50 p. m.", "6:50 p. m."),
        ] {
            let said = Words::of(tag).may_take_until(until);
            assert!(said.ends_with(ends), "{said}");
        }
        let said = Words::of("en").left_topic("Roads, Inc.");
        assert_eq!(said, "You still get: Roads, Inc.");
    }

    #[test]
    fn a_link_ends_at_a_time_that_each_language_writes_in_its_own_way() {
        let end = jiff::civil::datetime(2026, 11, 27, 18, 5, 0, 0);
        for (tag, says) in [
            (
                "en",
                "The link works until November 27, 2026, 6:05 p.m. PST.",
            ),
            (
                "es",
                "El enlace funciona hasta el 27 de noviembre de 2026, 6:05 p. m. PST.",
            ),
            (
                "ko",
                "이 링크는 2026년 11월 27일 오후 6:05 PST까지 유효합니다.",
            ),
            (
                "vi",
                "Liên kết có hiệu lực đến 18:05 PST, ngày 27 tháng 11 năm 2026.",
            ),
            ("zh-Hant", "此連結在2026年11月27日 下午 6:05 PST之前有效。"),
            ("zh-Hans", "此链接在2026年11月27日 下午 6:05 PST之前有效。"),
            ("ar", "يعمل الرابط حتى 27 نوفمبر 2026، الساعة 18:05 PST."),
        ] {
            let words = Words::of(tag);
            assert_eq!(words.mail_expires(&words.day_and_time(end, "PST")), says);
        }
    }

    #[test]
    fn c6_every_language_says_that_the_reader_authorises_regular_updates_to_the_address() {
        for (tag, says) in [
            (
                "en",
                ["authorize Jane", "regular email updates to this address"],
            ),
            (
                "es",
                [
                    "autoriza a Jane",
                    "enviar regularmente novedades por correo electrónico a esta dirección",
                ],
            ),
            (
                "ko",
                [
                    "Jane에서 이 주소로",
                    "정기적으로 이메일 소식을 보내는 데 동의",
                ],
            ),
            (
                "vi",
                [
                    "cho phép Jane thường xuyên",
                    "gửi tin tức qua email đến địa chỉ này",
                ],
            ),
            ("zh-Hant", ["授權Jane定期", "向此地址寄送電子郵件"]),
            ("zh-Hans", ["授权Jane定期", "向此地址发送电子邮件"]),
            (
                "ar",
                [
                    "تسمح بأن يرسل Jane",
                    "تحديثات منتظمة بالبريد الإلكتروني إلى هذا العنوان",
                ],
            ),
        ] {
            let consent = Words::of(tag).consent("Jane");
            for part in says {
                assert!(consent.contains(part), "{tag}: {consent}");
            }
        }
    }

    #[test]
    fn o2_a_changed_consent_text_has_a_new_version() {
        // FNV-1a over the texts. Who changes one, changes CONSENT_VERSION and then this.
        let mark = Words::all()
            .iter()
            .flat_map(|words| words.consent("X").into_bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |mark, byte| {
                (mark ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        assert_eq!((CONSENT_VERSION, mark), ("2026-11-29.2", MARK));
    }

    const MARK: u64 = 0x4852_09e3_b22d_6034;

    #[test]
    fn nobody_is_told_in_riddles() {
        let (_, english) = FILES[0];
        for riddle in [
            "hopefully you",
            "leave the list",
            "One step is left",
            "Without any choice",
            "has done its work",
            "we have sent an email to it",
            "Language of our messages",
        ] {
            assert!(!english.contains(riddle), "{riddle}");
        }
    }

    #[test]
    fn a_tag_finds_its_language_and_an_unknown_one_english() {
        for (tag, language) in [
            ("es-MX", "es"),
            ("ZH", "zh-Hans"),
            ("zh-HK", "zh-Hant"),
            ("tlh", "en"),
            ("ar-EG", "ar"),
        ] {
            assert_eq!(Words::of(tag).tag, language);
        }
        assert_eq!(
            Words::of("es").link("/archive?before=7"),
            "/archive?before=7&lang=es"
        );
        assert_eq!(Words::of("ko").link("/"), "/?lang=ko");
    }
}
