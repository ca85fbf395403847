"""The fault harness: `make faults`. Seeded scenarios on a production-like house of real processes, each ending with
one checker and the demand for progress.

`classes/` holds one small file per kind of fault; `__main__.py` says how a run is started.
"""
