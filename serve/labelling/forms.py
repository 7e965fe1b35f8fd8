"""The formats of tables by their names."""

from collections.abc import Mapping

from serve.labelling.delimited import Delimited
from serve.labelling.jsonlines import JsonLines
from serve.labelling.kinds import Format
from serve.labelling.parquet import Parquet
from serve.labelling.tables import Form

FORMS: Mapping[Format, Form] = {
    Format.CSV: Delimited(","),
    Format.TSV: Delimited("\t"),
    Format.JSONL: JsonLines(),
    Format.PARQUET: Parquet(),
}
"""Of everything but plain texts, which become rows of one of these."""
