"""Dates as texts, and the day, week, month or year that they fall into."""

import re
from datetime import date, datetime, timedelta
from enum import StrEnum

_SHORT = re.compile(r"(\d{4})(?:-(\d{2}))?")
_YEARS = range(1000, date.max.year)


class Every(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


def period_of(text: str | None, every: Every) -> date | None:
    """Return the first day of the period of an ISO date, with or without a time of day, or None where there is none.

    A month alone (2024-03) or a year alone falls into no period that is shorter than itself. Years below 1000 and
    9999 are what files have where there is no date.
    """
    short = _SHORT.fullmatch(text or "")
    try:
        if short is None:
            day = datetime.fromisoformat(text or "").date()
        elif every is Every.YEAR or (every is Every.MONTH and short[2]):
            day = date(int(short[1]), int(short[2] or 1), 1)
        else:
            return None
    except ValueError:
        return None
    return _first(day, every) if day.year in _YEARS else None


def period_name(first: date, every: Every) -> str:
    """Return what a period is called: 2024-03-05, 2024-W10, 2024-03 or 2024."""
    year, week, _ = first.isocalendar()
    return {
        Every.DAY: first.isoformat(),
        Every.WEEK: f"{year:04}-W{week:02}",
        Every.MONTH: first.isoformat()[:7],
        Every.YEAR: first.isoformat()[:4],
    }[every]


def following(first: date, every: Every) -> date:
    """Return the first day of the next period."""
    longest = {Every.DAY: 1, Every.WEEK: 7, Every.MONTH: 31, Every.YEAR: 366}
    return _first(first + timedelta(days=longest[every]), every)


def _first(day: date, every: Every) -> date:
    if every is Every.WEEK:
        return day - timedelta(days=day.weekday())
    if every is Every.MONTH:
        return day.replace(day=1)
    return day.replace(month=1, day=1) if every is Every.YEAR else day
