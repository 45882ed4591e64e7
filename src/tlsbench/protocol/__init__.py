"""What TLS calls its parts, by their IANA names and code points: the rest builds on them."""
