-- When a platform was told what may be sold of an article: it counts down by itself, and is told again after an hour.
ALTER TABLE shop_items ADD COLUMN written_ms bigint NOT NULL DEFAULT 0;
