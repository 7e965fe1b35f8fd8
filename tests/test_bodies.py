"""Strict JSON: what two readers would read differently is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve.bodies import loads

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_json_comes_back(value):
    """What is JSON is read as Python reads it."""
    assert loads(json.dumps(value).encode()) == value


@given(st.binary())
def test_anything_else_is_an_error_of_its_own(body):
    """Random bytes are JSON, malformed or not UTF-8, and nothing else happens."""
    try:
        loads(body)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b'[{"b": {"a": 1, "a": 1}}]', "twice"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b"[-Infinity]", "-Infinity is no JSON number"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"1" * 5000, "too many digits"),
    ],
)
def test_what_readers_disagree_about_is_malformed(body, says):
    """Repeated names, NaN, endless nesting and endless numbers are malformed JSON, each told apart."""
    with pytest.raises(json.JSONDecodeError, match=says):
        loads(body)


def test_objects_have_few_names():
    """Thousands of unknown names would make thousands of errors."""
    assert len(loads(json.dumps({str(number): 0 for number in range(64)}).encode())) == 64
    with pytest.raises(json.JSONDecodeError, match="65 names"):
        loads(json.dumps({str(number): 0 for number in range(65)}).encode())
