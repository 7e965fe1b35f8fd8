"""Reads an article from a file or from standard input: plain text, or the main text of an HTML page."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from model.errors import DetenteError
from model.quote import MAX_CHARACTERS
from serve.htmltext import LARGEST_PAGE, is_page, main_text

STANDARD = "-"

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NO_TEXTS = {b"%PDF": "a PDF", b"PK\x03\x04": "a Word file or another archive", b"{\\rtf": "RTF"}


class ArticleFileError(DetenteError):
    """A file that is no article that can be read."""


@dataclass(frozen=True, slots=True)
class Source:
    """The text of an article; extracted: it was taken out of an HTML page, and is not the file's own."""

    text: str
    extracted: bool


def read_source(file: str, standard: BinaryIO) -> Source:
    """Read a file, or `-` for standard input, as it is: line ends stay what they are, only a byte order mark goes.

    Raises OSError for a file that can't be opened, and DetenteError for one without an article.
    """
    name = "standard input" if file == STANDARD else file
    if file == STANDARD:
        data = standard.read(LARGEST_PAGE + 1)
    else:
        with Path(file).open("rb") as stream:
            data = stream.read(LARGEST_PAGE + 1)
    if len(data) > LARGEST_PAGE:
        raise ArticleFileError(f"{name}: has more than {LARGEST_PAGE:,} bytes: is it an article?")
    extracted = is_page(file, data)
    text = main_text(name, data) if extracted else _plain(name, data)
    if not text.strip():
        raise ArticleFileError(f"{name}: is empty or holds only spaces")
    if len(text) > MAX_CHARACTERS:
        message = f"{name}: has {len(text):,} characters, at most {MAX_CHARACTERS:,} are read"
        raise ArticleFileError(f"{message}: split it where a section begins")
    return Source(text, extracted)


def _plain(name: str, data: bytes) -> str:
    for begin, what in _NO_TEXTS.items():
        if data.startswith(begin):
            raise ArticleFileError(f"{name}: is {what}: save its text as a .txt file")
    if data.startswith(_UTF16):
        raise ArticleFileError(f"{name}: is UTF-16: save it as UTF-8, such as with iconv -f UTF-16 -t UTF-8")
    if b"\0" in data:
        raise ArticleFileError(f"{name}: byte {data.index(0)} is 0, which no text has: save it as a text in UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{name}: byte {error.start} is no UTF-8: save it as UTF-8"
        raise ArticleFileError(f"{message}, such as with iconv -f WINDOWS-1252 -t UTF-8") from error
