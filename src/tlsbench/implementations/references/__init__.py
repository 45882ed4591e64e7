"""What results of primitives are checked by: definitions, known answers, and Python's own functions."""
