DROP TABLE funnel_counts;
DROP INDEX outbox_erased;
ALTER TABLE outbox DROP COLUMN erased_at;
