-- For each new customer: whether they are known to an account that theirs replaces.
CREATE INDEX account_by_successor ON account (successor_id) WHERE successor_id IS NOT NULL;
