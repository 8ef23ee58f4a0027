"""Sums of rows that are the same in some columns, wherever they stand among the others."""

import numpy as np

from billing.charging.totals import Summed


def test_rows_that_lie_apart_are_one() -> None:
    rows = Summed({"day": np.array([7, 3, 7])}, np.array([[1, 10], [2, 20], [4, 40]]))
    found = rows.by("day")
    assert found.about["day"].tolist() == [3, 7]
    assert found.sums.tolist() == [[2, 20], [5, 50]]
