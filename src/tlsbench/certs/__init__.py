"""What people do with certificates: make them, look at them, see them work."""
