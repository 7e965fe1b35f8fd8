"""The report as one HTML file: pictures inline, no scripts, every text of the data escaped."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from model.stance import STANCES
from model.untrusted import told
from training.labelled import Judged, text_of
from training.reporting.drawing import MOST_GROUPS, shown_name
from training.reporting.findings import Findings
from training.reporting.quantify import Estimate
from training.reporting.tally import Line

_FEW_DOCUMENTS = 10

_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1c1b1a; background: #fdfcfa; max-width: 74rem; margin: 2rem auto;
  padding: 0 1rem; }
p, blockquote { max-width: 46rem; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
img { display: block; max-width: 60rem; width: 100%; margin: 1.5rem 0; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .8rem; }
th, td { padding: .3rem .4rem; border-bottom: 1px solid #ddd8d0; text-align: right; vertical-align: top; }
td:first-child { text-align: left; min-width: 9rem; }
th[colspan] { text-align: center; border-left: 1rem solid transparent; }
td small { display: block; color: #57534e; white-space: nowrap; } .few { color: #57534e; }
blockquote { margin: 0 0 1.2rem; padding-left: .8rem; border-left: 3px solid #cfccc7; overflow-wrap: anywhere; }
blockquote small { display: block; color: #57534e; }
blockquote.hostile { border-color: #a83800; } blockquote.conciliatory { border-color: #005a9c; }
"""

_HEAD = ((" colspan=5", ""), (" colspan=3", "as counted"), (" colspan=3", "corrected"), (" colspan=2", ""))
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def to_html(findings: Findings, pictures: Mapping[str, bytes]) -> bytes:
    """Return the page; pictures: PNG by what they show, in their order."""
    title = f"What {told(findings.labelled.path.name)} says"
    by, every = findings.division.by, findings.division.every
    body = [
        f"<h1>{escape(title)}</h1>",
        *(f"<p>{escape(line)}</p>" for line in _summary(findings)),
        *(_picture(name, png) for name, png in pictures.items()),
        f"<h2>{escape(f'By {told(by)}') if by else 'Figures'}</h2>",
        _table((findings.whole, *findings.groups), findings.division.fewest),
        *([f"<h2>By {every}</h2>", _table(findings.periods, findings.division.fewest)] if findings.periods else ()),
        *_quotes("Most hostile", findings.hostile, 1, findings),
        *_quotes("Most conciliatory", findings.conciliatory, 0, findings),
        "<h2>How to read it</h2>",
        *(f"<p>{escape(line)}</p>" for line in _method(findings)),
    ]
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title><style>{_STYLE}</style>'
    )
    lines = ("<!doctype html>", f'<html lang="en"><head>{head}</head><body>', *body, "</body></html>\n")
    return "\n".join(lines).encode()


def _summary(findings: Findings) -> Iterator[str]:
    whole = findings.whole
    uncertain = f"{whole.uncertain:,} of them are uncertain ({whole.uncertain / whole.quotes:.0%})"
    yield (
        f"{whole.quotes:,} quotes from {whole.documents:,} documents were judged; {uncertain}. "
        f"{_rows(whole.errors)} could not be judged and {'is' if whole.errors == 1 else 'are'} not counted."
    )
    if findings.errs_otherwise is not None:
        yield f"Take care: {findings.errs_otherwise}."
    if findings.periods:
        dated = f"{_rows(findings.undated)} without a date that can be read" if findings.undated else "All have a date"
        yield f"Dates are read from the column {told(findings.division.time)}. {dated}."
    if len(findings.groups) > MOST_GROUPS:
        yield f"The picture shows the {MOST_GROUPS} largest groups, the table all."


def _method(findings: Findings) -> Iterator[str]:
    yield (
        "Counted: what the model says, uncertain quotes too. Corrected: the shares at which a model that errs as this "
        f"one did on {findings.confusion.origin} would count so (adjusted counts, Forman 2008). If it errs otherwise "
        "here, they are off. The way out: label a random sample of your own rows, give its evaluation as --confusion."
    )
    yield (
        "Tone: P(conciliatory) - P(hostile), the mean over quotes. Balance: the corrected share of conciliatory quotes "
        "less that of hostile ones. Both run from -1 to 1. Tone is drawn toward 0 by the model's doubts; balance is "
        "not, and is less certain."
    )
    column, alone = findings.labelled.columns.document, "no column names documents (--document), so each row is one"
    documents = f"the column {told(column)} names them" if column else f"{alone}, and they are too narrow if it is not"
    yield (
        "Small figures are 95 % intervals, by a bootstrap over documents; the model's errors are drawn anew too, "
        f"as if their quotes were independent. Documents: {documents}."
    )
    fewest = findings.division.fewest
    yield (
        f"Groups of fewer than {fewest} quotes are put together as others. A star marks fewer than {fewest} quotes or "
        f"{_FEW_DOCUMENTS} documents: there the intervals themselves can't be trusted."
    )


def _table(lines: Sequence[Line], fewest: int) -> str:
    wide = "".join(f"<th{span}>{name}</th>" for span, name in _HEAD)
    names = ("", "quotes", "documents", "uncertain", "errors", *STANCES, *STANCES, "tone", "balance")
    head = f"<tr>{wide}</tr><tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"
    rows = "".join(_line(line, fewest) for line in lines)
    return f'<div class="wide"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _line(line: Line, fewest: int) -> str:
    few = line.quotes < fewest or line.documents < _FEW_DOCUMENTS
    counts = "".join(f"<td>{n:,}</td>" for n in (line.quotes, line.documents, line.uncertain, line.errors))
    found = line.estimates
    shares = "".join(_share(each) for each in (*found.raw, *found.corrected))
    tones = "".join(_tone(each) for each in (found.tone, found.balance))
    name = f"{escape(shown_name(line))}{'*' if few else ''}"
    return f"<tr{' class=few' if few else ''}><td>{name}</td>{counts}{shares}{tones}</tr>"


def _share(each: Estimate) -> str:
    bounds = f"<small>{each.low:.0%} to {each.high:.0%}</small>" if each.bounded else ""
    return f"<td>{each.value:.0%}{bounds}</td>"


def _tone(each: Estimate) -> str:
    bounds = f"<small>{each.low:+.2f} to {each.high:+.2f}</small>" if each.bounded else ""
    return f"<td>{each.value:+.2f}{bounds}</td>"


def _quotes(title: str, rows: Sequence[Judged], place: int, findings: Findings) -> Iterator[str]:
    yield f"<h2>{title}</h2>"
    for row in rows:
        where = [f"row {row.number:,}", *_named("document", row.document), *_named("id", row.id)]
        for column in (findings.division.by, findings.division.time):
            where += _named(column or "", text_of(row.fields, column))
        where.append(f"P({STANCES[place]}) {row.probabilities[place]:.3f}")
        text, told_where = escape(row.text), escape(" · ".join(where))
        yield f'<blockquote class="{STANCES[place]}">{text}<small>{told_where}</small></blockquote>'
    if not rows:
        yield "<p>None.</p>"


def _named(name: str, value: str | None) -> list[str]:
    return [] if value is None else [f"{told(name)} {told(value)}"]


def _picture(name: str, png: bytes) -> str:
    return f'<img alt="{escape(name)}" src="data:image/png;base64,{b64encode(png).decode()}">'


def _rows(count: int) -> str:
    return f"{count:,} row{'s'[: count != 1]}"
