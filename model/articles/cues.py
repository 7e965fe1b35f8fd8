"""The words that rules tell quotes by: verbs of saying and naming in all their forms, and nouns of saying."""

from dataclasses import dataclass
from enum import Enum

from model.articles.words import listed


class Kind(Enum):
    """What a verb does with a string in quotation marks."""

    SAY = "say"  # takes what was said: "…," he said
    CALL = "call"  # takes a name for something: he called it "…"
    DEEM = "deem"  # tells of a thought, an act or a tone: he wants a "…"


class Form(Enum):
    """Which form of a verb a word is; the past tense stands for the participle too."""

    BASE = "base"
    PRESENT = "present"
    PAST = "past"
    GERUND = "gerund"


@dataclass(frozen=True, slots=True)
class Verb:
    """What a word is as a verb."""

    kind: Kind
    form: Form


# Base, present, past, participle and gerund.
_IRREGULAR = {
    Kind.SAY: """
say says said said saying; tell tells told told telling; write writes wrote written writing; put puts put put putting
read reads read read reading; cut cuts cut cut cutting; swear swears swore sworn swearing; sing sings sang sung singing
go goes went gone going; hit hits hit hit hitting; shoot shoots shot shot shooting; bet bets bet bet betting
brag brags bragged bragged bragging
quip quips quipped quipped quipping; retell retells retold retold retelling; admit admits admitted admitted admitting
snap snaps snapped snapped snapping; concur concurs concurred concurred concurring
""",
    Kind.CALL: """
see sees saw seen seeing; dub dubs dubbed dubbed dubbing; tag tags tagged tagged tagging; pan pans panned panned panning
label labels labelled labelled labelling
""",
    Kind.DEEM: """
think thinks thought thought thinking; feel feels felt felt feeling; find finds found found finding
know knows knew known knowing; slam slams slammed slammed slamming; rip rips ripped ripped ripping
speak speaks spoke spoken speaking; send sends sent sent sending; refer refers referred referred referring
understand understands understood understood understanding; forbid forbids forbade forbidden forbidding
teach teaches taught taught teaching; commit commits committed committed committing; seek seeks sought sought seeking
plan plans planned planned planning; ban bans banned banned banning; beg begs begged begged begging
""",
}
_REGULAR = {
    Kind.SAY: """
accuse acknowledge add admit advise affirm agree allege announce answer apologise apologize argue ask assert assure
attest bark beam bellow bemoan blog blurt boast bristle caution challenge chant charge chide chime chuckle claim
clarify comment complain concede conclude confess confirm contend continue counsel counter crack cry deadpan declare
demand deny disagree echo elaborate email e-mail emphasise emphasize exclaim exhort explain figure fire fume gripe groan
growl grumble guess gush heckle hint hiss holler implore inform inquire insist instruct interject interrupt intone
jeer joke lament laugh maintain marvel mention moan mumble murmur muse mutter narrate note object observe offer opine
order plead pledge point post predict proclaim promise pronounce prophesy protest query rail rant react reason recall
reckon recount reflect reiterate rejoin relate remark remind repeat reply report respond retort retweet reveal rhyme
riff roar rule scoff scrawl scream shout shriek sigh signal sneer sniff speculate state stress suggest taunt tease
testify text thunder tweet underline underscore urge venture volunteer vow warn weigh whisper wonder yell
""",
    Kind.CALL: """
brand call cast champion characterise characterize christen compare condemn consider criticise criticize deem denounce
depict deride describe disparage dismiss excoriate hail label lambast lambaste laud liken mock name nickname paint
portray praise regard reject rename ridicule style term tout accuse decry blast
""",
    Kind.DEEM: """
admire admonish advocate allow applaud appeal assess assume attack bash believe berate blame chastise cite concern
congratulate credit decide decline defend deliver detail determine direct discuss display dispute dream encourage
endorse estimate expect express fear feature focus hope identify imagine imply indicate intend interpret invite invoke
issue lecture list mandate oppose outline perceive permit picture pray prefer print prohibit promote propose publish
question quote rank rate rebuke recommend refuse release request require scold shame specify stipulate support suspect
thank threaten view voice vote want welcome worry doubt
""",
}
_HISSING = ("s", "sh", "ch", "x", "o")


def _forms(base: str) -> tuple[str, ...]:
    if base.endswith("e"):
        return base, f"{base}s", f"{base}d", f"{base}d", f"{base[:-1]}ing"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base, f"{base[:-1]}ies", f"{base[:-1]}ied", f"{base[:-1]}ied", f"{base}ing"
    present = f"{base}es" if base.endswith(_HISSING) else f"{base}s"
    return base, present, f"{base}ed", f"{base}ed", f"{base}ing"


def _verbs() -> dict[str, Verb]:
    # The past first: "put" is more often that than the base.
    order = (Form.PAST, Form.PAST, Form.PRESENT, Form.GERUND, Form.BASE)
    found: dict[str, Verb] = {}
    for kind in Kind:
        rows = [tuple(row.split()) for row in _IRREGULAR[kind].replace("\n", ";").split(";") if row.strip()]
        rows += [_forms(base) for base in _REGULAR[kind].split()]
        for base, present, past, participle, gerund in rows:
            for word, form in zip((past, participle, present, gerund, base), order, strict=True):
                found.setdefault(word, Verb(kind, form))
    return found


VERBS = _verbs()

_PARTICLES = {
    "go goes went gone going": "on",
    "fire fires fired firing shoot shoots shot shooting hit hits": "back",
    "weigh weighs weighed weighing chime chimes chimed chiming cut cuts": "in",
    "point points pointed pointing": "out to",
    "put puts putting": "it",
}
PARTICLES = {verb: frozenset(after.split()) for verbs, after in _PARTICLES.items() for verb in verbs.split()}
"""Verbs that tell of speaking only before certain words: "went on", "put it"."""

NOUNS = listed(
    """
accusation accusations admission allegation allegations answer argument arguments assertion assessment attack attacks
belief boast boasts call calls catchphrase chant characterization charge charges claim claims comment comments complaint
conclusion contention criticism declaration demand demands denial description desire explanation idea insistence insult
joke letter line mantra message motto notion opinion phrase plea pledge post prediction promise proposal proposals
question quote reference references refrain remark remarks reply response rhetoric slogan speech statement suggestion
telling term tweet tweets view vision vow warning warnings word words
"""
)
"""Nouns of saying, which belong to the speaker: "her claim that"."""

ALSO_NOUNS = listed(
    """
answers attacks bets blames brands calls charges claims comments concerns cracks cries demands details displays doubts
e-mails echoes emails fears features fires focuses hints hits hopes issues labels lists moans names notes offers
orders plans pledges points posts praises prints promises questions quotes ranks rates reads reasons reports
requests roars rules signals states styles supports tags taunts terms texts thanks tweets views votes vows
"""
)
"""Forms of those verbs in -s that are as often nouns."""

CARRIERS = listed(
    """
ad address advertisement appearance article banner banners call conference debate document e-mail email essay interview
letter memo message news note op-ed petition phone post posting press release remarks report sign signs speech statement
telephone conversation tweet video website
"""
)
"""What words stand in: whoever "released a statement saying" something says it, not the statement."""
