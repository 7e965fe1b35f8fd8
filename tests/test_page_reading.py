"""The page in a browser, from pasting a text to what was found in it, on the page and as files."""

import csv
import io
import json
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from serve.started import started_server

ARTICLE = (
    "😀 Harbour talks\n\n"
    "“We are ready to meet them 😀 tomorrow, without conditions,” said Ana Brandt, who leads the dockers. "
    "“Nobody wins if the cranes stand still.”\n\n"
    "Port director Miles Okafor called the union “a gang of wreckers”. The film “The Long Quay” opens in May.\n"
)
ATTACK = (
    "<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\"> &amp; &lt;b&gt;\n\n"
    "“<img src=x onerror=alert(1)><script>alert(1)</script> They will pay for it,” said Ana <b>Brandt</b>.\n"
)
WORDS = "document.querySelector('#article').textContent"


@pytest.fixture(scope="module")
def server(default_bundle):
    with started_server(default_bundle.path) as started:
        yield started


@pytest.fixture
def page(browse, server):
    return browse(server.url)


def read(page, text, kind=None):
    """Let the page read a text and wait for all of what it finds."""
    if kind:
        page.get_by_text(kind, exact=True).click()
    page.get_by_role("textbox").fill(text)
    page.locator("#read").click()
    page.locator("#status", has_text="quote").wait_for(state="attached", timeout=60_000)
    return page


def shown(text):
    """Return what the page shows of a text: all but the lines between its paragraphs."""
    return text.replace("\n\n", "")


def ask(server, path, body):
    request = Request(f"{server.url}{path}", json.dumps(body).encode(), {"content-type": "application/json"})
    with urlopen(request) as answer:
        return json.load(answer)


def saved(page, name):
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Download as {name}").click()
    assert download.value.suggested_filename == f"detente.{name.lower()}"
    return Path(download.value.path()).read_text()


def test_from_pasting_to_download(page, server):
    """What the server finds in an article is marked in it character for character, tabled, and saved as it came."""
    answer = ask(server, "/v1/article", {"text": ARTICLE})
    read(page, ARTICLE)
    quotes = answer["quotes"]
    assert len(quotes) == 3
    for element, quote in zip(page.locator(".quote").all(), quotes, strict=True):
        outer = quote["outer"]
        assert element.text_content() == ARTICLE[outer["start"] : outer["end"]]
        assert quote["stance"]["label"] in (element.get_attribute("class") or "")
        assert ("uncertain" in (element.get_attribute("class") or "")) == quote["stance"]["uncertain"]
    assert page.evaluate(WORDS) == shown(ARTICLE)
    assert page.get_by_role("table", name="Speakers").get_by_role("row").count() == 3
    assert page.get_by_role("row", name="Ana Brandt").get_by_role("cell").first.text_content()[0] == "2"

    assert json.loads(saved(page, "JSON")) == answer
    text = saved(page, "CSV")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert text[0] == "\ufeff"
    for row, quote in zip(rows, quotes, strict=True):
        assert (row["text"], row["speakers"]) == (quote["text"], quote["speakers"][0]["name"])
        assert ARTICLE[int(row["start"]) : int(row["end"])] == quote["text"]
        assert float(row["hostile"]) == quote["stance"]["probabilities"]["hostile"]
        assert float(row["tone"]) == quote["stance"]["tone"]


def test_the_sample_is_read_at_a_click(page, root):
    """It shows every kind of find: three stances, statements in pieces, strings that are no quotes."""
    page.get_by_role("button", name="Show a sample").click()
    page.locator("#status", has_text="quote").wait_for(state="attached")
    text = (root / "serve/page/sample.txt").read_text()
    assert page.evaluate(WORDS) == shown(text)
    for stance in ("conciliatory", "hostile", "neutral"):
        assert page.locator(f".quote.{stance}").count() >= 2
    assert page.locator(".quote.uncertain").count() >= 1
    page.locator(".quote").first.click()
    assert "piece 1 of 2" in page.get_by_role("dialog").inner_text()


