"""What TLS calls its parts, by their IANA names and code points: the ground that the rest stands on."""
