DROP INDEX otp_challenges_by_user;
ALTER TABLE otp_challenges DROP COLUMN consumed_by;
DROP TABLE decisions;
