-- Events that an operator sent out again wait since then, not since they happened.
ALTER TABLE outbox ADD COLUMN replayed_at BIGINT;
-- Of one subject only the first event that waits is claimed, so that its events keep their order.
-- No partial index: while most events are published, statistics say that hardly one waits, and a planner would then read
-- all that wait instead of looking one up.
CREATE INDEX outbox_waiting_by_subject ON outbox ((CASE WHEN published_at IS NULL THEN subject END), sequence);
