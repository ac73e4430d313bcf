-- The contents of all large objects, for COPY; absent pages read as zeros. Parameters: none. Minimum version: 14.
SELECT loid, pageno, data FROM pg_largeobject ORDER BY loid, pageno
