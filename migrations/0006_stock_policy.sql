-- Stock that is sold ahead of what is on its way, and thresholds per channel.

ALTER TABLE stock_skus
    ADD COLUMN preorder_limit bigint NOT NULL DEFAULT -1, -- -1: never sold ahead
    ADD COLUMN thresholds jsonb NOT NULL DEFAULT '[]';    -- as `domain.stock.Threshold`, by channel
ALTER TABLE stock_levels
    ADD COLUMN arrivals jsonb NOT NULL DEFAULT '[]';      -- as `domain.stock.Arrival`, the earliest first
