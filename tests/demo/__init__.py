"""The sale of the demo: its shoppers, its proof, its view."""
