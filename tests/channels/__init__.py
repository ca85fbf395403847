"""Adapters against their simulators: one suite for all, and what is particular to each."""
