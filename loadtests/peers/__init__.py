"""What one would use in place of the service, each at its best: `python -m loadtests.peers NAME`."""
