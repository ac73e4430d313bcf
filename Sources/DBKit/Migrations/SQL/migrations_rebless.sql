-- Takes another text for what was applied.
-- $1 version, $2 name, $3 checksum, $4 text as UTF-8 in hexadecimal, $5 number of statements, $6 checksums of its statements, $7 those of the
-- down section or NULL.
-- Minimum version: 14.
WITH text AS (
    INSERT INTO dbctl.migration_texts (checksum, content, statements, down)
    VALUES ($3, decode($4, 'hex'), $6::text[], $7::text[])
    ON CONFLICT (checksum) DO NOTHING
)
UPDATE dbctl.migrations SET name = $2, checksum = $3, statements = $5::integer WHERE version = $1
