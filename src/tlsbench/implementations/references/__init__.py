"""References for checking the results of primitives: definitions, known answers, Python's own functions."""
