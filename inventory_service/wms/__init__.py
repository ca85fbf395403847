"""Warehouse management systems: how they sign what they send."""
