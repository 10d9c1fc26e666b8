-- What limits have refused, or, while they are observed only, would have refused.
CREATE TABLE limit_hits (
    hour           BIGINT NOT NULL, -- its beginning
    provider       TEXT COLLATE "C" NOT NULL,
    application_id TEXT COLLATE "C" NOT NULL,
    scope          TEXT COLLATE "C" NOT NULL, -- address_interval, address_day, client, application, country
    channel        TEXT COLLATE "C" NOT NULL, -- sms, email
    country        TEXT COLLATE "C" NOT NULL, -- calling code or *, for the scope country; empty for the others
    mode           TEXT COLLATE "C" NOT NULL, -- enforce: refused; observe: let through
    hits           BIGINT NOT NULL,
    PRIMARY KEY (hour, provider, application_id, scope, channel, country, mode)
);
