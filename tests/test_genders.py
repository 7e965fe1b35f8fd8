"""Genders that titles tell."""

from model.articles.genders import Gender, of_style, of_title


def test_styles_tell_a_gender():
    """Worn by women or men only; that a spokesman is a man is a guess that only of_title makes."""
    assert of_style("Mrs.") is Gender.WOMAN
    assert of_style("Pope") is Gender.MAN
    assert of_style("union spokesman") is None
    assert of_title("union spokesman") is Gender.MAN
    assert of_title("former Congresswoman") is Gender.WOMAN
    assert of_title("senator") is None
