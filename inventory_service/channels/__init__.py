"""Marketplaces and one's own shops: their orders become ours; a folder each."""
