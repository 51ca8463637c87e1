-- Until when a snoozed conversation sleeps; NULL: until the customer writes. The job conversation.wake stands at this time.
ALTER TABLE conversation ADD COLUMN snoozed_until BIGINT;
