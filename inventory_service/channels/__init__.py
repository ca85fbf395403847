"""Marketplaces: what each of them sells arrives here. One folder per platform, found by its name.

A platform's folder has `signature` (what it signs and how), `payload` (what its calls, answers and messages look like)
and `adapter` (the `Adapter`, made by `open_adapter`). All the rest is shared: `calls` signs, paces, repeats and renews
tokens, `paging` and `pull` lose no order while the platform's pages change, `registry` finds the folder.
"""
