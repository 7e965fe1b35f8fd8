"""The page in a browser when something goes wrong: it says what, and what to do, and the text is never lost."""

import re

import pytest

from serve.keys import new_key
from serve.started import started_server

TEXT = "“We are ready to talk tomorrow,” said Ana Brandt.\n"
BUSY = {
    "status": 503,
    "headers": {"retry-after": "30"},
    "json": {"detail": "as many as it takes are waiting", "status": 503},
}


@pytest.fixture(scope="module")
def server(default_bundle):
    with started_server(default_bundle.path, max_article_characters="200", max_quotes="3") as started:
        yield started


def read(page, text=TEXT):
    page.get_by_role("textbox", name="Text of the article").fill(text)
    page.get_by_role("button", name="Read the article").click()


def told(page):
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("textbox", name="Text of the article").input_value()
    return page.get_by_role("alert").inner_text()


def done(page):
    page.get_by_role("heading", name="1 quote by 1 speaker").wait_for()


def test_the_server_is_gone(serving, browse):
    """It is named, the text stays, and as soon as there is a server again the same click works."""
    first = serving().ready()
    page = browse(f"http://127.0.0.1:{first.port}")
    first.end()
    read(page)
    assert "The server does not answer" in told(page)
    page.get_by_role("button", name="Show a sample").click()
    # The alert that was there stays until the new one is known.
    page.get_by_role("alert").filter(has_text="The sample comes from there").wait_for()
    second = serving("--port", str(first.port))
    second.port = first.port
    second.ready()
    page.get_by_role("button", name="Read the article").click()
    done(page)


def test_a_busy_server_is_asked_again(server, browse):
    """It counts down to when the server wants to be asked, does so by itself, and at once if the reader wants."""
    page = browse(server.url)
    waits = [{**BUSY, "headers": {"retry-after": "1"}}, BUSY]
    page.route("**/v1/article", lambda route: route.fulfill(**waits.pop(0)) if waits else route.continue_())
    read(page)
    panel = page.get_by_role("region", name="The server is busy")
    assert re.search(r"Asking again in \d+ seconds?\.", panel.inner_text())
    page.get_by_text(re.compile(r"Asking again in (2\d|30) seconds\.")).wait_for()
    panel.get_by_role("button", name="Try now").click()
    done(page)
    assert waits == []


def test_waiting_can_be_given_up(serving, browse):
    """A server that allows one request a minute is not asked again once the reader has cancelled."""
    page = browse(f"http://127.0.0.1:{serving(rate_limit='1/minute').ready().port}")
    asked = []
    page.on("request", lambda request: asked.append(request) if request.method == "POST" else None)
    read(page)
    done(page)
    page.get_by_role("button", name="Edit the text").click()
    page.get_by_role("button", name="Read the article").click()
    page.get_by_text("More was asked than the server allows. Asking again in").wait_for()
    page.get_by_role("button", name="Cancel").click()
    assert page.get_by_role("textbox", name="Text of the article").input_value() == TEXT
    assert not page.get_by_role("alert").is_visible()
    page.wait_for_timeout(300)
    assert len(asked) == 2


def test_a_slow_answer_can_be_given_up(server, browse):
    """While the server reads, the page says so and lets the reader go back to the text."""
    page = browse(server.url)
    page.route("**/v1/article", lambda _: None)
    read(page)
    page.get_by_text("The server is reading … 1 second").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.unroute("**/v1/article")
    page.get_by_role("button", name="Read the article").click()
    done(page)


def test_keys(serving, browse):
    """Where keys are set the field is there, a wrong key is told, and a right one works and stays in the tab."""
    token, line = new_key("desk")
    page = browse(f"http://127.0.0.1:{serving(keys=line).ready().port}")
    key = page.get_by_label("Key", exact=True)
    read(page)
    assert "This server wants a key" in told(page)
    assert page.evaluate("document.activeElement.id") == "key"
    key.fill("dtk_wrong")
    key.press("Enter")
    page.get_by_text("The server does not know this key").wait_for()
    key.fill(token)
    key.press("Enter")
    done(page)
    page.reload()
    read(page)
    done(page)


def test_a_key_that_is_wanted_later(server, browse):
    """Where the page was not told of keys, the field appears with the first refusal."""
    page = browse(server.url)
    assert not page.get_by_label("Key", exact=True).is_visible()
    page.route("**/v1/article", lambda route: route.fulfill(status=401, json={"detail": "this needs a key"}))
    read(page)
    page.get_by_label("Key", exact=True).wait_for()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" \n", "There is no text yet"),
        ("😀" * 201, "It has 201 characters, and 200 characters are read at once."),
        ("“A b,” he said. " * 4, "That is too much at once"),
    ],
)
def test_texts_that_are_not_read(server, browse, text, words):
    """Nothing, too many characters and too many quotes are each told in words."""
    page = browse(server.url)
    page.get_by_role("textbox", name="Text of the article").fill(text)
    page.get_by_role("button", name="Read the article").click()
    assert words in told(page)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": 500, "headers": {"x-request-id": "abc"}, "body": "<b>oops</b>"}, "it was request abc"),
        ({"status": 504, "json": {"detail": "no answer within 60 s"}}, "no answer within 60 s"),
        ({"status": 200, "body": "<html>", "content_type": "text/html"}, "could not be read"),
        ({"status": 503, "headers": {"retry-after": "3600"}, "json": {}}, "Ask again in 3,600 seconds."),
    ],
)
def test_answers_that_are_none(server, browse, answer, words):
    """What went wrong in the server, on the way, or for longer than the page waits is said, with what helps."""
    page = browse(server.url)
    page.route("**/v1/article", lambda route: route.fulfill(**answer))
    read(page)
    assert words in told(page)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.html", b"<p>x", "a.html is HTML"),
        ("a.txt", b"caf\xe9", "a.txt is no plain text"),
        ("a.txt", b"a\0b", "a.txt is no plain text"),
        ("a.txt", b"x" * 4_200_000, "a.txt is too large"),
    ],
)
def test_files_that_are_not_read(server, browse, name, content, words):
    """HTML, other encodings and binary files are refused by name, with the way out."""
    page = browse(server.url)
    page.locator("#file").set_input_files({"name": name, "mimeType": "", "buffer": content})
    page.get_by_role("alert").wait_for()
    assert words in page.get_by_role("alert").inner_text()


def test_files_are_opened_and_dropped(server, browse):
    """UTF-8 and UTF-16 files land in the field, by the button or by dropping them anywhere."""
    page = browse(server.url)
    field = page.get_by_role("textbox", name="Text of the article")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a text file").click()
    chooser.value.set_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"\xff\xfe" + TEXT.encode("utf-16le")}
    )
    page.get_by_text(f"{len(TEXT)} of 200 characters").wait_for()
    assert field.input_value() == TEXT
    make = "() => { const d = new DataTransfer(); d.items.add(new File(['dropped 😀'], 'b.txt')); return d; }"
    page.dispatch_event("header", "drop", {"dataTransfer": page.evaluate_handle(make)})
    page.get_by_text("9 of 200 characters").wait_for()
    assert field.input_value() == "dropped 😀"
