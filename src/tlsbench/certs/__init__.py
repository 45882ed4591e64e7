"""What users do with certificates: make them, inspect them, see them at work."""
