-- The number that a cluster was born with, and that its standbys share.
-- No parameters. Minimum version: 14.
SELECT system_identifier::text AS identifier FROM pg_catalog.pg_control_system()
