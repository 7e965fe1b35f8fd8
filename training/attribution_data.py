"""Articles whose quotes have been marked by hand: the format of `quotes_polnear_*.jsonl`, which QUOTES.md describes."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from model.articles.spans import Span
from model.errors import DataError


class Place(BaseModel):
    """A string in marks, without them: text[start:end] of the article."""

    model_config = ConfigDict(frozen=True)

    start: int
    end: int

    @property
    def span(self) -> Span:
        """Where it stands."""
        return Span(self.start, self.end)


class Attribution(BaseModel):
    """Where the mention of the speaker and the cue stand; null where the article has none."""

    model_config = ConfigDict(frozen=True)

    speaker_start: int | None
    speaker_end: int | None
    cue_start: int | None
    cue_end: int | None

    @property
    def speaker(self) -> Span | None:
        """Where the mention of the speaker stands."""
        return _span(self.speaker_start, self.speaker_end)

    @property
    def cue_span(self) -> Span | None:
        """Where the cue stands."""
        return _span(self.cue_start, self.cue_end)


class GoldQuote(Place, Attribution):
    """A quote with its speaker and its cue."""

    speaker_text: str | None
    speaker_head: str | None
    speaker_name: str | None = None
    cue: str | None


class Indirect(Attribution):
    """Reported speech without marks; spans: the pieces of what was said."""

    spans: tuple[tuple[int, int], ...]


class Article(BaseModel):
    """An article and its strings in double marks; `ignored` ones count neither as quotes nor as anything else."""

    model_config = ConfigDict(frozen=True)

    id: str
    text: str
    quotes: tuple[GoldQuote, ...]
    non_quotes: tuple[Place, ...]
    ignored: tuple[Place, ...]
    indirect: tuple[Indirect, ...] = ()


def read_articles(path: Path) -> Sequence[Article]:
    """Read one article a line. Raises DataError."""
    articles = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    articles.append(Article.model_validate_json(line))
                except ValidationError as error:
                    first = error.errors()[0]
                    field = ".".join(map(str, first["loc"]))
                    raise DataError(f"{path}:{number}: {field}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {error}") from error
    if not articles:
        raise DataError(f"{path}: holds no article")
    return articles


def _span(start: int | None, end: int | None) -> Span | None:
    return None if start is None or end is None else Span(start, end)
