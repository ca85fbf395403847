"""The HTTP API, over real HTTP, with use cases in memory."""
