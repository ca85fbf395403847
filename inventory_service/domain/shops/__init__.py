"""Shops that orders come from, and the credentials that open them."""
