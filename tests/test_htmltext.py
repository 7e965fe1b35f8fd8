"""The main text of HTML pages."""

import subprocess
import sys
from pathlib import Path

import pytest

from serve.htmltext import PageError, is_page, main_text

ARTICLE = (Path(__file__).parent / "article.txt").read_text()
PARAGRAPHS = ARTICLE.strip().split("\n\n")[2:]


def page(head="<meta charset='utf-8'>", paragraphs=PARAGRAPHS):
    """Put an article among what else stands on a page."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    menu = "<nav><ul><li><a href='/'>Home “page”</a></li><li><a href='/s'>Sport</a></li></ul></nav>"
    script = "<script>document.write('“a script”')</script>"
    rest = "<aside>“Read this too”</aside><footer>All rights “reserved”.</footer>"
    return f"<!DOCTYPE html><html><head>{head}{script}</head><body>{menu}<article>{body}</article>{rest}</body></html>"


def test_the_article_is_taken_out():
    """Its paragraphs come to the letter, with blank lines between, and nothing of menu, scripts and margins."""
    assert main_text("a.html", page().encode()) == "\n\n".join(PARAGRAPHS)


def test_what_is_within_a_paragraph_stays_there():
    """Links and slanted words break no paragraph, and entities are letters."""
    marked = [paragraph.replace("Lenk", "<a href='/lenk'><b>Lenk</b></a>") for paragraph in PARAGRAPHS]
    marked = [paragraph.replace('"', "&quot;").replace("Hedda", "<i>Hedda</i>") for paragraph in marked]
    assert main_text("a.html", page(paragraphs=marked).encode()) == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.html", b"anything"),
        ("A.HTM", b""),
        ("a.xhtml", b""),
        ("-", b"<!doctype HTML><p>"),
        ("a.txt", b"\xef\xbb\xbf\n <html lang='en'>"),
        ("-", b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC 'x'>"),
    ],
)
def test_pages_are_known(name, data):
    """By their names or by how they begin."""
    assert is_page(name, data)


@pytest.mark.parametrize(("name", "data"), [("a.txt", b"He wrote: <html>."), ("-", b"<htmlx>"), ("-", b"")])
def test_texts_are_no_pages(name, data):
    """A text that only speaks of HTML is a text."""
    assert not is_page(name, data)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("", "utf-8"),
        ("<meta charset='utf-8'>", "utf-8-sig"),
        ('<meta charset="windows-1252">', "cp1252"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1">', "cp1252"),
    ],
)
def test_encodings(head, encoding):
    """UTF-8 is tried first, then what the page says; who says Latin-1 means its superset with quotation marks."""
    accented = [paragraph.replace("Orrin", "Orrín") for paragraph in PARAGRAPHS]
    assert main_text("a.html", page(head, accented).encode(encoding)) == "\n\n".join(accented)


def test_xhtml_with_a_declaration():
    """The encoding in an XML declaration is in nobody's way."""
    declared = f'<?xml version="1.0" encoding="utf-8"?>\n{page()}'
    assert main_text("a.xhtml", declared.encode()) == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html><body></body></html>", "a.html: no article was found in the page"),
        (b"", "a.html: no article was found"),
        (b"<html>\xff", "a.html: byte 6 is no UTF-8, and the page declares no other charset"),
        (b"<html><meta charset=klingon>\xff", "a.html: is not in klingon, the charset that it declares"),
        (b"<html><meta charset=rot13>\xff", "a.html: is not in rot13"),
        (b"<div>" * 20_000, "a.html: no article was found"),
    ],
)
def test_faults_are_told(data, message):
    """A page without text, or in an encoding that it doesn't tell, is an error that names the file."""
    with pytest.raises(PageError, match=message):
        main_text("a.html", data)


def test_the_extra_is_named_where_it_is_missing():
    """Whoever lacks the library reads how to install it."""
    code = (
        "import sys; sys.modules['trafilatura'] = None\n"
        "from serve.htmltext import PageError, main_text\n"
        "try: main_text('a.html', b'<html>')\n"
        "except PageError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("a.html is HTML, and trafilatura is not installed; pages need the extra `html`: pip")
