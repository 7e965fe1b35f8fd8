"""API keys: what is configured, what is refused, and that only the right token is found."""

import hashlib
import hmac
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

import detente
from model.errors import DetenteError
from serve.keys import Keys, KeysError, new_key, read_keys
from serve.rates import read_rate
from serve.settings import Settings

HASH = hashlib.sha256(b"one").hexdigest()
OTHER = hashlib.sha256(b"two").hexdigest()
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", fullmatch=True)
RATES = st.builds(
    "{}/{}{}".format,
    st.integers(1, 100_000),
    st.one_of(st.just(""), st.integers(1, 300)),
    st.sampled_from(("second", "seconds", "minute", "hour", "day")),
)
TEXTS = st.text(st.characters(exclude_categories=[]), max_size=80)  # half characters too


def read(text):
    return read_keys(Settings(keys=text))


@given(st.lists(st.tuples(NAMES, st.booleans(), st.none() | RATES), unique_by=lambda each: each[0], max_size=5))
def test_new_keys_are_found_by_their_tokens(wanted):
    """What `new_key` prints can be configured together, and each token finds its own name, right and rate."""
    made = [new_key(name, admin=admin, rate=rate) for name, admin, rate in wanted]
    keys = read("\n".join(line for _, line in made))
    assert len(keys) == len(wanted)
    for (token, line), (name, admin, rate) in zip(made, wanted, strict=True):
        assert token.startswith("dtk_")
        assert token not in line
        found = keys.find(token)
        assert found is not None
        assert (found.name, found.admin) == (name, admin)
        assert found.rate == (None if rate is None else read_rate(rate, "here"))


@given(TEXTS)
@example("\ud800")
@example("dtk_" * 100_000)
def test_nothing_else_is_found(text):
    """Whatever else is given finds nothing, a hash itself included, and nothing breaks on it."""
    token, line = new_key("a")
    keys = read(line)
    assert all(keys.find(each) is None for each in (text, token + text + "x", text + token[:-1], line.split(":")[1]))


def test_tokens_differ():
    """No two tokens are the same, and each holds 256 random bits."""
    tokens = {new_key("a")[0] for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == len("dtk_") + 43 for token in tokens)  # 43 characters of 6 bits


@pytest.mark.parametrize("place", [None, 0, 4, 9])
def test_every_hash_is_compared(monkeypatch, place):
    """The comparisons are the same wherever the right key stands, and when there is none."""
    made = [new_key(f"k{number}") for number in range(10)]
    keys, compared, compare = read(" ".join(line for _, line in made)), [], hmac.compare_digest

    def counted(one, other):
        compared.append(other)
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    found = keys.find("dtk_unknown" if place is None else made[place][0])
    assert (found and found.name) == (None if place is None else f"k{place}")
    assert compared == [key.digest for key in keys.keys]


def test_file_and_environment_together(tmp_path):
    """Keys come from both; blank lines and comments are skipped, and hashes may be in capitals."""
    path = tmp_path / "keys"
    path.write_text(f"\ufeff# who may ask\n\n b:{OTHER.upper()}:admin:5/minute  # the desk\n", encoding="utf-8")
    keys = read_keys(Settings(keys=f"a:{HASH}", keys_file=path)).keys
    assert [(key.name, key.digest, key.admin) for key in keys] == [("a", HASH, False), ("b", OTHER, True)]
    assert keys[1].rate == read_rate("5/minute", "here")


def test_no_keys_are_configured():
    """Without either setting there are none, and what finds keys is false."""
    assert not read_keys(Settings())
    assert read(f"a:{HASH}")
    assert Keys().find("dtk_x") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "DETENTE_KEYS, key 1: a: the part after the name is no SHA-256"),
        (
            f"a:{HASH} b:{OTHER[:-1]}",
            "key 2: b: the part after the name is no SHA-256 of 64 hexadecimal digits: `detente",
        ),
        (f"a:{HASH} b:{OTHER}x", "key 2: b: the part after"),
        (f":{HASH}", "key 1: '' is no name"),
        (f"ä:{HASH}", "key 1: 'ä' is no name: take 1 to 40 letters"),
        (HASH, f"key 1: '{HASH[:8]}…' is no name"),
        (f"a:{HASH} a:{OTHER}", "key 2: key a has the name of DETENTE_KEYS, key 1: each key needs its own"),
        (f"a:{HASH} b:{HASH}", "key 2: key b has the hash of DETENTE_KEYS, key 1"),
        (f"a:{HASH}:root", "key 1: a: 'root' is no option: there are admin and a rate as 600/minute"),
        (f"a:{HASH}:", "a: '' is no option"),
        (f"a:{HASH}:{OTHER.replace('3', 'x')}", "…' is no"),
        (f"a:{HASH}:5/fortnight", "a: '5/fortnight' is no rate: write it as 600/minute"),
        (f"a:{HASH}:5/minute:6/day", "a: has more than one rate"),
        (" ", "DETENTE_KEYS: holds no key, which would let everybody in"),
    ],
)
def test_bad_lines_are_named(text, message):
    """The error says which key, what is wrong with it and what to do, and repeats neither hash nor token."""
    with pytest.raises(DetenteError) as caught:
        read(text)
    assert message in str(caught.value)
    assert not {HASH, OTHER} & set(str(caught.value).replace("'", " ").replace(":", " ").split())


@given(
    st.lists(st.sampled_from(["a", ":", " ", HASH, "admin", "5/minute", "5", "dtk_" + "A" * 43]) | TEXTS, max_size=8)
)
def test_any_text_is_read_or_refused(parts):
    """No text makes reading fail otherwise, and no hash or token is in the error or in what is printed of keys."""
    text = "".join(parts).replace("\0", "")
    try:
        told = repr(read(text))
    except DetenteError as error:
        told = str(error)
    assert HASH not in told
    assert "dtk_" + "A" * 43 not in told


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the keys can't be read: No such file"),
        (b"", "holds no key"),
        (b"# none yet\n", "holds no key"),
        (b"\xff\xfe", "is no text in UTF-8"),
        (f"# one\na:{HASH}\nb:1".encode(), ":3: b: the part after the name"),
    ],
)
def test_bad_files_are_named(tmp_path, content, message):
    """A file that is missing, empty or no text stops the start, and a bad line is named by its number."""
    path = tmp_path / "keys"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KeysError) as caught:
        read_keys(Settings(keys_file=path))
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_command_makes_a_key():
    """`detente key new` prints a token and the line that makes a server know it, for people and for programs."""
    done = CliRunner().invoke(detente.app, ["key", "new", "desk", "--admin", "--rate", "600/minute"])
    token, line = (part.strip() for part in done.stdout.splitlines() if part.startswith("    "))
    found = read(line).find(token)
    assert found is not None
    assert (found.name, found.admin, found.rate) == ("desk", True, read_rate("600/minute", "here"))

    made = json.loads(CliRunner().invoke(detente.app, ["key", "new", "desk", "--json"]).stdout)
    found = read(made["line"]).find(made["token"])
    assert found is not None
    assert (found.name, found.admin, found.rate, made["name"]) == ("desk", False, None, "desk")


@pytest.mark.parametrize("args", [["two words"], ["desk", "--rate", "often"], []])
def test_command_refuses_wrong_use(args):
    """A name or rate that no server would take is wrong use, and makes no token."""
    done = CliRunner().invoke(detente.app, ["key", "new", *args])
    assert done.exit_code == 2
    assert "dtk_" not in done.output
