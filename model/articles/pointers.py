"""The pointer that answers: a bundle's, the one that ships with the code, or the rules where there is none."""

from pathlib import Path

from model.articles.attribution import Pointer
from model.articles.pointing import LearnedPointer
from model.articles.rules import Rules
from model.bundle import open_bundle

POINTER_BUNDLE = Path(__file__).parent.parent / "pointer"
"""The trained pointer that ships with the code."""


def open_pointer(bundle: Path) -> Pointer:
    """Open the pointer of a bundle. Raises BundleError."""
    return LearnedPointer(open_bundle(bundle))


def default_pointer() -> Pointer:
    """Give the pointer that ships with the code; the rules where its folder was left out. Raises BundleError."""
    return open_pointer(POINTER_BUNDLE) if POINTER_BUNDLE.exists() else Rules()
