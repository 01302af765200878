"""Scores, Table 1, traces of numbers and their verification."""

from renderfit.evaluation.metrics import VertexError, vertex_error

__all__ = ["VertexError", "vertex_error"]
