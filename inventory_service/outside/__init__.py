"""The service as its users meet it, for what tries it out: the demo and the load tests.

`serve` as a process of its own, answers as they come over HTTP, what a shopper makes of them, and the lines of a proof.
Nothing here knows how the service works inside, so that no bug can hide from both sides.
"""
