-- The whole first schema, for both databases. What differs is named in braces and filled in by
-- `m20261101_000001_schema.rs`:
--   {id}             a number that is never given twice
--   {bytes}          a byte string
--   {clustered}      rows stored in primary-key order (SQLite's WITHOUT ROWID)
-- Instants are milliseconds since 1970-01-01 UTC. Numbered states are the enums beside the code
-- that uses the table. JSON is text that only our own code reads.

-- ── office ──────────────────────────────────────────────────────────────────────────────────
CREATE TABLE office_setting (
    key        TEXT PRIMARY KEY,
    value      TEXT   NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Every seal that was ever set: the mails of last year still show theirs. Which one holds now is
-- the setting `seal`.
CREATE TABLE seal (
    file     TEXT PRIMARY KEY,               -- a mark of the bytes, and the kind: 0123….png
    bytes    {bytes} NOT NULL,
    added_at BIGINT  NOT NULL
);

CREATE TABLE topic (
    id          {id},
    slug        TEXT    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    position    INTEGER NOT NULL
);

-- ── subscribers ─────────────────────────────────────────────────────────────────────────────
CREATE TABLE subscriber (
    id           {id},
    email        TEXT     NOT NULL,          -- as typed, domain as A-label
    email_key    TEXT     NOT NULL UNIQUE,   -- case-folded NFC: what makes two addresses the same
    standing     SMALLINT NOT NULL,          -- subscribers::Standing
    language     TEXT     NOT NULL,
    created_at   BIGINT   NOT NULL,
    standing_at  BIGINT   NOT NULL           -- since when the standing holds
);
-- Whom to forget, and when: all but the confirmed (1), who are nearly everyone.
CREATE INDEX subscriber_not_confirmed ON subscriber (standing, standing_at) WHERE standing <> 1;

CREATE TABLE subscription (
    topic_id      BIGINT NOT NULL REFERENCES topic (id),
    subscriber_id BIGINT NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    PRIMARY KEY (topic_id, subscriber_id)
) {clustered};
CREATE INDEX subscription_of_subscriber ON subscription (subscriber_id);

-- What the form was sent, until it is looked at: the answer is given before anyone knows whose
-- address it is, so it cannot tell (O5).
CREATE TABLE sign_up (
    id         {id},
    at         BIGINT NOT NULL,
    email      TEXT   NOT NULL,              -- as typed
    topics     TEXT   NOT NULL,              -- JSON array of slugs
    language   TEXT   NOT NULL,
    page       TEXT   NOT NULL,              -- where the form stood
    channel    TEXT   NOT NULL,              -- form or api
    ip         TEXT   NOT NULL,
    network    TEXT,                         -- none: not counted, a trial on one machine
    user_agent TEXT   NOT NULL
);

-- One row per confirmation mail that was really queued, while its link may be pressed.
CREATE TABLE confirmation (
    id            {id},
    subscriber_id BIGINT   NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    token_hash    {bytes}  NOT NULL UNIQUE,
    topics        TEXT     NOT NULL,         -- JSON array of topic ids asked for
    language      TEXT     NOT NULL,
    requested_at  BIGINT   NOT NULL,
    expires_at    BIGINT   NOT NULL,
    void_at       BIGINT,                    -- a newer mail took its place
    used_at       BIGINT
);
CREATE INDEX confirmation_of_subscriber ON confirmation (subscriber_id, requested_at);

-- The memory behind the sign-up limits (O6) and behind "never write to me again" (O8), a year of it:
-- keyed hashes, so that it may outlive the address. Being purged or erased is no way around the
-- limits, and makes no promise void that stands in a mail.
CREATE TABLE confirmation_mail (
    id           {id},
    address_hash {bytes}  NOT NULL,
    token_hash   {bytes}  NOT NULL,
    domain_hash  {bytes}  NOT NULL,
    network      TEXT,                       -- IPv4 /24 or IPv6 /56 it was asked from; for a day
    at           BIGINT   NOT NULL
);
CREATE INDEX confirmation_mail_of_address ON confirmation_mail (address_hash, at);
CREATE INDEX confirmation_mail_of_token ON confirmation_mail (token_hash);
CREATE INDEX confirmation_mail_of_domain ON confirmation_mail (domain_hash, at);
CREATE INDEX confirmation_mail_of_network ON confirmation_mail (network, at);
CREATE INDEX confirmation_mail_by_time ON confirmation_mail (at);

-- The evidence. Append-only: triggers refuse UPDATE, and DELETE unless an erasure is recorded.
CREATE TABLE consent (
    id            {id},
    subscriber_id BIGINT NOT NULL,
    at            BIGINT NOT NULL,
    event         TEXT   NOT NULL,           -- subscribers::consent::Event
    evidence      TEXT   NOT NULL            -- JSON: what was asked, shown, clicked, from where
);
CREATE INDEX consent_of_subscriber ON consent (subscriber_id, id);
-- What makes a subscriber one who asked: nobody enters the queue without such a row (C1).
CREATE INDEX consent_proof ON consent (subscriber_id, id) WHERE event IN ('confirmed', 'imported');

CREATE TABLE erasure (
    subscriber_id BIGINT PRIMARY KEY,
    at            BIGINT NOT NULL
);

-- Keyed hashes, so that the list of who must not be mailed is not itself a list of addresses.
CREATE TABLE suppression (
    address_hash {bytes}  PRIMARY KEY,
    reason       SMALLINT NOT NULL,          -- subscribers::SuppressionReason
    at           BIGINT   NOT NULL
);

-- The press list: addresses that staff keep, without a consent of their own, apart from subscribers
-- in every way (C1). Ids begin at 2^39, where no subscriber's ever come, so that neither a delivery
-- nor a link of one can be taken for the other's.
CREATE TABLE press_contact (
    id           {id},
    address_hash {bytes}  NOT NULL UNIQUE,   -- stays when the address is forgotten: who left has left
    email        TEXT,                       -- none: left and forgotten
    email_key    TEXT,
    name         TEXT     NOT NULL,
    outlet       TEXT     NOT NULL,          -- the newspaper or station; empty: not known to be media
    origin       TEXT     NOT NULL,          -- where the address comes from
    added_at     BIGINT   NOT NULL,
    left_at      BIGINT
);

-- ── House rules ─────────────────────────────────────────────────────────────────────────────
CREATE TABLE election (
    id        {id},
    day       TEXT    NOT NULL,              -- of the election, 2026-11-03
    kind      TEXT    NOT NULL,              -- house::ElectionKind
    name      TEXT    NOT NULL,
    candidate BOOLEAN NOT NULL,              -- whether the Member stands in it: only then a blackout
    UNIQUE (day, kind, name)
);

-- ── releases ────────────────────────────────────────────────────────────────────────────────
CREATE TABLE source (
    id                    {id},
    url                   TEXT     NOT NULL UNIQUE,
    kind                  TEXT     NOT NULL, -- releases::SourceKind
    found                 TEXT     NOT NULL DEFAULT '', -- what it was found to be, for a person
    set_aside             TEXT,              -- JSON of the items that nothing could be made of last
    title                 TEXT     NOT NULL,
    policy                TEXT     NOT NULL, -- releases::Policy
    topic_id              BIGINT   NOT NULL REFERENCES topic (id),
    settle_seconds        BIGINT   NOT NULL,
    poll_seconds          BIGINT   NOT NULL,
    active                BOOLEAN  NOT NULL,
    created_at            BIGINT   NOT NULL,
    baseline_at           BIGINT,            -- when the first poll marked everything as seen
    etag                  TEXT,
    last_modified         TEXT,
    last_polled_at        BIGINT,
    last_unconditional_at BIGINT,
    next_poll_at          BIGINT   NOT NULL,
    failures              INTEGER  NOT NULL, -- polls failed in a row
    last_error            TEXT,
    listed_nothing        BOOLEAN  NOT NULL DEFAULT FALSE, -- the last look found it empty
    include_terms         TEXT,              -- releases::filters: only what has one of these; none: all
    exclude_terms         TEXT,              -- and nothing that has one of these
    digest_day            SMALLINT,          -- 1 Monday to 7 Sunday; none: every day
    digest_minute         INTEGER  NOT NULL DEFAULT 1020, -- of the day, in the office's zone
    digest_auto           BOOLEAN  NOT NULL DEFAULT FALSE, -- no person approves it
    digested_at           BIGINT             -- when the last one was gathered
);
CREATE INDEX source_due ON source (next_poll_at) WHERE active;

-- Which topic a category of the source feeds; where none does, `source.topic_id` gets the release.
CREATE TABLE source_topic (
    source_id    BIGINT NOT NULL REFERENCES source (id),
    category_key TEXT   NOT NULL,            -- normalised as titles are
    category     TEXT   NOT NULL,
    topic_id     BIGINT NOT NULL REFERENCES topic (id),
    PRIMARY KEY (source_id, category_key)
);

-- The subscription with a source's hub. Callback and secret are derived from the secret key.
CREATE TABLE websub (
    source_id     BIGINT PRIMARY KEY REFERENCES source (id),
    hub           TEXT   NOT NULL,
    topic         TEXT   NOT NULL,           -- what the hub calls the source
    ask_at        BIGINT NOT NULL,           -- when to ask, again or for the first time
    pending_until BIGINT,                    -- a request of ours waits to be verified
    lease_ends    BIGINT,                    -- until when the hub tells; none: it does not
    trouble       TEXT                       -- why it does not
);
CREATE INDEX websub_due ON websub (ask_at);

CREATE TABLE release (
    id            {id},
    source_id     BIGINT REFERENCES source (id), -- none: added by staff or on the command line
    identity      TEXT     NOT NULL,         -- F7: guid, else canonical URL, else hash of title and day
    url           TEXT,
    title         TEXT     NOT NULL,
    title_key     TEXT     NOT NULL,         -- normalised, for "same title again"
    published_at  BIGINT,
    first_seen_at BIGINT   NOT NULL,
    state         TEXT     NOT NULL,         -- releases::ReleaseState
    held_because  TEXT,
    let_go        TEXT,                      -- why it was held when a person let it go on
    settles_at    BIGINT,
    content_hash  {bytes},
    document      TEXT,                      -- JSON of templates::Document; none for baseline items
    categories    TEXT,                      -- JSON array, as the source names them
    drafted_at    BIGINT,                    -- when it went into a newsletter
    revisit_at    BIGINT,                    -- when to look whether the office changed it since
    changed_at    BIGINT,                    -- changed or taken back, and its newsletters do not know yet
    notice        TEXT,                      -- what staff are still to be told of it by mail
    told_at       BIGINT                     -- when they were last told something
);
CREATE UNIQUE INDEX release_identity ON release (coalesce(source_id, 0), identity);
CREATE INDEX release_settling ON release (settles_at) WHERE state = 'settling';
-- What the filter left out, until the second look at it.
CREATE INDEX release_filtered ON release (settles_at) WHERE state = 'filtered' AND settles_at IS NOT NULL;
CREATE INDEX release_awaiting_draft ON release (id)
    WHERE state IN ('settling', 'settled', 'held') AND drafted_at IS NULL;
CREATE INDEX release_title ON release (title_key, first_seen_at);
CREATE INDEX release_revisit ON release (revisit_at) WHERE revisit_at IS NOT NULL;
CREATE INDEX release_changed ON release (id) WHERE changed_at IS NOT NULL;
CREATE INDEX release_notice ON release (id) WHERE notice IS NOT NULL;
CREATE INDEX release_told ON release (told_at) WHERE told_at IS NOT NULL;

CREATE TABLE release_revision (
    release_id   BIGINT  NOT NULL REFERENCES release (id),
    number       INTEGER NOT NULL,
    at           BIGINT  NOT NULL,
    title        TEXT    NOT NULL,
    content_hash {bytes} NOT NULL,
    document     TEXT    NOT NULL,
    PRIMARY KEY (release_id, number)
);

-- ── newsletters ─────────────────────────────────────────────────────────────────────────────
CREATE TABLE newsletter (
    id              {id},
    topic_id        BIGINT   NOT NULL REFERENCES topic (id),
    release_id      BIGINT   REFERENCES release (id),
    subject         TEXT     NOT NULL,
    slug            TEXT     NOT NULL UNIQUE, -- in /archive
    language        TEXT     NOT NULL,
    document        TEXT     NOT NULL,       -- JSON of templates::Document
    state           SMALLINT NOT NULL,       -- newsletters::NewsletterState
    automatic       BOOLEAN  NOT NULL,       -- no human approved the text (RFC 3834)
    created_at      BIGINT   NOT NULL,
    approved_at     BIGINT,
    approved_by     TEXT,
    by_itself       TEXT,                    -- a draft that is approved when its release is final: on whose word
    scheduled_at    BIGINT,                  -- none: as soon as approved
    started_at      BIGINT,
    enqueued_to     BIGINT   NOT NULL,       -- subscriber ids up to here are in the queue
    enqueued_at     BIGINT,                  -- when the whole audience was in the queue
    total           BIGINT   NOT NULL,       -- deliveries put in the queue so far
    counts          TEXT,                    -- JSON of the final counts, once finished
    finished_at     BIGINT,
    give_up_hours   INTEGER,                 -- its own; none: the office's when it begins
    give_up_at      BIGINT,
    attention       TEXT,                    -- why it stopped, in words for staff
    edition         BIGINT,                  -- the same content for several topics: the first one's id
    corrects        BIGINT REFERENCES newsletter (id), -- only who got that one gets this one
    correction_of   INTEGER,                 -- the release's revision that it brings
    waits           BOOLEAN  NOT NULL DEFAULT FALSE, -- begins only inside the office's sending window
    edited_at       BIGINT,                  -- staff changed subject or text
    checked_at      BIGINT,                  -- when the links of this text were followed
    audience        SMALLINT NOT NULL DEFAULT 0, -- newsletters::Audience; never changes
    news_release    BOOLEAN  NOT NULL DEFAULT TRUE, -- press list: a news release to the media
    unsolicited     BIGINT,                  -- press list: how many of those queued count as such
    blackout_to     TEXT,                    -- somebody took note of the blackout up to this day (C4)
    proof           TEXT                     -- JSON of newsletters::Proof: whom it was queued for, and why
);
CREATE INDEX newsletter_active ON newsletter (state) WHERE state IN (1, 2, 3);
CREATE INDEX newsletter_unchecked ON newsletter (id) WHERE state IN (0, 1) AND checked_at IS NULL;
CREATE INDEX newsletter_by_itself ON newsletter (id) WHERE by_itself IS NOT NULL;
CREATE INDEX newsletter_of_release ON newsletter (release_id);
CREATE INDEX newsletter_of_edition ON newsletter (edition) WHERE edition IS NOT NULL;
-- A change is corrected once, whoever presses the button how often.
CREATE UNIQUE INDEX newsletter_correction ON newsletter (corrects, release_id, correction_of)
    WHERE corrects IS NOT NULL AND state <> 5;
CREATE INDEX newsletter_to_press ON newsletter (started_at) WHERE audience = 1;
CREATE INDEX newsletter_unproved ON newsletter (id) WHERE enqueued_at IS NOT NULL AND proof IS NULL;

-- What a newsletter was made from: one release, or the several of a digest.
CREATE TABLE newsletter_release (
    newsletter_id BIGINT  NOT NULL REFERENCES newsletter (id),
    release_id    BIGINT  NOT NULL REFERENCES release (id),
    position      INTEGER NOT NULL,
    revision      INTEGER NOT NULL,          -- which text of the release it says
    PRIMARY KEY (newsletter_id, release_id)
);
CREATE INDEX newsletter_release_of ON newsletter_release (release_id);

-- What a draft said before staff changed it.
CREATE TABLE newsletter_revision (
    newsletter_id BIGINT  NOT NULL REFERENCES newsletter (id),
    number        INTEGER NOT NULL,
    at            BIGINT  NOT NULL,          -- when it was replaced
    replaced_by   TEXT    NOT NULL,          -- by whom
    subject       TEXT    NOT NULL,
    document      TEXT    NOT NULL,
    PRIMARY KEY (newsletter_id, number)
);

-- What the links and pictures of drafts answered, so that nobody asks a site twice for one answer.
CREATE TABLE link_answer (
    url_hash {bytes}  PRIMARY KEY,
    at       BIGINT   NOT NULL,
    status   SMALLINT NOT NULL,              -- HTTP status, 0 where there was no answer
    words    TEXT     NOT NULL,              -- why there was none
    width    INTEGER,                        -- of a picture, in pixels
    height   INTEGER
);
CREATE INDEX link_answer_by_time ON link_answer (at);

-- ── delivery ────────────────────────────────────────────────────────────────────────────────
-- The key makes it impossible to queue anyone twice. `at` means: due (queued, deferred), claimed,
-- or settled (accepted, failed, withdrawn) since; one column, so that a row stays small.
CREATE TABLE delivery (
    newsletter_id BIGINT   NOT NULL,
    subscriber_id BIGINT   NOT NULL,         -- or press_contact.id, from 2^39 on
    state         SMALLINT NOT NULL,         -- delivery::DeliveryState
    attempts      SMALLINT NOT NULL,
    at            BIGINT   NOT NULL,
    worker        BIGINT,                    -- who holds the claim
    relay         SMALLINT,                  -- which accepted it; below 0: never claimed yet
    tls           SMALLINT,                  -- how the last attempt went (delivery::smtp::Tls); below 0: none yet
    PRIMARY KEY (newsletter_id, subscriber_id)
) {clustered};
-- What can be claimed: queued (0) in the order of subscribers, deferred (2) when due.
CREATE INDEX delivery_queued ON delivery (newsletter_id, subscriber_id) WHERE state = 0;
CREATE INDEX delivery_deferred ON delivery (newsletter_id, at) WHERE state = 2;
-- What a worker holds (1), for taking over from the dead.
CREATE INDEX delivery_claimed ON delivery (newsletter_id, worker) WHERE state = 1;
-- What did not arrive: failed (4) and withdrawn (5), for the counts and the list of failures.
CREATE INDEX delivery_exception ON delivery (newsletter_id, state) WHERE state IN (4, 5);

-- What a relay said when it did not accept: the last words per delivery.
CREATE TABLE delivery_reply (
    newsletter_id BIGINT   NOT NULL,
    subscriber_id BIGINT   NOT NULL,
    at            BIGINT   NOT NULL,
    outcome       SMALLINT NOT NULL,         -- delivery::Outcome
    code          SMALLINT NOT NULL,         -- SMTP reply code, 0 where the connection broke
    words         TEXT     NOT NULL,
    PRIMARY KEY (newsletter_id, subscriber_id)
) {clustered};
-- Of an address, what was refused for good: for subscribers::bouncing.
CREATE INDEX delivery_reply_refused ON delivery_reply (subscriber_id) WHERE outcome = 4 AND code >= 500;

-- Mail to one person that is not a newsletter: confirmation, invitation, test. No token is stored:
-- the content has a slot that is filled from the secret key when the message is sent.
CREATE TABLE one_off (
    id          {id},
    kind        TEXT     NOT NULL,           -- delivery::OneOffKind
    recipient   TEXT     NOT NULL,
    content     TEXT     NOT NULL,           -- JSON of delivery::OneOffContent
    token_label TEXT,                        -- what the token is derived from
    message_id  TEXT     NOT NULL,
    created_at  BIGINT   NOT NULL,
    state       SMALLINT NOT NULL,           -- delivery::DeliveryState
    attempts    SMALLINT NOT NULL,
    at          BIGINT   NOT NULL,
    worker      BIGINT,
    relay       SMALLINT,
    tls         SMALLINT,                    -- delivery::smtp::Tls
    code        SMALLINT,
    words       TEXT
);
CREATE INDEX one_off_due ON one_off (at) WHERE state IN (0, 2);
CREATE INDEX one_off_held ON one_off (worker) WHERE state = 1;

CREATE TABLE relay (
    id            SMALLINT PRIMARY KEY,
    address       TEXT   NOT NULL UNIQUE,
    -- What has been taken of its limits, by all workers together (delivery::rate_limit).
    first_used_at BIGINT,
    next_at       BIGINT NOT NULL DEFAULT 0, -- when the rate lets the next message go
    hour          BIGINT NOT NULL DEFAULT 0, -- hours since 1970, and messages in it
    hour_taken    BIGINT NOT NULL DEFAULT 0,
    day           BIGINT NOT NULL DEFAULT 0,
    day_taken     BIGINT NOT NULL DEFAULT 0
);

-- Mailbox providers that asked us to slow down, so that a restart does not forget it.
CREATE TABLE destination (
    provider   TEXT    PRIMARY KEY,          -- the domain of its MX hosts; a reader's, where the DNS is silent
    wait_until BIGINT  NOT NULL,
    refusals   INTEGER NOT NULL,             -- in a row
    words      TEXT    NOT NULL,             -- what it said
    at_a_time  INTEGER NOT NULL DEFAULT 1    -- how many messages from all workers together, after the wait
);

CREATE TABLE worker (
    id         {id},
    started_at BIGINT NOT NULL,
    lease_ends BIGINT NOT NULL,
    process    TEXT   NOT NULL
);

CREATE TABLE lease (
    name       TEXT PRIMARY KEY,
    holder     TEXT   NOT NULL,
    lease_ends BIGINT NOT NULL
);

-- The built-in mailbox: where mail goes while no relay is set.
CREATE TABLE mailbox (
    id          {id},
    received_at BIGINT  NOT NULL,
    envelope_from TEXT  NOT NULL,
    recipient   TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    message     {bytes} NOT NULL
);

-- ── staff ───────────────────────────────────────────────────────────────────────────────────
CREATE TABLE staff (
    id            {id},
    email         TEXT   NOT NULL,
    email_key     TEXT   NOT NULL UNIQUE,
    role          TEXT   NOT NULL,           -- staff::Role
    password_hash TEXT,                      -- none until the invitation is used
    created_at    BIGINT NOT NULL,
    disabled_at   BIGINT
);

CREATE TABLE staff_invitation (
    token_hash {bytes} PRIMARY KEY,
    staff_id   BIGINT  REFERENCES staff (id), -- none: the very first account
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    used_at    BIGINT
);

CREATE TABLE session (
    id         TEXT PRIMARY KEY,             -- hash of what the cookie carries
    content    TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE audit (
    id      {id},
    at      BIGINT NOT NULL,
    who     TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    object  TEXT   NOT NULL,
    details TEXT   NOT NULL
);

INSERT INTO topic (slug, name, description, position)
VALUES ('press', 'Press releases', 'Every press release, as it is published.', 1);
