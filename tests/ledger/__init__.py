"""The durable truth, on a real Postgres."""
