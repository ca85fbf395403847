"""A flash sale against the running service, and the proof that nothing was oversold.

Talks to the product as a user does: starts `serve` as a process of its own and speaks HTTP. What the shoppers
were told is written down here and compared at the end with what the service says.
"""
