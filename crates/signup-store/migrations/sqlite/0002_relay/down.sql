DROP INDEX outbox_waiting_by_subject;
ALTER TABLE outbox DROP COLUMN replayed_at;
