"""Which period a day belongs to, by how often statements are mailed. Plain functions."""

from datetime import date, timedelta


def period_of(rhythm: str, day: date) -> tuple[date, date]:
    """The first day of the period that holds a day, and the first one after it: a day, a week from
    Monday, a calendar month.
    """
    if rhythm == "weekly":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    if rhythm == "monthly":
        first = day.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1)
    return day, day + timedelta(days=1)
