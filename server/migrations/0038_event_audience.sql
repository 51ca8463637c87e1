-- An event can be for several operators: audience 'operators', with their ids as a JSON list.
ALTER TABLE event ADD COLUMN audience_ids TEXT;
