"""`python -m loadtests.peers.loss`: what a kill takes with it, of the flash sale pattern and of the service."""
