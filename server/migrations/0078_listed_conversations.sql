-- A bot with a first contact collects spam: whoever never passes it stays, in the status "waiting". The usual lists and counts leave
-- spam out, so they read indexes that hold none of it. The predicate is NO_SPAM of desk/conversation/conversation_walk.c, word for word.
CREATE INDEX conversation_listed_by_time ON conversation (updated_at, id) WHERE coalesce(spam_at, 0) < 1;
CREATE INDEX conversation_listed_by_status ON conversation (status, updated_at, id) WHERE coalesce(spam_at, 0) < 1;
CREATE INDEX conversation_listed_by_assignee ON conversation (assignee_id, status, updated_at, id) WHERE coalesce(spam_at, 0) < 1;
