"""What the service can do, one verb per file; `ports.py` is what it needs from outside. No I/O of its own."""
