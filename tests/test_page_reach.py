"""The page in a browser for everybody: by keyboard, with a screen reader, on a phone, in the dark, in high contrast."""

import re

import pytest

from serve.started import started_server

TEXT = "“We agree,” said Ana Brandt. “They lied,” said Miles Okafor. The film “The Long Quay” opens in May."
STANCE = re.compile(r"^(conciliatory|hostile|neutral), \d+%(, uncertain)?, [\w ]+: ")
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FOCUSED = "document.activeElement.id || document.activeElement.dataset.number || document.activeElement.textContent"


@pytest.fixture(scope="module")
def server(default_bundle):
    with started_server(default_bundle.path) as started:
        yield started


@pytest.fixture
def sample(browse, server):
    """Open the page with its sample read."""

    def open_sample(**options):
        page = browse(server.url, **options)
        page.get_by_role("button", name="Show a sample").click()
        page.locator("#status", has_text="quote").wait_for(state="attached")
        return page

    return open_sample


def press(page, *keys):
    """Press keys and return what has the focus then."""
    for key in keys:
        page.keyboard.press(key)
    return page.evaluate(FOCUSED)


def test_without_a_mouse(browse, server):
    """From the top of the page to a quote's card and back, each stop in the order of what is seen."""
    page = browse(server.url)
    assert press(page, "Tab") == "Skip to the content"
    assert press(page, "Enter") == "main"
    page.get_by_role("textbox").focus()
    page.keyboard.insert_text(TEXT)
    assert press(page, "Tab") == "read"
    page.keyboard.press("Enter")
    page.locator("#status", has_text="quote").wait_for(state="attached")
    assert page.evaluate(FOCUSED) == "summary"
    assert [press(page, "Tab") for _ in range(7)] == [
        "again", "csv", "json", "rejected-toggle", "Skip the article", "0", "1",
    ]  # fmt: skip
    card = page.get_by_role("dialog")
    assert "Miles Okafor" in card.inner_text()
    assert press(page, "Shift+Tab") == "0"
    assert "Ana Brandt" in card.inner_text()
    page.keyboard.press("Escape")
    assert not card.is_visible()
    assert press(page, "Enter") == "card"
    assert press(page, "Tab") == "card-close"
    assert press(page, "Enter") == "0"
    assert not card.is_visible()
    assert press(page, " ") == "card"
    assert press(page, "Escape") == "0"
    assert press(page, "Tab", "Tab") == "Ana Brandt"
    card.wait_for(state="hidden")
    press(page, "Enter")
    assert page.locator(".quote.theirs").count() == 1


def test_with_a_screen_reader(sample):
    """Everything that can be used has a name, quotes say their stance and speaker, and what happens is told."""
    page = sample()
    page.get_by_role("button", name="Not quotes").click()
    for role in ("button", "link", "region", "table", "dialog", "article"):
        named = page.get_by_role(role, name=re.compile(r"\w"))
        assert named.count() == page.get_by_role(role).count()
    quotes = page.locator("article").get_by_role("button")
    assert quotes.count() == page.locator(".quote").count() >= 10
    assert all(STANCE.match(quote.get_attribute("aria-label") or "") for quote in quotes.all())
    quotes.first.focus()
    assert quotes.first.get_attribute("aria-describedby") == page.get_by_role("dialog").get_attribute("id")
    assert page.get_by_role("columnheader").all_inner_texts() == ["Speaker", "Quotes", "Tone"]
    assert "Ilva Taskan" in page.get_by_role("rowheader").first.inner_text()
    page.get_by_role("button", name="Ilva Taskan", exact=True).click()
    assert page.get_by_role("status").text_content() == "5 quotes highlighted: Ilva Taskan"


def test_on_a_phone(sample):
    """Nothing is wider than the screen; a tap opens the card at its foot without hiding the quote."""
    page = sample(**PHONE)
    assert page.evaluate(OVERFLOW) == 0
    quote = page.locator(".quote").last
    quote.tap()
    page.wait_for_timeout(500)  # it scrolls smoothly
    card, text = page.get_by_role("dialog").bounding_box(), quote.bounding_box()
    assert round(card["y"] + card["height"]) == 844
    assert text["y"] + text["height"] <= card["y"]
    page.get_by_role("button", name="Close", exact=True).tap()
    assert not page.get_by_role("dialog").is_visible()
    page.get_by_role("link", name="Speakers").tap()
    page.get_by_role("button", name="Not quotes").click()
    assert page.evaluate(OVERFLOW) == 0


@pytest.mark.parametrize("width", [320, 700, 1280])
def test_at_every_width(browse, server, width):
    """Long words break, and no width has to be scrolled sideways, down to the 320 pixels that WCAG asks for."""
    page = browse(server.url, viewport={"width": width, "height": 800})
    assert page.evaluate(OVERFLOW) == 0
    page.get_by_role("textbox").fill(f"“{'a' * 300} we agree,” said Ana {'B' + 'r' * 200}.\n\n{'c' * 300}")
    page.locator("#read").click()
    page.locator("#status", has_text="quote").wait_for(state="attached")
    page.locator(".quote").first.click()
    assert page.evaluate(OVERFLOW) == 0


def test_in_the_dark(sample):
    """Who has asked for dark pages gets one, its cards and fields included."""
    colours = {}
    for scheme in ("light", "dark"):
        page = sample(color_scheme=scheme)
        page.locator(".quote").first.click()
        look = "(name) => getComputedStyle(document.querySelector(name)).backgroundColor"
        colours[scheme] = [page.evaluate(look, name) for name in ("body", "#card", ".quote", "#text")]
    assert not set(colours["light"]) & set(colours["dark"])


def test_in_high_contrast(sample):
    """Where the system's colours replace the page's, marks keep their lines and bars their fill."""
    page = sample(forced_colors="active")
    look = "(name) => getComputedStyle(document.querySelector(name))"
    assert page.evaluate(f"({look})('.quote').borderBlockEndStyle") == "solid"
    assert page.evaluate(f"({look})('.quote.uncertain').borderBlockEndStyle") == "dashed"
    assert page.evaluate(f"({look})('.fill').backgroundColor") != page.evaluate(f"({look})('body').backgroundColor")


def test_with_less_motion(sample):
    """Who has asked for less motion gets none."""
    page = sample(reduced_motion="reduce")
    page.locator(".quote").first.click()
    assert page.evaluate("document.getAnimations().length") == 0
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
