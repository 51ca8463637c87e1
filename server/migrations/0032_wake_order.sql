-- The list of the snoozed, the soonest to wake first (conversation_walk.h: CONVERSATION_KEY_OF_WAKE, CONVERSATION_SLEEPS).
CREATE INDEX conversation_by_wake ON conversation (status, (-coalesce(snoozed_until, 9007199254740991)), id)
WHERE status = 'snoozed' AND inbound_count > 0;
