"""Pictures of results, as values: what is drawn, independent of how it is rendered."""

from tlsbench.report.pictures.shapes import Bars, Dots, Heat, Line, Lines, Picture

__all__ = ["Bars", "Dots", "Heat", "Line", "Lines", "Picture"]
