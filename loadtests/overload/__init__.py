"""`python -m loadtests.overload`: how much useful work is left when five times as much is asked for as can be done."""
