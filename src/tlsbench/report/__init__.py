"""Results for readers: terminal tables, Markdown, CSV and other formats."""
