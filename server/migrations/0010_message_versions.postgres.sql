-- A message may become another by an edit (a photo for a text, a document for a photo), so a version keeps all that it
-- was: kind, content, files, what the channel said about a file, and the channel's own JSON. Until now an edit changed
-- words only, so the earlier versions of a message had its kind and its files.
-- Kinds are checked by the table in code.
ALTER TABLE message DROP CONSTRAINT message_kind_check;

ALTER TABLE message_edit ADD COLUMN kind TEXT NOT NULL DEFAULT 'text';
ALTER TABLE message_edit ADD COLUMN content TEXT;
ALTER TABLE message_edit ADD COLUMN media TEXT;
ALTER TABLE message_edit ADD COLUMN raw TEXT;
UPDATE message_edit SET kind = (SELECT m.kind FROM message AS m WHERE m.id = message_edit.message_id),
                        content = (SELECT m.content FROM message AS m WHERE m.id = message_edit.message_id);

CREATE TABLE message_edit_file (
  edit_id BIGINT NOT NULL REFERENCES message_edit (id) ON DELETE CASCADE,
  position BIGINT NOT NULL,
  file_id BIGINT NOT NULL REFERENCES file (id),
  PRIMARY KEY (edit_id, position)
);
CREATE INDEX message_edit_file_by_file ON message_edit_file (file_id);
INSERT INTO message_edit_file (edit_id, position, file_id)
SELECT e.id, mf.position, mf.file_id FROM message_edit AS e JOIN message_file AS mf ON mf.message_id = e.message_id;
