-- Why a conversation was spam before an operator blocked its customer, which it is again once they are unblocked; NULL: it was none.
ALTER TABLE conversation ADD COLUMN spam_before_block TEXT;
