"""The HTTP API: routes, request and response shapes, problem bodies, the server. Knows use cases, no store."""
