"""Lines in, answers out, in order."""

import io

from model.errors import QuoteError
from model.stance import Prediction
from serve.lines import answer_lines, read_lines


def test_lines_keep_their_order_and_number(predictor):
    """Good and bad lines come back where they stood, read ahead or one by one."""
    texts = ["", "We thank them.", " ", "", "They lied.", ""]
    for one_by_one in (True, False):
        lines = list(answer_lines(predictor, texts, None, one_by_one=one_by_one))
        assert [(line.number, line.text) for line in lines] == list(enumerate(texts, 1))
        assert [type(line.answer) for line in lines] == [
            QuoteError if not text.strip() else Prediction for text in texts
        ]


def test_typed_lines_are_answered_at_once(predictor):
    """One by one, an answer comes before the next line is read."""
    asked = []

    def typed():
        for text in ("We thank them.", "They lied."):
            asked.append(text)
            yield text

    next(answer_lines(predictor, typed(), None, one_by_one=True))
    assert asked == ["We thank them."]


def test_lines_that_are_no_utf8_are_bad_quotes(predictor):
    """They are refused one by one, whatever line ends the file has."""
    lines = list(read_lines(io.BytesIO(b"Thank you.\r\n\xff\xfe\nNo deal.")))
    assert lines[0] == "Thank you."
    answers = [line.answer for line in answer_lines(predictor, lines, None, one_by_one=False)]
    assert [type(answer) for answer in answers] == [Prediction, QuoteError, Prediction]
