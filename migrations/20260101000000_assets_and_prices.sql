-- migrate:up
CREATE TABLE assets (
    id       int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    symbol   text NOT NULL UNIQUE,
    name     text NOT NULL,
    currency char(3) NOT NULL DEFAULT 'USD'
);

CREATE TABLE prices (
    asset_id   int NOT NULL REFERENCES assets (id),
    date       date NOT NULL,
    open       numeric(14, 4) NOT NULL,
    high       numeric(14, 4) NOT NULL,
    low        numeric(14, 4) NOT NULL,
    close      numeric(14, 4) NOT NULL CHECK (close > 0),
    volume     bigint NOT NULL CHECK (volume >= 0),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (asset_id, date)
);

CREATE INDEX prices_date ON prices (date);

CREATE TABLE allocations (
    portfolio_id int NOT NULL,
    asset_id     int NOT NULL REFERENCES assets (id),
    date         date NOT NULL,
    weight       numeric(9, 6) NOT NULL,
    PRIMARY KEY (portfolio_id, asset_id, date)
);

CREATE TABLE index_values (
    index_name text NOT NULL,
    date       date NOT NULL,
    value      numeric(14, 4) NOT NULL,
    PRIMARY KEY (index_name, date)
);

-- migrate:down
DROP TABLE index_values, allocations, prices, assets;
