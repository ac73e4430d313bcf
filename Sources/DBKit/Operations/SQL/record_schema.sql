-- The schema in which dbctl records what it did. Run by the first command that changes something, or by hand. Where it is
-- there already, even this asks for CREATE on the database.
-- Minimum version: 14.
CREATE SCHEMA IF NOT EXISTS dbctl;
