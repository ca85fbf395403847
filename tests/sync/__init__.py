"""Orders come in: use cases and the hub on a real Postgres, against simulated platforms."""
