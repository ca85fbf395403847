"""Shops and their credentials, on a real Postgres."""
