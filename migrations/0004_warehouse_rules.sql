-- Where and when a warehouse ships, and what that costs.

ALTER TABLE warehouses
    ADD COLUMN paused boolean NOT NULL DEFAULT false, -- takes no new orders
    ADD COLUMN cross_border text[] NOT NULL DEFAULT '{}', -- countries besides its own
    ADD COLUMN outbound jsonb, -- time_zone, cut_off, working_days, closed_dates [[from, to], …], daily_capacity
    ADD COLUMN freight jsonb; -- currency, amounts {region code: minor units}
