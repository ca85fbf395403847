"""Three shops on simulated platforms sell the same stock, one of them loses its secret, and the proof of it all.

The platforms are the strict simulators of the tests, started as processes of their own from the source tree; nothing
here knows them but by HTTP. What they have sold by their own books is compared at the end with what the service says.
"""
