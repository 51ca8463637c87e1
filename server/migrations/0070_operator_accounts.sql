-- Operators' own accounts in channels.
-- The account of the desk with which the person's private chat is, so that the desk can write there; NULL: known from the staff room only.
ALTER TABLE operator_identity ADD COLUMN account TEXT;

-- Accounts that were unlinked: whoever writes from one is still the person whose operator may have been deactivated.
CREATE TABLE operator_former_identity (
  channel TEXT NOT NULL,
  external_id TEXT NOT NULL,
  operator_id BIGINT NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
  removed_at BIGINT NOT NULL,
  PRIMARY KEY (channel, external_id, operator_id)
);
CREATE INDEX operator_former_identity_by_operator ON operator_former_identity (operator_id);

-- What names an operator apart from their own answers, for joining two operators: their lines (take, assign, close), lines about
-- them, and their edits.
CREATE INDEX message_line_by_operator ON message (operator_id) WHERE direction = 'system' AND operator_id IS NOT NULL;
CREATE INDEX message_by_target_operator ON message (target_operator_id) WHERE target_operator_id IS NOT NULL;
CREATE INDEX message_edit_by_operator ON message_edit (operator_id) WHERE operator_id IS NOT NULL;
