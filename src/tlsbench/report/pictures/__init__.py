"""Pictures of results, as values: what is drawn, apart from who draws it."""

from tlsbench.report.pictures.shapes import Bars, Dots, Heat, Line, Lines, Picture

__all__ = ["Bars", "Dots", "Heat", "Line", "Lines", "Picture"]
