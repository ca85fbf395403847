"""Load tests: the book, the proof fed with lies, the chart, and short real runs through the command."""
