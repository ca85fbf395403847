"""Bugs on purpose, to show that the harness sees them: one module each, planted by `FAULT_PLANTED=<module>`.

A module's docstring says what is wrong and which check should see it; `plant()` makes it so in the process that calls
it; `FAULTS` names the fault classes that the hunt takes in turn, as `fault.named` reads them. `make
planted` hunts all of them; `PLANTED.md` has the result of such a run.
"""
