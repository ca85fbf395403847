"""The wiring, and the supervisor's start and stop, on real stores."""
