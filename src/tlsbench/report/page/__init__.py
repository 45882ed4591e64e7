"""One self-contained page of a result: findings, pictures, the table and the environment."""

from tlsbench.report.page.render import render
from tlsbench.report.page.sources import Page, Source, page_of, read_any, read_source, source_of

__all__ = ["Page", "Source", "page_of", "read_any", "read_source", "render", "source_of"]
