"""`python -m loadtests.bench.steady`: ledger lag, Postgres away and expiry under a load that never pauses."""
