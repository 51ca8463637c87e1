-- How a bot meets new customers, and what it tells those whom an operator has blocked. The texts: NULL: the default, or none.
ALTER TABLE account ADD COLUMN first_contact TEXT NOT NULL DEFAULT 'none'; -- none, button, sum
ALTER TABLE account ADD COLUMN check_text TEXT;
ALTER TABLE account ADD COLUMN check_text_ru TEXT;
ALTER TABLE account ADD COLUMN block_text TEXT;
ALTER TABLE account ADD COLUMN block_text_ru TEXT;
-- Since when and by whom a customer is blocked; blocked_at, in contrast, is the customer's doing. ban_told: they have had the text.
ALTER TABLE customer ADD COLUMN banned_at BIGINT;
ALTER TABLE customer ADD COLUMN banned_by BIGINT;
ALTER TABLE customer ADD COLUMN ban_told INTEGER NOT NULL DEFAULT 0;
-- Why a conversation is spam; NULL: it is none. Until now: its customer wrote too fast, or an operator marked it.
ALTER TABLE conversation ADD COLUMN spam_reason TEXT;
UPDATE conversation SET spam_reason = CASE WHEN (
  SELECT m.operator_id FROM message AS m WHERE m.conversation_id = conversation.id AND m.action = 'spam' ORDER BY m.id DESC LIMIT 1
) IS NULL THEN 'flood' ELSE 'marked' END WHERE spam_at IS NOT NULL;
-- What a new customer was asked last, and how they have answered.
CREATE TABLE contact_check (
  conversation_id BIGINT PRIMARY KEY,
  round BIGINT NOT NULL,  -- counts the questions; a button of an earlier one is out of date
  answer BIGINT NOT NULL, -- 0: any press passes
  wrong BIGINT NOT NULL,  -- wrong answers in a row
  asked_at BIGINT NOT NULL,
  wait_until BIGINT       -- no question before; NULL: they may answer
);
