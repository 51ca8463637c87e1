-- Fills a migrated SQLite database with made-up customers, conversations and messages, for the benchmarks.
-- The sqlite3 program runs it with .parameter set :conversations and :messages (messages of one conversation).
PRAGMA synchronous = OFF;
PRAGMA journal_mode = WAL;
PRAGMA cache_size = -400000;
BEGIN;
CREATE TEMP TABLE first_names (n INTEGER PRIMARY KEY, name TEXT);
INSERT INTO first_names (name) VALUES ('Anna'), ('Boris'), ('Carla'), ('Dmitri'), ('Elena'), ('Farid'), ('Greta'),
  ('Hugo'), ('Irina'), ('Jonas'), ('Katya'), ('Lars'), ('Maria'), ('Nikolai'), ('Olga'), ('Pavel'), ('Quentin'),
  ('Rosa'), ('Sergei'), ('Tanja'), ('Ulrich'), ('Vera'), ('Walter'), ('Xenia'), ('Yusuf'), ('Zoya');
CREATE TEMP TABLE last_names (n INTEGER PRIMARY KEY, name TEXT);
INSERT INTO last_names (name) VALUES ('Arendt'), ('Belov'), ('Castro'), ('Dorn'), ('Egorova'), ('Fischer'), ('Gomez'),
  ('Hartmann'), ('Ivanova'), ('Jansen'), ('Kuznetsov'), ('Lindqvist'), ('Moreau'), ('Novak'), ('Orlova'), ('Petrov'),
  ('Quist'), ('Romero'), ('Sokolov'), ('Tanaka'), ('Ueda'), ('Volkova'), ('Weber'), ('Xu'), ('Yilmaz'), ('Zhukov');
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :conversations)
INSERT INTO customer (id, channel, account, external_id, name, username, language, created_at, updated_at)
SELECT i, 'telegram', '123456', 5000000000 + i,
  (SELECT name FROM first_names WHERE n = 1 + (i * 7919) % 26) || ' ' || (SELECT name FROM last_names WHERE n = 1 + (i * 104729 / 26) % 26),
  'user' || i, 'en', 1780000000000 + i, 1780000000000 + i FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :conversations)
INSERT INTO conversation (id, customer_id, status, assignee_id, last_message_id, inbound_count, created_at, updated_at, closed_at)
SELECT i, i, CASE WHEN i % 100 < 3 THEN 'waiting' WHEN i % 100 < 8 THEN 'active' ELSE 'closed' END,
  CASE WHEN i % 100 BETWEEN 3 AND 7 THEN 1 END, (i - 1) * :messages + :messages, (:messages + 1) / 2,
  1780000000000 + i, 1780000000000 + (i * 7919) % 10000000000,
  CASE WHEN i % 100 >= 8 THEN 1780000000000 + i END FROM n;
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :conversations * :messages - 1)
INSERT INTO message (id, conversation_id, direction, kind, operator_id, text, external_id, delivery, created_at)
SELECT i + 1, i / :messages + 1, CASE WHEN i % 2 THEN 'out' ELSE 'in' END, 'text', CASE WHEN i % 2 THEN 1 END,
  'Message ' || i || ' of a long conversation about an order that has not come yet.', i % :messages + 1,
  CASE WHEN i % 2 THEN 'sent' END, 1780000000000 + i FROM n;
COMMIT;
ANALYZE;
PRAGMA wal_checkpoint(TRUNCATE);
