"""The scene: who is mentioned in the narrative, and whom its pronouns and descriptions mean."""

from model.articles.mentions import find_names
from model.articles.people import find_people
from model.articles.portraits import portray
from model.articles.scene import Scene
from model.articles.spans import Span
from model.articles.words import read_words


def read(text, quotes=()):
    words = read_words(text, quotes)
    people = find_people(words, find_names(text, words))
    portray(text, words, people, ())
    return words, Scene(words, people, ())


def meant(text):
    """Give what each pronoun or described noun of a text means."""
    words, scene = read(text)
    return {words[place].text: entity and entity.parts[-1] for place, (entity, _) in sorted(scene.means.items())}


def test_quotes_and_headlines_are_left_out():
    """Nobody enters the scene there."""
    text = "Peter Adler Wins\nHarold Voss came. “Ask Karl Moser,” it said."
    _, scene = read(text, [Span(text.index("“"), text.index("”") + 1)])
    assert [mention.entity.parts[-1] for mention in scene.mentions] == ["voss"]


def test_pronouns_and_descriptions_are_mentions():
    """They carry their person on; a description without a name is somebody, but nobody known."""
    _, scene = read("Mayor Ilse Brandt came. She smiled. The mayor sat down. A lawyer laughed.")
    assert [mention.entity and mention.entity.parts[-1] for mention in scene.mentions] == ["brandt"] * 3 + [None]
    assert [mention.named for mention in scene.mentions] == [True, False, False, False]


def test_gender_is_learned():
    """A pronoun that can mean only one person tells the gender from there on."""
    text = "Abcd Xyz said no. He left. Abcd Xyz came back with Ingrid Moser. Then she slept."
    assert meant(text) == {"He": "xyz", "she": "moser"}


def test_descriptions():
    """The holder of the title, near enough and of no other party; whom the text is about if nobody has one."""
    assert meant("Senator Ilse Brandt came. The senator sat down.")["senator"] == "brandt"
    assert meant("Ilse Brandt came. The billionaire sat down.")["billionaire"] == "brandt"
    assert meant("Ilse Brandt came. The lawyer sat down.")["lawyer"] is None
    assert meant("Republican Senator Ilse Brandt came. The Democratic senator sat.")["senator"] is None
    far = "Senator Ilse Brandt came. " + "Karl Moser slept. " * 6
    assert meant(far + "The senator sat down.")["senator"] != "brandt"


def test_before():
    """The mentions before a place, and no later ones."""
    words, scene = read("Ilse Brandt met Karl Moser. Rosa Marsh left.")
    place = next(i for i, word in enumerate(words) if word.text == "Rosa")
    assert [mention.entity.parts[-1] for mention in scene.before(place)] == ["brandt", "moser"]
