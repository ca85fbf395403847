"""Alarms reach people: notices, the file that says whom, and sinks against servers of our own."""
