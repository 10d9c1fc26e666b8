-- Webhooks: events for teams without AMQP, called by HTTP (Standard Webhooks 1.0). Additive: the version before does
-- not look at these tables. Times are milliseconds since the Unix epoch, UTC.

CREATE TABLE webhooks (
    id              TEXT PRIMARY KEY,
    url             TEXT NOT NULL,
    event_types     TEXT,          -- CloudEvents types, separated by spaces; none: every type that goes to webhooks
    provider        TEXT,        -- none: all providers
    application_id  TEXT,        -- none: all applications
    state           TEXT NOT NULL, -- active, paused, disabled
    state_since     BIGINT NOT NULL,
    disabled_reason TEXT,
    secret          TEXT NOT NULL, -- sealed, as credentials are
    previous_secret TEXT,          -- sealed; signs beside the present one until its end
    previous_until  BIGINT,
    contact         TEXT,          -- e-mail address of who is told when it is switched off
    notice_at       BIGINT,        -- the contact is to be told from then on; none: nothing to tell
    created_at      BIGINT NOT NULL,
    failing_since   BIGINT,        -- every attempt since then failed
    held_until      BIGINT         -- the endpoint asked to be left alone (Retry-After)
);

-- One row for each event that a webhook gets. The event itself stays in the outbox: there is no second copy of it.
CREATE TABLE webhook_deliveries (
    webhook_id       TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event_id         TEXT NOT NULL,
    state            TEXT NOT NULL, -- pending, delivered, failed
    attempts         INTEGER NOT NULL,
    next_attempt_at  BIGINT NOT NULL, -- not claimed before; while it is being delivered, the end of the lease
    leased_by        TEXT,
    last_status      INTEGER,         -- HTTP status of the last answer
    last_problem     TEXT,
    created_at       BIGINT NOT NULL,
    first_attempt_at BIGINT,
    last_attempt_at  BIGINT,
    finished_at      BIGINT,
    PRIMARY KEY (webhook_id, event_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (webhook_id, created_at);
CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (finished_at) WHERE finished_at IS NOT NULL;
