"""Scores, Table 1, traces of numbers and their verification."""
