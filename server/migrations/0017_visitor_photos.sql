-- What visitors who have not signed in have sent on a day, so that nobody fills the disk with photos over days: a row for
-- each, and one for all of them, whose external_id is empty.

CREATE TABLE visitor_photos (
  day BIGINT NOT NULL,                     -- since 1970, UTC
  external_id TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  PRIMARY KEY (day, external_id)
);