def test_strings_that_are_no_quotes_show_on_demand(page):
    """They are plain text until they are asked for; then they are marked and listed with their reasons."""
    read(page, ARTICLE)
    listed = page.get_by_role("region", name="Not quotes")
    assert not listed.is_visible()
    page.get_by_role("button", name="Not quotes: 1").click()
    assert listed.get_by_role("listitem").inner_text().split("\n") == ["The Long Quay", "a title"]
    listed.get_by_role("button", name="The Long Quay").click()
    assert page.evaluate("document.activeElement.textContent") == "The Long Quay"


def test_a_speaker_shows_their_quotes(page):
    """A click on a name sets off the quotes of the person in the text; another click gives it up."""
    read(page, ARTICLE)
    name = page.get_by_role("button", name="Ana Brandt", exact=True)
    name.click()
    assert [mark.text_content()[1:3] for mark in page.locator(".quote.theirs").all()] == ["We", "No"]
    assert name.get_attribute("aria-pressed") == "true"
    name.click()
    assert page.locator(".chosen, .quote.theirs").count() == 0


def test_a_card_that_is_clicked_stays(page):
    """What the pointer passes over shows and goes; what is clicked stays until another click, Escape or its button."""
    read(page, ARTICLE)
    quotes, card = page.locator(".quote"), page.get_by_role("dialog")
    quotes.nth(2).hover()
    card.get_by_text("Miles Okafor", exact=True).wait_for()
    page.mouse.move(1, 1)
    card.wait_for(state="hidden")
    quotes.nth(2).click()
    quotes.nth(0).hover()
    page.wait_for_timeout(500)
    assert "Miles Okafor" in card.inner_text()
    quotes.nth(0).click()
    assert "Ana Brandt" in card.inner_text()
    page.mouse.click(1, 1)
    assert not card.is_visible()


def test_html_stays_text(page):
    """Markup in an article is shown as it stands; nothing of it runs, and nothing even tries to."""
    read(page, ATTACK)
    assert page.evaluate(WORDS) == shown(ATTACK)
    assert page.locator("main script, main img, article b").count() == 0
    page.locator(".quote").first.click()
    assert page.title() == "Detente: who said what, and in which tone"
    assert "<img src=x onerror=alert(1)>" in json.loads(saved(page, "JSON"))["quotes"][0]["text"]


def test_spreadsheets_calculate_nothing(page):
    """Words that would be a formula get an apostrophe in the CSV; numbers stay numbers."""
    lines = ['=HYPERLINK("http://x")', "+1, they said", "@SUM(1)", "-2 and no", " \t=1", "\uff1d1", "we, “all” of us"]
    read(page, "\n\n".join(lines), "Single quotes, one a line")
    rows = list(csv.DictReader(io.StringIO(saved(page, "CSV").removeprefix("\ufeff"), newline="")))
    assert [row["text"] for row in rows] == [*(f"'{line}" for line in lines[:-1]), lines[-1]]
    assert all(-1 <= float(row["tone"]) <= 1 for row in rows)


def test_single_quotes(page, server):
    """Each line is judged by itself; one that is no quote says why, and the others are answered."""
    lines = ["😀 We agree to everything.", "They lied to us, and they will pay for it.", "“”"]
    results = ask(server, "/v1/stance", {"quotes": [{"text": line} for line in lines]})["results"]
    read(page, "\n\n".join(lines), "Single quotes, one a line")
    assert page.evaluate(WORDS) == "".join(lines)
    found = json.loads(saved(page, "JSON"))["quotes"]
    assert [quote["stance"] and quote["stance"]["probabilities"] for quote in found] == [
        result.get("probabilities") for result in results
    ]
    assert [quote["start"] for quote in found] == [0, 27, 71]
    page.locator(".quote.unread").click()
    assert results[2]["error"]["detail"] in page.get_by_role("dialog").inner_text()
    assert page.get_by_role("table").count() == 0


def test_a_long_article(page):
    """All of 100,000 characters is shown, and the last quote answers to pointer and click as the first does."""
    part = f"{ARTICLE}\n{'The ships came and went, and the gulls sat on the idle cranes. ' * 16}\n\n"
    text = (part * 100)[:100_000]
    read(page, text)
    assert page.evaluate(WORDS) == shown(text)
    last = page.locator(".quote").last
    last.scroll_into_view_if_needed()
    last.hover()
    page.get_by_role("dialog").wait_for()
    page.get_by_role("button", name="Edit the text").click()
    assert page.get_by_role("textbox").input_value() == text
