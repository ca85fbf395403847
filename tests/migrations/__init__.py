"""The schema from nothing, and its runner."""
