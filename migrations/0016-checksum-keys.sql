-- New keys carry a checksum that only the installation can compute. The name of the checksum key that an API key depends
-- on (eight hexadecimal digits of its SHA-256) says which API keys have to be replaced before that checksum key is given up.
-- Null: a key of the first form, which depends on none.
alter table api_key add column checksum_key text check (checksum_key ~ '^[0-9a-f]{8}$');
