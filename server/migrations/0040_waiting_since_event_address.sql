-- Since when a customer waits for an answer: the time of their first message that no operator has answered and that came after the
-- conversation was last closed; NULL: they do not wait. Automatic answers (the greeting) do not count.
ALTER TABLE conversation ADD COLUMN waiting_since BIGINT;
UPDATE conversation SET waiting_since =
  (SELECT min(m.created_at) FROM message AS m
    WHERE m.conversation_id = conversation.id AND m.direction = 'in' AND m.id > coalesce(
      (SELECT max(o.id) FROM message AS o WHERE o.conversation_id = conversation.id AND
        ((o.direction = 'out' AND o.operator_id IS NOT NULL) OR o.action = 'closed')), 0))
WHERE status <> 'closed' AND inbound_count > 0;

-- An event's row says where its customer is, so that a channel finds whom the event concerns without reading its JSON: the account of
-- the desk in the channel, and the customer's id there. Rows of before have neither; they are replayed only to panels.
ALTER TABLE event ADD COLUMN account TEXT;
ALTER TABLE event ADD COLUMN external_id TEXT;
