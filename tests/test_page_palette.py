"""The colours of the page: readable in both themes, and apart in every kind of colour blindness."""

import re
from itertools import combinations

import numpy as np
import pytest

STANCES = ("conciliatory", "hostile", "neutral")
READABLE, SEEN = 4.5, 3.0  # WCAG 2.2: text; edges, bars and what has the focus
APART = 15  # of CIE 1976 colour difference, where 2.3 is just noticeable

# Linear RGB as seen without one kind of cone, whole (Machado, Oliveira and Fernandes, 2009).
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


@pytest.fixture(scope="module", params=["light", "dark"])
def palette(request, root):
    """Give the colours of a theme by their names, as linear RGB."""
    light, dark = re.findall(r":root \{(.*?)\}", (root / "serve/page/palette.css").read_text(), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): #([0-9a-f]{6});", light))
    if request.param == "dark":
        assert colours.keys() == dict(re.findall(r"--([\w-]+): #([0-9a-f]{6});", dark)).keys()
        colours = dict(re.findall(r"--([\w-]+): #([0-9a-f]{6});", dark))
    return {name: linear(colour) for name, colour in colours.items()}


def linear(colour):
    parts = np.array([int(colour[place : place + 2], 16) for place in (0, 2, 4)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    dark, light = sorted(float(XYZ[1] @ colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(colour):
    x, y, z = np.cbrt(np.clip(XYZ @ np.clip(colour, 0, 1) / [0.9505, 1, 1.089], 1e-6, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_text_is_readable(palette):
    """Words, signs and labels stand out from what they are on by the 4.5 to 1 that WCAG asks for."""
    tints = [f"{stance}-tint" for stance in STANCES]
    pairs = [
        *[("ink", ground) for ground in ("paper", "panel", *tints)],
        *[("soft", ground) for ground in ("paper", "panel")],
        *[(stance, ground) for stance in STANCES for ground in ("paper", f"{stance}-tint")],
        ("on-button", "button"),
        ("on-button", "soft"),
    ]
    assert {pair: contrast(*(palette[name] for name in pair)) for pair in pairs if not readable(palette, pair)} == {}


def readable(palette, pair):
    return contrast(*(palette[name] for name in pair)) >= READABLE


def test_edges_are_seen(palette):
    """Borders of fields and buttons, bars and the ring of the focus stand out by 3 to 1."""
    for name in ("edge", "focus"):
        assert contrast(palette[name], palette["paper"]) >= SEEN
    for stance in STANCES:
        assert contrast(palette[stance], palette["neutral-tint"]) >= SEEN


@pytest.mark.parametrize("kind", BLINDNESS)
def test_stances_stay_apart(palette, kind):
    """The three colours of bars and lines differ plainly for everybody; signs stand beside them all the same."""
    seen = {stance: lab(np.array(BLINDNESS[kind]) @ palette[stance]) for stance in STANCES}
    for one, other in combinations(STANCES, 2):
        assert np.linalg.norm(seen[one] - seen[other]) > APART, (one, other)
