"""Files of stock as people hand them in: what is read, and the words about what cannot be."""
