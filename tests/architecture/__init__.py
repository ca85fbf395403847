"""House rules that are tested instead of remembered."""
