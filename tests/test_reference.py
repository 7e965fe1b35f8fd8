"""The reference of the training quotes: made from them, checked, and put into a bundle that else stays as it is."""

import json
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from model.bundle import INT8_GRAPH, Card, open_bundle, write_bundle
from model.errors import DataError
from model.quote import LabelledQuote, Quote
from model.reference import LENGTH_EDGES, Reference, count_lengths
from model.stance import STANCES
from training.reference import main, reference_of, reseal

CARD = Card(
    name="x",
    labels=STANCES,
    max_tokens=32,
    temperature=1.5,
    threshold=0.5,
    recipe="0" * 64,
    data="1" * 64,
    metrics={"test": {"f1": None}},
    versions={"python": "3"},
)
FILES = {"tokenizer.json": b"{}", INT8_GRAPH: b"graph", "config.json": b"{}"}


@pytest.fixture
def bundle(tmp_path):
    return write_bundle(tmp_path / "bundle", CARD, FILES)


@pytest.fixture
def data(tmp_path):
    def write(*rows):
        path = tmp_path / "quotes.jsonl"
        path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows))
        return str(path)

    return write


def test_bins_end_with_their_edges():
    """A length that is an edge belongs to the bin below it; the last bin has no end."""
    counts = count_lengths([1, 20, 21, 4000, 4001, 100_000])
    assert (counts[0], counts[1], counts[-2], counts[-1]) == (2, 1, 1, 2)


@given(st.lists(st.integers(1, 100_000)))
def test_each_length_is_in_one_bin(lengths):
    """Nothing is lost, and the bins are in the order of the edges."""
    counts = count_lengths(lengths)
    assert (sum(counts), len(counts)) == (len(lengths), len(LENGTH_EDGES) + 1)
    for place, count in enumerate(counts):
        assert count == sum(bisect_left(LENGTH_EDGES, length) == place for length in lengths)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("labels", {"a": 0.5, "b": 0.4}, "sum to 0.9"),
        ("labels", {"a": 1.5, "b": -0.5}, "less than or equal to 1"),
        ("labels", {"a": float("nan")}, "less than or equal|greater than or equal"),
        ("lengths", (0.5, 0.25), "sum to 0.75"),
        ("lengths", (1.0,), "1 edges make 2 lengths, not 1"),
        ("edges", (20, 10), "do not rise"),
        ("edges", (10, 10), "do not rise"),
        ("speaker", "x", "Extra inputs"),
    ],
)
def test_bad_references_are_refused(key, value, message):
    """Shares are shares of a whole, with as many lengths as edges make."""
    values = {"labels": {"a": 0.5, "b": 0.5}, "edges": (10,), "lengths": (0.5, 0.5), key: value}
    with pytest.raises(ValidationError, match=message):
        Reference(**values)


def test_reference_has_the_shares():
    """By label, also of those that no quote has, and by length."""
    quotes = [LabelledQuote(Quote("x" * length), label) for length, label in ((5, "a"), (20, "a"), (50, "b"), (9, "b"))]
    reference = reference_of(quotes, ("b", "a", "c"))
    assert reference.labels == {"b": 0.5, "a": 0.5, "c": 0}
    assert list(reference.labels) == ["b", "a", "c"]
    assert reference.lengths[:4] == (0.75, 0, 0.25, 0)
    assert reference.edges == LENGTH_EDGES


def test_slots_are_as_long_as_names():
    """The corpus has slots where the model reads names."""
    quotes = [LabelledQuote(Quote("{org} {org} {org}"), "a")] * 30
    assert len(quotes[0].quote.text) <= LENGTH_EDGES[0]
    assert reference_of(quotes, ("a", "b")).lengths[0] < 0.5
    assert reference_of(quotes, ("a", "b")) == reference_of(quotes, ("a", "b"))


def test_unusable_quotes_are_named():
    """A label that the bundle does not have, and no quotes at all."""
    with pytest.raises(DataError, match="knows no label z; its labels are a, b"):
        reference_of([LabelledQuote(Quote("x"), "z")], ("a", "b"))
    with pytest.raises(DataError, match="no labelled quotes"):
        reference_of([], ("a", "b"))


def test_resealing_changes_the_reference_only(bundle, data):
    """Files, figures and thresholds stay; the digest is another, because it stands for the manifest."""
    source = data(("They lied to us.", "hostile"), ("We are ready to sit down with them.", "conciliatory"))
    sealed = reseal(bundle.path, [source])
    assert sealed.manifest.reference is not None
    assert sealed.manifest.reference.labels == {"conciliatory": 0.5, "hostile": 0.5, "neutral": 0}
    assert sealed.manifest.reference.lengths[:2] == (0.5, 0.5)
    changed = {"reference", "seal"}
    assert sealed.manifest.model_dump(exclude=changed) == bundle.manifest.model_dump(exclude=changed)
    assert sealed.digest != bundle.digest
    assert open_bundle(bundle.path) == sealed
    assert reseal(bundle.path, [source]).digest == sealed.digest


def test_failed_resealing_changes_nothing(bundle, data, capsys):
    """The command says what is wrong and ends with 1; after a good one it prints the digest."""
    with pytest.raises(SystemExit, match="error: unknown labels: 1 x 'angry'") as stopped:
        main(str(bundle.path), data(("They lied to us.", "angry")))
    assert stopped.value.code != 0
    assert open_bundle(bundle.path) == bundle
    main(str(bundle.path), data(("They lied to us.", "hostile")))
    assert capsys.readouterr().out == open_bundle(bundle.path).digest + "\n"
