"""A platform's document → an order: every status, hostile documents, wrong tables."""
