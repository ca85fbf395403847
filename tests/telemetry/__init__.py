"""Logs, metrics, traces, and what is made of them: dashboard and alert rules."""
