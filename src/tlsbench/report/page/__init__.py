"""One self-contained page about results: findings, pictures, the table and the environment."""

from tlsbench.report.page.render import render
from tlsbench.report.page.sources import Page, Source, page_of, read_any, read_source, source_of
from tlsbench.report.page.trend import page_of_history

__all__ = ["Page", "Source", "page_of", "page_of_history", "read_any", "read_source", "render", "source_of"]
