"""Inventory reservation service: atomic holds in Redis, an exactly-once ledger in Postgres."""
