"""The rules in plain Python: values, arithmetic and words. Standard library only, no I/O."""
