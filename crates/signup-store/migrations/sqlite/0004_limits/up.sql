-- What limits have refused, or, while they are observed only, would have refused.
CREATE TABLE limit_hits (
    hour           BIGINT NOT NULL, -- its beginning
    provider       TEXT NOT NULL,
    application_id TEXT NOT NULL,
    scope          TEXT NOT NULL, -- address_interval, address_day, client, application, country
    channel        TEXT NOT NULL, -- sms, email
    country        TEXT NOT NULL, -- calling code or *, for the scope country; empty for the others
    mode           TEXT NOT NULL, -- enforce: refused; observe: let through
    hits           BIGINT NOT NULL,
    PRIMARY KEY (hour, provider, application_id, scope, channel, country, mode)
);
