"""Shops and their credentials: registered, changed, watched."""
