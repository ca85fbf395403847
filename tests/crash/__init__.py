"""Processes killed, data wiped, signals under load: what was acknowledged must still be there."""
