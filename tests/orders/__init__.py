"""Orders of channels on a real Redis and a real Postgres: taken in once, given their stock, read with care."""
