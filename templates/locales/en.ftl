# What the public pages and the mails about a subscription say in English.

skip = Skip to content
navigation = Pages
archive = Past newsletters
sign_up = Sign up
privacy = Privacy
help = Help
sign_up_title = News by email
sign_up_lead = Get press releases from { $office } by email as soon as they come out.
email = Email address
email_hint = For example name@example.org
topics = What would you like to receive?
topics_hint = If you choose nothing, you receive all of these.
language = Language for emails about your subscription and for this site
subscribe = Subscribe
consent = By subscribing you authorize { $office } to send regular email updates to this address. You can unsubscribe at any time with one click.
frequency = We first send one email to confirm that the address is yours.
how_often = How often?
each_release = As they come out
daily_summary = Once a day
weekly_summary = Once a week
how_often_hint = Once a day or once a week, everything new on a topic comes in one email.
often_from = A change takes effect with the next summary email, so that you miss nothing and get nothing twice.
how_often_topic = How often: { $topic }
leave_empty = Leave this field empty
wrong = Please check the form
address_letters = Our mail system cannot write to an address with letters beyond a to z before the @. Please use another address.
address_wrong = Enter an email address such as name@example.org.
address_several = Enter one email address at a time.
check_mail_title = Check your email
check_mail = If this address can receive our news, a new email is on its way. Open it and press the button on the page it leads to. Nothing is sent before that.
confirm_title = Confirm your subscription
confirm_lead = Almost done. Press the button to get news from { $office } by email.
confirm_topics = You will receive: { $topics }.
confirm_button = Yes, subscribe me
confirmed_title = You are subscribed
confirmed = You will get what you chose by email from now on. Every email has a link to unsubscribe.
confirmed_without_topic = The topic that you chose is not offered at the moment, so nothing comes yet. Choose others with the link below.
link_over_title = This link has expired or was already used
link_over = If you get our emails, you are subscribed. If not, have a new link sent to you, or sign up again.
again_button = Send me a new link
never_title = You did not ask for this?
never_lead = Then do nothing, and you will get no news. You can also tell us never to write to this address again.
never_button = Never write to me again
never_done = We will not write to this address again.
unsubscribe_title = Unsubscribe
unsubscribe_lead = Press the button, and you will get no more email from { $office }.
unsubscribe_button = Unsubscribe
unsubscribed_title = You are unsubscribed
unsubscribed = You will get no more email from this list. Nothing else is needed.
releases_topic = Press releases
releases_topic_holds = Every press release, as it is published.
preferences_title = Your preferences
preferences_lead = Choose what you want to receive. Clear every box to unsubscribe.
save = Save
saved = Your choice is saved.
leave_all = Unsubscribe
not_found_title = There is no such page
not_found = The address may be incomplete. You can find our news under Past newsletters.
failed_title = Something went wrong here
failed = It is not your fault, and nothing was changed. Please try again in a minute.
unread_title = This could not be read
unread = Nothing was changed. Go back, load the page again, and send the form once more. If that does not help, write to the office: its address is under Help.
privacy_kept = We keep your email address, what you chose and answered, and the record of how you subscribed: when, from which page and network address. This record is the proof that you asked for our mail.
privacy_not_tracked = We do not track whether you open an email or follow a link, and we do not give your address to anyone.
privacy_leaving = When you unsubscribe, we stop at once. If you ask us to, we erase everything but a coded mark that keeps your address from being added again.
help_why = You get our emails because you subscribed to them, here or in another way such as on paper, and authorized this office to send them.
help_leaving = Every email has a link to unsubscribe at its end; most mail programs show a button for it too. It works at once.
help_missing = If an email does not arrive, look in the spam folder, and add our address to your contacts.
mail_subject = Please confirm your subscription
mail_asked = Please confirm that you want email from { $office }. This address was entered on { $when } at { $page }.
mail_confirm = If it was you, open this page and press the button:
mail_ignore = If it was not you, ignore this email: you will get no news.
mail_expires = The link works until { $until }.
incomplete_title = This link is incomplete
incomplete = Part of the link was lost or changed on its way, so we cannot tell whose it is. Nothing was changed. Open our email again and follow the link there, or have a new link sent to you.
incomplete_confirm = Part of the link was lost or changed on its way. Nothing was changed. Open our email again and follow the whole link there, or sign up again and we will send a new one.
incomplete_event = Part of the link was lost or changed, so it leads to none of our events. Scan the code again, or sign up on our page.
new_link = Get a new link
leave_topic_lead = Press the button, and you will get no more “{ $topic }” from { $office }.
leave_everything = Unsubscribe from everything
left_topic_title = You are unsubscribed from “{ $topic }”
left_topic = You still get: { $topics }.
undo_button = Undo: keep sending me news
undone_title = You are subscribed again
undone = Your subscription is as it was before.
undo_late_title = This cannot be undone any more
undo_late = Nothing was changed. You can sign up again at any time.
manage_title = Manage your subscription
manage_lead = Enter your email address. If it is on our list, we send it a link to choose topics, change the address, get a copy of what we keep, or unsubscribe.
manage_button = Email me a link
manage_sent = If { $address } is on our list, we are sending a link to it, at most three a day. Open the email and follow the link. No email? Check spam, and whether this is the address that gets our news.
manage_mail = Somebody asked { $office } for a link to manage the subscription of this address. Open this page:
link_ignore = If it was not you, ignore this email: nothing changes.
already_subject = You are already subscribed
already_mail = On { $when } this address was entered to get email from { $office }. You are already subscribed. To choose what you get, open this page:
subscribed_as = { $address } is subscribed.
not_subscribed = { $address } is not subscribed.
joined_title = This address gets no more email
joined = Its subscription moved to another address, which confirmed the change. Our news goes there until you unsubscribe there.
joined_button = Send a link to the other address
joined_sent = If the other address is subscribed, it gets a link from us to choose what it receives or to unsubscribe, at most three a day. Open the email there.
change_title = Change your address
change_lead = We send an email to the new address. The change is made when you follow the link in it.
new_address = New email address
change_button = Change address
change_too_often = You have asked for three changes in a day. Please try again tomorrow.
change_sent = We are sending an email to { $address }. Open it and follow the link; until then our news goes to your present address.
change_mail = Somebody asked { $office } to send its news to this address from now on. If it was you, open this page and press the button:
change_confirm_title = Confirm your new address
change_confirm = Press the button, and our news goes to { $address } from now on.
change_confirm_button = Use this address
changed_title = Your address is changed
changed = Our news goes to { $address } from now on.
change_over_title = Your address was not changed
change_over = The subscription that was to move to { $address } has ended. To get our news there, sign up with that address.
copy_title = What we keep about you
copy_lead = Everything that is kept under your address, as a file.
copy_button = Download my data
erase_title = Erase my data
erase_lead = We erase everything but a coded mark that keeps your address from being added again. You get no more news. This cannot be undone.
erase_button = Erase everything
erased_title = Your data is erased
erased = We kept only a coded mark that keeps your address from being added again. You can sign up anew at any time.
more_lead = To change your address, get a copy of what we keep, or erase it, have a fresh link sent to your mailbox.
no_such_topic = What was asked for is not offered here. Please look at what you can get, and press the button again.
consent_changed = What you agree to has changed since this page was opened. Please read it below and press the button again.
once_more_title = Please press the button once more
once_more = Programs fill in forms in a moment, so we ask once more. What you entered is still here.
sending_to = We are sending a confirmation email to { $address }. Open it and follow the link. Until then you get no news.
resent_to = If no email from us went to { $address } today, a confirmation email is on its way. If one did, please look for it in spam: the next can go out a day after it.
from_sender = It comes from { $sender }. No email? Check spam.
once_a_day = An address gets at most one of these emails a day, and three a month.
may_take_until = Many people are signing up: your email may take until { $time }.
correct_button = Correct the address
resend_button = Send it again
busy_title = We could not take your request
busy = Very many requests come from your network today. Please try again tomorrow or from another connection, or write to { $contact }.
did_you_mean = Did you mean { $address }?
keep_as_typed = No, keep { $address }
closed_title = Sign-up is not open yet
closed = This office is still setting up its newsletter. Please come back later.
contact_title = Contact us
phone = Phone
latest = Latest newsletters
see_example = See an example
search_archive = Search past newsletters
topic_choice = Topic
all_topics = All topics
month_choice = Month
all_months = All months
search_button = Search
nothing_found = Nothing found. Try fewer words, or another topic or month.
archive_lead = What { $office } has sent by email.
add_contact = Add { $sender } to your contacts, so that our emails reach your inbox.
language_switch = Language
nothing_yet = Nothing has been mailed yet.
older = Older
feed = Feed (Atom)
get_by_email = Get these by email
read_at_source = See this release on the office’s website
day =
    { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $day }, { $year }
month =
    { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $year }
time = { $half ->
        [am] { $hour12 }:{ $minute } a.m.
       *[pm] { $hour12 }:{ $minute } p.m.
    }
moment = { $day }, { $time } { $zone }
event_done = Thank you! We are sending an email to the address that was just entered. Open it and follow the link.
event_next = Next person
event_over_title = Sign-up here has ended
event_over = You can still sign up on our page.
proof_working = Very many people are signing up. Your browser is working for a few seconds, so that your email can go out now. Please keep this page open.
zip = ZIP code
zip_hint = It helps the office to know what concerns your community. It changes nothing about your subscription.
optional = { $question } (optional)
sign_up_heading = Get news from { $office }
sign_up_value = Press releases by email as they come out, usually a few a week.
options = Topics, how often, language
options_one_topic = How often, language
about_title = About you
about_lead = You may leave any of this empty; what you take out is deleted.
zip_wrong = A ZIP code has five digits, such as 92780. Nothing was changed.
