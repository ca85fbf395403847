"""One module per kind of fault; each lists what it has in `FAULTS`."""
