"""The batcher and its neighbours against a real Redis, with a proxy between them that loses replies."""
