"""The launcher of the local servers, on real processes."""
