Live cards of customers.

-- columns: card
customer_id, account, external_id, shown, changes, sent_at

-- name: card_any
SELECT 1 FROM card_account WHERE enabled = 1 LIMIT 1

-- name: card_enabled
SELECT enabled FROM card_account WHERE channel = $1 AND account = $2

-- name: card_enable
INSERT INTO card_account (channel, account, enabled) VALUES ($1, $2, $3)
ON CONFLICT (channel, account) DO UPDATE SET enabled = excluded.enabled

-- A customer who writes to another account gets a card there.
-- name: card_touch
INSERT INTO card (customer_id, account, changes) VALUES ($1, $2, 1)
ON CONFLICT (customer_id) DO UPDATE SET changes = card.changes + 1,
  external_id = CASE WHEN card.account = excluded.account THEN card.external_id END,
  shown = CASE WHEN card.account = excluded.account THEN card.shown END,
  sent_at = CASE WHEN card.account = excluded.account THEN card.sent_at ELSE 0 END,
  account = excluded.account
RETURNING sent_at

-- name: card_get
SELECT @card@ FROM card WHERE customer_id = $1

-- Only of the account that sent it: the customer may have written to another since, which shows a card of its own.
-- name: card_sent
UPDATE card SET external_id = $2, shown = $3, sent_at = $4 WHERE customer_id = $1 AND account = $5 RETURNING changes

-- name: card_lost
UPDATE card SET external_id = NULL, shown = NULL WHERE customer_id = $1 AND account = $2

-- All who wait, at most $1. "spam_at IS NULL" would make PostgreSQL, while it has no statistics of the column, expect next to no rows.
-- name: card_places
SELECT id, waiting_since FROM conversation WHERE status = 'waiting' AND coalesce(spam_at, 0) < 1 ORDER BY updated_at, id LIMIT $1
