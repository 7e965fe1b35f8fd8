"""Whom "who", "they", "it" and "the pair" point back at."""

from model.articles.antecedents import Antecedents
from model.articles.mentions import find_names
from model.articles.people import find_people
from model.articles.portraits import portray
from model.articles.scene import Scene
from model.articles.words import read_words


def back(text, look):
    """Look back from the last word of a text, which goes on somehow."""
    place = len(read_words(text, [])) - 1
    text += " spoke for a while."
    words = read_words(text, [])
    people = find_people(words, find_names(text, words))
    portray(text, words, people, ())
    found = getattr(Antecedents(words, people, Scene(words, people, ())), look)(place)
    return [entity.parts[-1] for entity, _ in found if entity is not None]


def test_who():
    """The name beside it, the one before an insertion, or the described person; no organisation and nobody far off."""
    assert back("It was Harold Voss, who", "who") == ["voss"]
    assert back("It was Harold Voss, a lawyer from Ohio, who", "who") == ["voss"]
    assert back("Mayor Harold Voss left. It was for the mayor, who", "who") == ["voss"]
    assert back("It was the Harbour Board, which", "who") == ["board"]
    assert back("It was the Harbour Board, who", "who") == []
    assert back("Harold Voss saw a man who", "who") == []
    assert back("Harold Voss left. It was who", "who") == []


def test_they():
    """Two people who are together the subject of the sentence before; no group and no two who were only met."""
    assert back("Harold Voss and Ilse Brandt met. They", "they") == ["voss", "brandt"]
    assert back("Farmers met with Harold Voss and Ilse Brandt. They", "they") == []
    assert back("Harold Voss and Ilse Brandt met. It rained. Farmers came. They", "they") == []


def test_pair():
    """The last two named together, else the only two of the sentence before."""
    assert back("Harold Voss and Ilse Brandt met. It rained. The pair", "pair") == ["voss", "brandt"]
    assert back("Harold Voss called Ilse Brandt. The pair", "pair") == ["voss", "brandt"]
    assert back("Harold Voss called Ilse Brandt about Karl Moser. The pair", "pair") == []
    assert back("Harold Voss slept. The pair", "pair") == []


def test_it():
    """The one organisation that acts in this sentence or the last."""
    assert back("The Harbour Board said so. It", "it") == ["board"]
    assert back("The Harbour Board told the Safety Council. It", "it") == ["board"]
    assert back("The Harbour Board said no and the Safety Council said yes. It", "it") == []
    assert back("Harold Voss said so. It", "it") == []
