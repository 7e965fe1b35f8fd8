"""API keys: a random token for whoever asks, its hash for the server, and how often it may ask."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from limits import RateLimitItem

from model.errors import DetenteError
from serve.rates import notation, read_rate, shortened
from serve.settings import PREFIX, Settings

_BEGINS = "dtk_"  # so that people, and tools that look for secrets in files, know one when they see it
_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")  # too short for a token or a hash: names are logged
_HASH = re.compile(r"[0-9a-f]{64}")
_ADMIN = "admin"


class KeysError(DetenteError):
    """Keys that can't be used; names the place, and never shows a token or a hash in full."""


@dataclass(frozen=True)
class ApiKey:
    """A key as the server knows it: whose it is, the SHA-256 of its token and what it may do."""

    name: str
    digest: str = field(repr=False)
    admin: bool = False
    rate: RateLimitItem | None = None


@dataclass(frozen=True)
class Keys:
    """All configured keys; false where there are none."""

    keys: tuple[ApiKey, ...] = ()

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, given: str) -> ApiKey | None:
        """Return the key whose token was given. The time it takes tells nothing about the hashes."""
        digest, found = _digest(given), None
        for key in self.keys:  # to the end, whichever it is
            if hmac.compare_digest(digest, key.digest):
                found = key
        return found


def read_keys(settings: Settings) -> Keys:
    """Return the keys of DETENTE_KEYS and of the file DETENTE_KEYS_FILE; a change is seen at the next start.

    Raises KeysError and RateError.
    """
    entries = [(f"{PREFIX}KEYS, key {number}", entry) for number, entry in enumerate(settings.keys.split(), start=1)]
    if settings.keys_file is not None:
        entries += _in_file(settings.keys_file)
    if not entries and (settings.keys or settings.keys_file is not None):
        where = settings.keys_file or f"{PREFIX}KEYS"
        raise KeysError(f"{where}: holds no key, which would let everybody in: add one with `detente key new NAME`")
    read: list[ApiKey] = []
    places: dict[str, str] = {}
    for where, entry in entries:
        key = _read(entry, where)
        for value, kind in ((key.name, "name"), (key.digest, "hash")):
            if value in places:
                raise KeysError(f"{where}: key {key.name} has the {kind} of {places[value]}: each key needs its own")
            places[value] = where
        read.append(key)
    return Keys(tuple(read))


def new_key(name: str, *, admin: bool = False, rate: str | None = None) -> tuple[str, str]:
    """Return a new token, and the line that makes a server know it. Raises KeysError and RateError."""
    # SHA-256 without salt or stretching is enough: those slow down guessing of what people choose,
    # and nobody guesses 256 random bits.
    token = _BEGINS + secrets.token_urlsafe(_BYTES)
    options = ([_ADMIN] if admin else []) + ([notation(read_rate(rate, "rate"))] if rate is not None else [])
    line = ":".join([name, _digest(token), *options])
    _read(line, "new key")  # what is no name is told here
    return token, line


def _read(entry: str, where: str) -> ApiKey:
    name, _, rest = entry.partition(":")
    digest, *options = rest.split(":")
    if not _NAME.fullmatch(name):
        fitting = "1 to 40 letters, digits, dots, dashes and underscores"
        raise KeysError(f"{where}: {shortened(name)!r} is no name: take {fitting} (a key is NAME:SHA256[:OPTION])")
    where = f"{where}: {name}"
    if not _HASH.fullmatch(digest.lower()):
        way = f"`detente key new {name}` prints the line for a new key"
        raise KeysError(f"{where}: the part after the name is no SHA-256 of 64 hexadecimal digits: {way}")
    rate = None
    for option in options:
        if option == _ADMIN:
            continue
        if not option[:1].isdigit():
            raise KeysError(f"{where}: {shortened(option)!r} is no option: there are {_ADMIN} and a rate as 600/minute")
        if rate is not None:
            raise KeysError(f"{where}: has more than one rate: leave one")
        rate = read_rate(option, where)
    return ApiKey(name, digest.lower(), _ADMIN in options, rate)


def _in_file(path: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise KeysError(f"{path}: the keys can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise KeysError(f"{path}: is no text in UTF-8: write a key a line, as `detente key new` prints it") from error
    for number, line in enumerate(lines, start=1):
        for entry in line.partition("#")[0].split():
            yield f"{path}:{number}", entry


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
