-- Times are milliseconds since the Unix epoch, UTC. Ids are UUIDs in text form.

-- What operators declare ------------------------------------------------------------------------------------------

CREATE TABLE directories (
    provider   TEXT NOT NULL,
    id         TEXT NOT NULL,
    settings   TEXT NOT NULL, -- JSON, the provider's own
    PRIMARY KEY (provider, id)
);

CREATE TABLE applications (
    provider     TEXT NOT NULL,
    id           TEXT NOT NULL,
    directory_id TEXT NOT NULL,
    name         TEXT NOT NULL,
    enabled      BOOLEAN NOT NULL,
    rules        TEXT NOT NULL, -- JSON, the same for every provider
    settings     TEXT NOT NULL, -- JSON, the provider's own
    PRIMARY KEY (provider, id),
    FOREIGN KEY (provider, directory_id) REFERENCES directories (provider, id)
);

CREATE TABLE credentials (
    provider       TEXT NOT NULL,
    kind           TEXT NOT NULL,
    id             TEXT NOT NULL,
    application_id TEXT,          -- none: for all applications of the provider
    secret_hash    TEXT,          -- SHA-256 in hex, for secrets that are only compared
    sealed         TEXT,          -- encrypted with a key from the environment, for secrets that are used again
    public_pem     TEXT,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT,
    PRIMARY KEY (provider, kind, id),
    FOREIGN KEY (provider, application_id) REFERENCES applications (provider, id)
);

-- One row. Running services watch it to see that something above has changed.
CREATE TABLE declaration_revision (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
);
INSERT INTO declaration_revision (id, revision) VALUES (1, 0);

-- Users -----------------------------------------------------------------------------------------------------------

CREATE TABLE users (
    id             TEXT PRIMARY KEY,
    provider       TEXT NOT NULL,
    public_id      TEXT NOT NULL,
    directory_id   TEXT NOT NULL,
    application_id TEXT NOT NULL,
    password_hash  TEXT,
    profile        TEXT NOT NULL, -- JSON
    request_id     TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    UNIQUE (provider, public_id)
);

-- The primary key is what makes an identifier unique within its directory.
CREATE TABLE identifiers (
    provider     TEXT NOT NULL,
    directory_id TEXT NOT NULL,
    kind         TEXT NOT NULL, -- username, phone, email
    key          TEXT NOT NULL, -- normalised
    display      TEXT NOT NULL, -- as typed
    verified     BOOLEAN NOT NULL,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (provider, directory_id, kind, key)
);
CREATE INDEX identifiers_by_user ON identifiers (user_id);

-- One-time codes: the challenge only, the code is derived from it ---------------------------------------------------

CREATE TABLE otp_challenges (
    id             TEXT PRIMARY KEY,
    provider       TEXT NOT NULL,
    application_id TEXT NOT NULL,
    purpose        TEXT NOT NULL,
    channel        TEXT NOT NULL, -- sms, email
    address        TEXT NOT NULL, -- normalised
    key_id         TEXT NOT NULL,
    digits         INTEGER NOT NULL,
    state          TEXT NOT NULL, -- live, consumed, replaced
    wrong_tries    INTEGER NOT NULL,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL
);
-- At most one code is live for an address and purpose: the newest.
CREATE UNIQUE INDEX otp_challenges_live ON otp_challenges (provider, application_id, purpose, channel, address)
    WHERE state = 'live';
CREATE INDEX otp_challenges_by_end ON otp_challenges (expires_at);

-- Windows in which something is counted (see limits).
CREATE TABLE usage_windows (
    key       TEXT PRIMARY KEY,
    opened_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    used      BIGINT NOT NULL
);
CREATE INDEX usage_windows_by_end ON usage_windows (closes_at);

-- Events and what became of them ------------------------------------------------------------------------------------

CREATE TABLE outbox (
    sequence     INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    event_type   TEXT NOT NULL,
    subject      TEXT NOT NULL,
    routing_key  TEXT NOT NULL,
    envelope     TEXT NOT NULL, -- CloudEvents JSON, published as it stands
    time         BIGINT NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    available_at BIGINT NOT NULL, -- not claimed before
    leased_by    TEXT,
    published_at BIGINT,
    last_error   TEXT
);
CREATE INDEX outbox_waiting ON outbox (sequence) WHERE published_at IS NULL;
-- Codes are looked for by themselves, past whatever else waits.
CREATE INDEX outbox_codes ON outbox (sequence)
    WHERE published_at IS NULL AND event_type = 'signup.otp.requested.v1';
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE deliveries (
    event_id    TEXT PRIMARY KEY,
    state       TEXT NOT NULL, -- started, delivered, failed, dropped, unknown
    attempts    INTEGER NOT NULL,
    sender      TEXT,          -- who took the message
    detail      TEXT,
    started_at  BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX deliveries_by_start ON deliveries (started_at);

-- Replies kept for repeated requests --------------------------------------------------------------------------------

CREATE TABLE idempotency_keys (
    provider       TEXT NOT NULL,
    application_id TEXT NOT NULL,
    key            TEXT NOT NULL,
    fingerprint    TEXT NOT NULL, -- SHA-256 of the request, hex
    token          TEXT NOT NULL, -- of the claim that may answer
    reply          TEXT,          -- JSON; none while in progress
    leased_until   BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    PRIMARY KEY (provider, application_id, key)
);
CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);
