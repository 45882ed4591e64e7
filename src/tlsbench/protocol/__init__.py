"""The IANA names and code points of the parts of TLS: everything else builds on these."""
