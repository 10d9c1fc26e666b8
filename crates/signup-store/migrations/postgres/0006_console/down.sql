DROP TABLE declaration_changes;
DROP TABLE audit_log;
DROP TABLE operator_sessions;
DROP TABLE operators;
