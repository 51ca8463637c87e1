-- Placeholders of contents that an earlier version could not read; a later one reads them again.
CREATE INDEX message_unsupported ON message (id) WHERE kind = 'unsupported';
