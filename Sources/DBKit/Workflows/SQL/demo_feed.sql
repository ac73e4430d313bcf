-- A vendor's file: the prices of the newest three months by symbol, one of twenty 1 % higher. No parameters.
-- Minimum version: 14.
COPY (
    SELECT a.symbol, p.date, p.open, p.high, p.low,
           CASE WHEN (p.asset_id + p.date - date '2020-01-01') % 20 = 0 THEN round(p.close * 1.01, 4) ELSE p.close END
               AS close,
           p.volume
    FROM public.prices AS p JOIN public.assets AS a ON a.id = p.asset_id
    WHERE p.date > (SELECT max(date) - 90 FROM public.prices)
    ORDER BY p.asset_id, p.date
) TO STDOUT (FORMAT csv, HEADER)
