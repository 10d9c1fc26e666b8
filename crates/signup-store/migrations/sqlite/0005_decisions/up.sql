-- What was decided about each request, for explaining it later. Written after the answer; kept for trace.retention.
-- Identifiers are masked: a***@example.com, +86 158****9011, h***.
CREATE TABLE decisions (
    sequence       INTEGER PRIMARY KEY AUTOINCREMENT,
    time           BIGINT NOT NULL, -- when the request came
    duration_ms    BIGINT NOT NULL, -- until its answer
    request_id     TEXT NOT NULL,
    provider       TEXT NOT NULL,
    application_id TEXT,          -- none when the caller did not prove which
    action         TEXT NOT NULL, -- sign_up, send_code
    outcome        TEXT NOT NULL, -- created, taken, wrong_code, ...
    reply          TEXT,          -- the provider's words for a refusal
    status         INTEGER,       -- of the answer; none when the client had left
    channel        TEXT,          -- sms, email
    username       TEXT,
    phone          TEXT,
    email          TEXT,
    subject        TEXT           -- public id of the new user, or id of the code's challenge
);
CREATE INDEX decisions_by_time ON decisions (time);
CREATE INDEX decisions_by_request ON decisions (request_id);
CREATE INDEX decisions_by_subject ON decisions (subject) WHERE subject IS NOT NULL;
CREATE INDEX decisions_by_phone ON decisions (phone) WHERE phone IS NOT NULL;
CREATE INDEX decisions_by_email ON decisions (email) WHERE email IS NOT NULL;

-- The user who used a code up.
ALTER TABLE otp_challenges ADD COLUMN consumed_by TEXT;
CREATE INDEX otp_challenges_by_user ON otp_challenges (consumed_by) WHERE consumed_by IS NOT NULL;
