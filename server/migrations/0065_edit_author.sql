-- Which operator replaced this version; NULL: the customer, or not known.
ALTER TABLE message_edit ADD COLUMN operator_id BIGINT REFERENCES operator (id);
