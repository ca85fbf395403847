"""What goes over the wire, one file per subject. Requests are decoded straight into these structs."""
