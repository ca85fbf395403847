-- What the service promises of shops and customers although a process is dead, a shop rests, or a key is changed.

-- Since when a shop is to be heard: it was switched off until then, 0: never.
ALTER TABLE shop_sync ADD COLUMN awaited_ms bigint NOT NULL DEFAULT 0;
