"""Processes and their loops: who runs, who is restarted, who ends when. No rules inside."""
