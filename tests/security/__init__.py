"""The surface of a real service: who may call what, how much of it, and what it never tells."""
