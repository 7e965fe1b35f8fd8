"""The small words of English that say what stands around a name: prepositions, conjunctions, determiners, verbs."""

from model.articles.words import listed

PREPOSITIONS = listed(
    """
about above across after against along alongside among around at before behind below beneath beside besides between
beyond by despite during except for from in inside into like near of off on onto opposite outside over past per since
than through throughout to toward towards under unlike until upon versus via vs with within without
"""
)

CONJUNCTIONS = listed(
    """
after although and as because before but if or once since so than that though unless until when where whereas
whether which while
"""
)

# What opens a noun phrase: "the", "her", "one"; the definite ones point to somebody known.
DEFINITE = listed("the this that his her their its our my")
DETERMINERS = DEFINITE | listed("a an another any each every no one some several two three many these those")

_PRONOUNS = listed("he him his himself she her hers herself they them their it its who whom whose")

_SENTENCE_OPENERS = listed(
    """
again all also anybody anyone are asked at both called can clearly could declared did do does earlier either even
everybody everyone few finally first given had has have here how however i indeed instead is just last late later let
maybe me meanwhile monday more moreover most much neither never next nobody none nor not nothing now nowhere only other
others perhaps please rather recently responding saturday says second she should somebody someone something sometimes
somewhat soon speaking still such sunday then there thereafter thirdly thursday thus today together tomorrow tonight too
tuesday was we wednesday were what whatever whenever whoever why will would yes yesterday yet you your friday january
february september october november december weeks days months yeah well ok okay oh according addressing citing
noting calling saying talking talk referring said i'm i've i'll i'd it's that's what's there's you're we're he's she's
they're don't didn't it'll let's we've we'll you've you'll they've he'd she'd we'd
"""
)

FUNCTION_WORDS = PREPOSITIONS | CONJUNCTIONS | DETERMINERS | _PRONOUNS | _SENTENCE_OPENERS
"""Words that no name begins or ends with, though they may have a capital."""

SPEECH = listed(
    """
said says say told tells asked asks added adds wrote writes argued argues tweeted tweets continued continues explained
explains replied replies responded responds insisted insists declared declares noted notes recalled recalls quipped
warned warns called calls concluded concludes joked jokes stated states predicted vowed pledged claimed claims suggested
suggests acknowledged acknowledges conceded concedes announced announces exclaimed countered complained remarked shouted
"""
)

_VERBS = SPEECH | listed(
    """
is was has had does did will would can could may might must should also never often then later thinks thought knew
knows went goes came comes became becomes made makes took takes gave gives got gets saw sees won wins lost loses ran
runs began begins spoke speaks stood stands held holds kept keeps left leaves met meets paid put rose rises sat set
sought seeks struck understood wore led leads felt feels found finds drew draws won't didn't doesn't hasn't hadn't isn't
wasn't wouldn't couldn't can't who himself herself
"""
)

# Nouns that a name before them only qualifies: the Doe campaign, Roe supporters.
QUALIFIED = listed(
    """
administration adviser advisers advisor advisors aide aides allies ally appointee appointees associates backer backers
brand camp campaign campaigns candidacy challenger critic critics crowd delegate delegates donor donors era event events
family fan fans foundation fundraiser fundraisers government insider insiders loyalist loyalists nomination nominee
official officials opponent opponents organization plan policies policy presidency rally rallies spokesman spokesperson
spokeswoman staff staffer staffers strategist strategists supporter supporters surrogate surrogates team ticket tower
transition victory volunteer volunteers voter voters website win
"""
)

# The ending that says whose something is.
POSSESSIVES = frozenset({"'s", "\u2019s", "'S", "\u2019S"})


def is_verb(word: str) -> bool:
    """Whether a small-letter word that follows a name looks like its verb."""
    return word in _VERBS or (word.endswith("ed") and word.islower())
