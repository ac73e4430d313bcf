-- Leaf partitions below a hash-partitioned ancestor, with the root and the types of every hash key on the way.
-- Parameters: none. Minimum version: 14.
WITH RECURSIVE up(leaf, ancestor) AS (
    SELECT i.inhrelid, i.inhparent
      FROM pg_inherits i
      JOIN pg_class c ON c.oid = i.inhrelid
     WHERE c.relispartition AND c.relkind = 'r'
     UNION ALL
    SELECT up.leaf, i.inhparent
      FROM up
      JOIN pg_inherits i ON i.inhrelid = up.ancestor
      JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition
)
SELECT up.leaf,
       pg_partition_root(up.leaf)::oid AS root,
       array_agg(DISTINCT key.type) AS types
  FROM up
  JOIN pg_partitioned_table p ON p.partrelid = up.ancestor AND p.partstrat = 'h'
 CROSS JOIN LATERAL (
       SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid = p.partrelid AND a.attnum = ANY (p.partattrs)
       -- An expression's type is that of the operator class's input, where it is not polymorphic.
        UNION ALL SELECT o.opcintype FROM pg_opclass o WHERE o.oid = ANY (p.partclass)
       ) AS key(type)
 GROUP BY up.leaf
 ORDER BY up.leaf
