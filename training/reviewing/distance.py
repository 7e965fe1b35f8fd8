"""How far quotes are from those the model learned from, in the words that carry no name."""

import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.pipeline import make_pipeline

_SLOT = re.compile(r"\{\w+\}")
# Names are exchanged in training, so that an unknown one makes no quote foreign; they have a capital.
_WORD = r"(?u)\b(?![A-Z])[^\W\d_]\w*"
_FEWEST_WORDS = 4  # of which a distance can be told
_SAMPLE = 1000
_FAR = 95  # percentile of the training quotes' own distances
_TOGETHER = 512  # quotes compared at a time


class Distance:
    """1 less the largest cosine to a training quote, on logarithmic counts of words times inverse document frequency.

    Words are hashed, so that those the training quotes don't have count too. far: the distance that 95 % of training
    quotes have at most to their nearest other one.
    """

    def __init__(self, training: Sequence[str]) -> None:
        texts = [_SLOT.sub("", text) for text in training]
        hashed = HashingVectorizer(
            token_pattern=_WORD, lowercase=False, alternate_sign=False, norm=None, n_features=2**18
        )
        self._weigh = make_pipeline(hashed, TfidfTransformer(sublinear_tf=True))
        self._words = re.compile(_WORD)
        self._known = self._weigh.fit_transform(texts).T.tocsr()
        sample = random.Random(0).sample(texts, min(_SAMPLE, len(texts)))
        # The most similar quote is itself, so that the second is its nearest other one.
        second = [np.partition(part.toarray(), -2, axis=1)[:, -2] for part in self._similarities(sample)]
        self.far = float(np.percentile(1 - np.concatenate(second), _FAR))

    def of(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return distances in [0, 1], of shape (texts,); NaN where there are too few words to tell."""
        nearest = [_largest(part) for part in self._similarities(texts)]
        short = [len(self._words.findall(text)) < _FEWEST_WORDS for text in texts]
        return np.where(short, np.nan, np.clip(1 - np.concatenate(nearest), 0, 1))

    def _similarities(self, texts: Sequence[str]) -> Iterator[Any]:
        """Yield cosines to all training quotes, sparse, of shape (some of the texts, training quotes)."""
        for start in range(0, len(texts), _TOGETHER):
            yield self._weigh.transform(texts[start : start + _TOGETHER]) @ self._known


def _largest(part: Any) -> npt.NDArray[np.float64]:
    """Return the largest of each row of a sparse matrix without negatives; its own `max` would sort it first."""
    filled = np.diff(part.indptr) > 0
    largest = np.zeros(part.shape[0])
    if filled.any():
        largest[filled] = np.maximum.reduceat(part.data, part.indptr[:-1][filled])
    return largest
