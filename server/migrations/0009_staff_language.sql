-- What is spoken in a staff room. Who writes there under a group's or a channel's name has no language of their own, and a
-- notice to them is written in the one that was last heard.

ALTER TABLE staff_candidate ADD COLUMN language TEXT;
