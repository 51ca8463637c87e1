-- Since when a conversation is spam (its customer wrote too fast, or an operator marked it); NULL: it is none. The usual lists leave
-- spam out, and the list of spam reads this index, status by status.
ALTER TABLE conversation ADD COLUMN spam_at BIGINT;
CREATE INDEX conversation_by_spam ON conversation (status, updated_at, id) WHERE spam_at IS NOT NULL;
