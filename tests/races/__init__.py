"""Many callers at once on the running service; what must hold whoever comes first."""
