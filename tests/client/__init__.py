"""The Python client, against a real service, behind a network that loses answers where that is what is tried."""
