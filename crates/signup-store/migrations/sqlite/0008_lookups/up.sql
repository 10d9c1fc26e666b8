-- What pages of the console and `signupctl` ask for. Additive: nothing but indexes.

-- A webhook's deliveries that were given up, counted and listed.
CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (webhook_id, created_at) WHERE state = 'failed';
-- Audit entries of one action, the newest first.
CREATE INDEX audit_log_by_action ON audit_log (action, sequence);
