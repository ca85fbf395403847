"""Load tests with Locust: runs a locustfile of `loadtests/` against a service, and reports with chart and proof.

Locust patches the standard library, so it runs in a process of its own and never in this one. `scenario/` is what a
locustfile imports and runs there; everything else here runs outside. `book`, `series`,
`handover`, `checks` and `record` belong to both sides and import neither.
"""
