"""What the service can do, with the stores behind their ports."""
