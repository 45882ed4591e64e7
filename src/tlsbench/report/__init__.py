"""Who reads it: terminal, Markdown, CSV."""
