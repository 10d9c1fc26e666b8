DROP INDEX audit_log_by_action;
DROP INDEX webhook_deliveries_failed;
