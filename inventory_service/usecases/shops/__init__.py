"""Shops, their credentials and their own mappings: registered, changed, watched."""
