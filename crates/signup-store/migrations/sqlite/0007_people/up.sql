-- Erasing users, and the sign-up funnel. Additive: the version before neither reads nor writes what is new here.
-- Times are milliseconds since the Unix epoch, UTC.

-- The person whom the event is about was erased at this time. An event that waits is still published, in its order, and
-- then removed; it is never sent out again.
ALTER TABLE outbox ADD COLUMN erased_at BIGINT;
CREATE INDEX outbox_erased ON outbox (erased_at) WHERE erased_at IS NOT NULL;

-- How many people came how far, added up over ten minutes. No personal data.
CREATE TABLE funnel_counts (
    start          BIGINT NOT NULL, -- of the ten minutes
    provider       TEXT NOT NULL,
    application_id TEXT NOT NULL,
    channel        TEXT NOT NULL, -- of the code: sms, email; empty for a sign-up without one
    country        TEXT NOT NULL, -- calling code of the phone number; empty for e-mail
    requested      BIGINT NOT NULL, -- codes asked for
    sent           BIGINT NOT NULL, -- codes that a provider took
    verified       BIGINT NOT NULL, -- codes entered right
    created        BIGINT NOT NULL, -- users
    PRIMARY KEY (start, provider, application_id, channel, country)
);
