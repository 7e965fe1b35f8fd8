"""The main text of an HTML page, without menus, advertisements and comments; what the page refers to is not fetched."""

import re

from model.errors import DetenteError

LARGEST_PAGE = 10_000_000
"""Bytes of a page that is read."""

_ENDINGS = (".html", ".htm", ".xhtml")
_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_DECLARED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_HEAD = 2048  # bytes in which a page declares its encoding
_SUPERSETS = {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252"}  # what browsers take them for
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")  # of an encoding that the text no longer has


class PageError(DetenteError):
    """A page that can't be read, or has no text."""


def is_page(name: str, data: bytes) -> bool:
    """Tell by its name or its begin whether a file is an HTML page."""
    return name.lower().endswith(_ENDINGS) or _BEGIN.match(data) is not None


def main_text(name: str, data: bytes) -> str:
    """Return the text of a page's article, a blank line between its paragraphs. Raises PageError."""
    try:
        from trafilatura import extract  # noqa: PLC0415, an extra, and heavy
    except ModuleNotFoundError as error:
        setup = "pip install --constraint constraints.txt --editable '.[html]'"
        message = f"{name} is HTML, and {error.name} is not installed; pages need the extra `html`: {setup}"
        raise PageError(message) from error
    page = _XML_DECLARATION.sub("", _decoded(name, data))
    text = extract(page, include_comments=False)
    if not text or not text.strip():
        raise PageError(f"{name}: no article was found in the page: save its text as a .txt file")
    return "\n\n".join(line for line in text.splitlines() if line.strip())


def _decoded(name: str, data: bytes) -> str:
    """Decode a page that is UTF-8, or says what it is."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        declared = _DECLARED.search(data, 0, _HEAD)
        if declared is None:
            message = (
                f"{name}: byte {error.start} is no UTF-8, and the page declares no other charset: save it as UTF-8"
            )
            raise PageError(message) from error
    charset = declared[1].decode().lower()
    try:
        return data.decode(_SUPERSETS.get(charset, charset))
    except (LookupError, UnicodeError) as error:
        raise PageError(f"{name}: is not in {charset}, the charset that it declares: save it as UTF-8") from error
