-- Enumerated values are checked by tables in code: SQLite cannot change a CHECK, so every new kind would copy its table. What
-- is stored is not touched (SQLite, "Making Other Kinds Of Table Schema Changes"); the table made and dropped behind it renews
-- the schema's mark.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql, ' CHECK (role IN (''admin'', ''senior_operator'', ''operator''))', ''),
                                       ' CHECK (status IN (''online'', ''away'', ''offline''))', '')
WHERE type = 'table' AND name = 'operator';
UPDATE sqlite_schema SET sql = replace(sql, ' CHECK (status IN (''waiting'', ''active'', ''snoozed'', ''closed''))', '')
WHERE type = 'table' AND name = 'conversation';
UPDATE sqlite_schema
SET sql = replace(replace(replace(sql, ' CHECK (direction IN (''in'', ''out'', ''system''))', ''),
                          ' CHECK (delivery IN (''queued'', ''sending'', ''sent'', ''failed'', ''uncertain''))', ''),
                  ' CHECK (origin IN (''staff_group''))', '')
WHERE type = 'table' AND name = 'message';
UPDATE sqlite_schema SET sql = replace(sql, ' CHECK (state IN (''pending'', ''ready'', ''failed''))', '')
WHERE type = 'table' AND name = 'file';
UPDATE sqlite_schema SET sql = replace(sql, ' CHECK (kind IN (''copy'', ''reply''))', '')
WHERE type = 'table' AND name = 'staff_message';
PRAGMA writable_schema = RESET;
CREATE TABLE schema_mark (x BIGINT);
DROP TABLE schema_mark;
