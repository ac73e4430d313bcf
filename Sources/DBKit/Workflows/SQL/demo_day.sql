-- What the demo's application asks for again and again: the allocations of one day.
-- $1 the day. Minimum version: 14.
SELECT count(*) AS rows, sum(weight)::text AS weight
FROM public.allocations
WHERE date = $1::text::date
