-- The journal of a restore, in the database that it fills: what is done is noted in the transaction that does it, so that
-- the two can never disagree, whoever is killed. It goes in the restore's last transaction.
-- Parameters: none; a script. Minimum version: 14.
CREATE SCHEMA dbctl_restore_journal;
REVOKE ALL ON SCHEMA dbctl_restore_journal FROM PUBLIC;
CREATE TABLE dbctl_restore_journal.purpose (name text NOT NULL, value text NOT NULL);
CREATE TABLE dbctl_restore_journal.run (id text NOT NULL);
-- An entry of the archive by its number; part is one chunk of a table, or one group of large objects; rows of a table as
-- far as they were counted.
CREATE TABLE dbctl_restore_journal.done (entry integer NOT NULL, part integer, rows bigint);
