"""Articles from files and standard input."""

import io

import pytest

from model.errors import DetenteError
from model.quote import MAX_CHARACTERS
from serve.articlefile import Source, read_source
from serve.htmltext import LARGEST_PAGE

NOTHING = io.BytesIO()


@pytest.mark.parametrize(
    "text", ["“A,” she said.\r\n\r\n“B.”\r\n", "“A,”\rshe said.\r", " \n“É\u2028😀”\t", "a\x1b[31m"]
)
def test_texts_are_read_to_the_letter(tmp_path, text):
    """Whatever line ends there are, no character is lost, from a file or a pipe."""
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    assert read_source(str(path), NOTHING) == Source(text, extracted=False)
    assert read_source("-", io.BytesIO(text.encode())) == Source(text, extracted=False)


def test_a_byte_order_mark_is_no_character():
    """It tells the encoding and is not counted."""
    assert read_source("-", io.BytesIO(b"\xef\xbb\xbfHi.")).text == "Hi."


def test_pages_say_that_they_were_extracted(tmp_path):
    """The text of a page is not the file's own."""
    path = tmp_path / "a.html"
    path.write_text("<html><body><p>“We will wait for as long as it takes,” said Ilse Brandt.</p></body></html>")
    text = "“We will wait for as long as it takes,” said Ilse Brandt."
    assert read_source(str(path), NOTHING) == Source(text, extracted=True)
    assert read_source("-", io.BytesIO(path.read_bytes())).extracted


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "standard input: is empty"),
        (b" \r\n\t", "standard input: is empty"),
        (b"%PDF-1.7 \xe2", "is a PDF: save its text"),
        (b"PK\x03\x04\x00", "is a Word file or another archive"),
        (b"{\\rtf1 Hi}", "is RTF"),
        ("Hi".encode("utf-16"), "is UTF-16: save it as UTF-8"),
        (b"abc\0", "byte 3 is 0, which no text has"),
        (b"caf\xe9", "byte 3 is no UTF-8: save it as UTF-8, such as with iconv"),
        (b"a" * (MAX_CHARACTERS + 1), "has 100,001 characters, at most 100,000 are read: split it"),
        (b"a" * (LARGEST_PAGE + 1), "has more than 10,000,000 bytes"),
    ],
)
def test_faults_are_told(data, message):
    """What is no text, or too much of it, is told in a line with the way out."""
    with pytest.raises(DetenteError, match=message):
        read_source("-", io.BytesIO(data))


def test_the_longest_article_is_read():
    """Characters are counted, not bytes."""
    assert len(read_source("-", io.BytesIO("é".encode() * MAX_CHARACTERS)).text) == MAX_CHARACTERS
