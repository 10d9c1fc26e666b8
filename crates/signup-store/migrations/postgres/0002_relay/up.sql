-- Events that an operator sent out again wait since then, not since they happened.
ALTER TABLE outbox ADD COLUMN replayed_at BIGINT;
-- Of one subject only the first event that waits is claimed, so that its events keep their order.
CREATE INDEX outbox_waiting_by_subject ON outbox (subject, sequence) WHERE published_at IS NULL;
