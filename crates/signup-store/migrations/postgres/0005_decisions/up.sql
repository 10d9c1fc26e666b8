-- What was decided about each request, for explaining it later. Written after the answer; kept for trace.retention.
-- Identifiers are masked: a***@example.com, +86 158****9011, h***.
CREATE TABLE decisions (
    sequence       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time           BIGINT NOT NULL, -- when the request came
    duration_ms    BIGINT NOT NULL, -- until its answer
    request_id     TEXT COLLATE "C" NOT NULL,
    provider       TEXT COLLATE "C" NOT NULL,
    application_id TEXT COLLATE "C",          -- none when the caller did not prove which
    action         TEXT COLLATE "C" NOT NULL, -- sign_up, send_code
    outcome        TEXT COLLATE "C" NOT NULL, -- created, taken, wrong_code, ...
    reply          TEXT,          -- the provider's words for a refusal
    status         INTEGER,       -- of the answer; none when the client had left
    channel        TEXT COLLATE "C",          -- sms, email
    username       TEXT COLLATE "C",
    phone          TEXT COLLATE "C",
    email          TEXT COLLATE "C",
    subject        TEXT COLLATE "C"           -- public id of the new user, or id of the code's challenge
);
CREATE INDEX decisions_by_time ON decisions (time);
CREATE INDEX decisions_by_request ON decisions (request_id);
CREATE INDEX decisions_by_subject ON decisions (subject) WHERE subject IS NOT NULL;
CREATE INDEX decisions_by_phone ON decisions (phone) WHERE phone IS NOT NULL;
CREATE INDEX decisions_by_email ON decisions (email) WHERE email IS NOT NULL;

-- The user who used a code up.
ALTER TABLE otp_challenges ADD COLUMN consumed_by TEXT COLLATE "C";
CREATE INDEX otp_challenges_by_user ON otp_challenges (consumed_by) WHERE consumed_by IS NOT NULL;
