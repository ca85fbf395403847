"""The product as its callers see it: started like a user starts it, asked over HTTP and its command line only."""
