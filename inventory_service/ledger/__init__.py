"""The durable truth in Postgres: written by one fenced writer, read by everybody."""
