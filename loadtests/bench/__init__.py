"""`make bench`: speed as ratios within one run, every server started by itself on this machine."""
