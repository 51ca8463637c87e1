-- A blurred picture of a few hundred bytes, in base64, which is shown while the picture itself loads.
ALTER TABLE file ADD COLUMN preview TEXT;
