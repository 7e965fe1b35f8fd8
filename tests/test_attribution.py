"""Tests of what a pointer answers."""

from dataclasses import FrozenInstanceError

import pytest

from model.articles.attribution import LIKELY, Pointed, Pointer, point
from model.articles.rules import Rules
from model.articles.spans import Span


def test_an_answer_stays_as_it_is():
    """An answer can't be changed behind the back of who holds it."""
    answer = Pointed(0.9, Span(0, 3), 0.8, None, 0.0, "")
    with pytest.raises(FrozenInstanceError):
        answer.is_quote = 0.1  # type: ignore[misc]
    assert answer.is_quote >= LIKELY


def test_rules_are_a_pointer():
    """The rules stand behind the same interface as whatever points better."""
    pointer: Pointer = Rules()
    assert point(pointer, "No string in here.", ()) == []
    assert pointer.digest is None
