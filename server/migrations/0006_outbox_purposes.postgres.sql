-- What leaves is an answer, a copy of a message for the staff room, or a notice there, which may be about no message.
ALTER TABLE outbox ADD COLUMN purpose TEXT NOT NULL DEFAULT 'answer' CHECK (purpose IN ('answer', 'copy', 'notice'));
ALTER TABLE outbox ADD COLUMN part BIGINT NOT NULL DEFAULT 0; -- of a copy that takes more than one message
ALTER TABLE outbox ADD COLUMN note TEXT;                      -- of a copy: why it is marked; of a notice: its words
ALTER TABLE outbox ADD COLUMN reply_to TEXT;                  -- the room's message that it answers
ALTER TABLE outbox ALTER COLUMN message_id DROP NOT NULL;
