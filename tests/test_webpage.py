"""The page at /: what is served, to whom, and what its files may not do."""

import re
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from serve.app import create_app
from serve.keys import new_key
from serve.settings import Settings

KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}


@pytest.fixture(scope="module")
def folder(root):
    return root / "serve" / "page"


@pytest.fixture
def client():
    return TestClient(create_app(Settings(keys=new_key("desk")[1], rate_limit="1/hour", max_article_characters=123)))


class _Elements(HTMLParser):
    """Collects the elements of a page with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_page_is_open(client, method):
    """It needs no key and counts against no rate: it says nothing by itself, and asks with its reader's key."""
    for _ in range(3):
        answer = client.request(method, "/")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert client.request(method, "/page/page.js").status_code == 200


def test_who_posts_to_the_same_path_is_answered(predictor):
    """Hugging Face's route and the page share an address."""
    with TestClient(create_app(Settings())) as client:
        while client.get("/readyz").status_code != 200:
            pass
        answer = client.post("/", json={"inputs": "We agree."})
        assert {each["label"] for each in answer.json()[0]} == set(predictor.bundle.manifest.labels)
        assert answer.headers["cache-control"] == "no-store"


def test_every_file_is_served_as_what_it_is(client, folder):
    """Each file of the folder comes with its type and bytes; browsers may keep it, and ask whether it changed."""
    for path in folder.iterdir():
        answer = client.get("/" if path.name == "index.html" else f"/page/{path.name}")
        assert answer.content == path.read_bytes()
        assert answer.headers["cache-control"] == "no-cache"
        if path.name != "index.html":
            assert answer.headers["content-type"] == KINDS[path.suffix[1:]]


@pytest.mark.parametrize("path", ["/", "/page/page.css"])
def test_what_a_browser_has_is_not_sent_again(client, path):
    """Whoever names the content's tag, among others or by a proxy's weaker form, gets 304 without a body."""
    tag = client.get(path).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = client.get(path, headers={"if-none-match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("name", ["nothing.js", "index.html", "__init__.py", "..%2Fapp.py", "%2e%2e/app.py", ""])
def test_nothing_else_is_served(client, name):
    """The folder has no other way in."""
    assert client.get(f"/page/{name}").status_code in {401, 404}


def test_the_page_is_told_what_the_server_wants(client):
    """Whether keys are set, and how long an article may be."""
    assert client.get("/page/settings.json").json() == {"keys": True, "characters": 123}
    assert not TestClient(create_app(Settings())).get("/page/settings.json").json()["keys"]


def test_all_that_is_loaded_is_there(client, folder):
    """What the page, its styles and its scripts name is served from here; nothing names another host."""
    for tag, attributes in _Elements((folder / "index.html").read_text()).found:
        for source in (attributes.get("src"), attributes.get("href") if tag == "link" else None):
            assert source is None or client.get(f"/{source}").status_code == 200
    for path in folder.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]+\.|url\(|@import", text), path
        for module in re.findall(r'from "\./([^"]+)"', text):
            assert (folder / module).is_file()


def test_text_never_becomes_html(folder):
    """No script of the page has a way to turn text into HTML or code, and no markup carries scripts or styles."""
    ways = r"(inner|outer|set)HTML|insertAdjacent|document\.write|DOMParser|createContextual|srcdoc|\beval\b|Function\("
    for path in folder.glob("*.js"):
        assert not re.search(ways, path.read_text()), path
    for tag, attributes in _Elements((folder / "index.html").read_text()).found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert tag != "style"
        assert tag != "script" or attributes["src"]


def test_controls_have_names(folder):
    """Every button, field and region of the markup is named by its text, a label, or an attribute that leads to one."""
    page = (folder / "index.html").read_text()
    found = _Elements(page).found
    ids = {attributes["id"] for _, attributes in found if "id" in attributes}
    labelled = {attributes["for"] for tag, attributes in found if tag == "label" and "for" in attributes}
    for tag, attributes in found:
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
            assert set((attributes.get(name) or "").split()) <= ids, (tag, attributes)
        if tag == "textarea" or (tag == "input" and attributes["type"] == "password"):
            assert attributes["id"] in labelled
        if tag in {"section", "aside", "article", "nav", "progress"}:
            assert attributes.get("aria-label") or attributes.get("aria-labelledby"), (tag, attributes)
    assert re.findall(r'<html lang="en">', page)


def test_files_are_short_and_say_what_they_are(folder):
    """The first line of each script and style says what lives there, and each stays short enough to read."""
    for path in [*folder.glob("*.js"), *folder.glob("*.css")]:
        lines = path.read_text().splitlines()
        assert lines[0].startswith("/*")
        assert len(lines) <= 250
