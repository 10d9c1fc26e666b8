-- Who may use the console. The hash is bcrypt's.
CREATE TABLE operators (
    name                TEXT PRIMARY KEY,
    password_hash       TEXT NOT NULL,
    role                TEXT NOT NULL, -- read, support, admin
    disabled            BOOLEAN NOT NULL,
    created_at          BIGINT NOT NULL,
    password_changed_at BIGINT NOT NULL
);

-- Who is signed in. The token itself is with the browser only.
CREATE TABLE operator_sessions (
    token_hash TEXT PRIMARY KEY, -- SHA-256, hex
    operator   TEXT NOT NULL REFERENCES operators (name) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL
);
CREATE INDEX operator_sessions_by_operator ON operator_sessions (operator);
CREATE INDEX operator_sessions_by_end ON operator_sessions (ends_at);

-- What operators did. Never a secret, never a whole address.
CREATE TABLE audit_log (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    time       BIGINT NOT NULL,
    origin     TEXT NOT NULL, -- console, signupctl
    operator   TEXT NOT NULL, -- the name that was given, proven or not
    action     TEXT NOT NULL, -- sign_in, sign_in_refused, application_changed, ...
    object     TEXT,                      -- what it was done to
    details    TEXT NOT NULL,             -- JSON
    request_id TEXT,
    client     TEXT           -- the network that the request came from
);
CREATE INDEX audit_log_by_time ON audit_log (time);
CREATE INDEX audit_log_by_operator ON audit_log (operator, sequence);

-- How directories, applications and credentials came to be what they are.
CREATE TABLE declaration_changes (
    sequence     INTEGER PRIMARY KEY AUTOINCREMENT,
    time         BIGINT NOT NULL,
    origin       TEXT NOT NULL, -- console, signupctl
    author       TEXT NOT NULL,
    request_id   TEXT,
    provider     TEXT NOT NULL,
    what         TEXT NOT NULL, -- directory, application, credential
    id           TEXT NOT NULL, -- of credentials kind/id
    directory_id   TEXT,        -- of directories and applications
    application_id TEXT,        -- of applications, and of credentials that belong to one
    before       TEXT,                      -- JSON; none when it is new
    after        TEXT                       -- JSON
);
CREATE INDEX declaration_changes_by_application ON declaration_changes (provider, application_id, sequence);
CREATE INDEX declaration_changes_by_directory ON declaration_changes (provider, directory_id, sequence);
