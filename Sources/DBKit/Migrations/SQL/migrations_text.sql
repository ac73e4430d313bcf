-- What a checksum of the history stands for.
-- $1 the checksum.
-- Minimum version: 14.
SELECT encode(content, 'hex') AS content, statements, down FROM dbctl.migration_texts WHERE checksum = $1
