"""The vocabulary of roles: what people are called beside their names, and what organisations are called."""

from model.articles.words import folded, listed

_SHORT_FORMS = {
    "sen": "senator",
    "rep": "representative",
    "gov": "governor",
    "lt": "lieutenant",
    "gen": "general",
    "col": "colonel",
    "maj": "major",
    "capt": "captain",
    "cmdr": "commander",
    "adm": "admiral",
    "sgt": "sergeant",
    "cpl": "corporal",
    "rev": "reverend",
    "fr": "father",
    "hon": "honorable",
    "dr": "doctor",
    "prof": "professor",
    "pres": "president",
    "sec": "secretary",
    "amb": "ambassador",
    "atty": "attorney",
    "supt": "superintendent",
    "congressman": "representative",
    "congresswoman": "representative",
    "lawmaker": "legislator",
    "advisor": "adviser",
    "spokeswoman": "spokesperson",
    "spokesman": "spokesperson",
    "chairwoman": "chair",
    "chairman": "chair",
    "chairperson": "chair",
    "frontrunner": "front-runner",
    "attorney": "lawyer",
    "businesswoman": "businessman",
    "ceo": "executive",
    "premier": "minister",
    "monarch": "king",
    "pontiff": "pope",
    "veep": "vice-president",
}

_STYLES = listed("mr mrs ms miss mme madame mx sir lord lady dame")

_REGAL = listed("pope king queen prince princess emperor sultan emir saint sheikh shaikh rabbi sister mother")

_ROLES = listed("""
academic activist actor actress alderman admiral administrator adviser aide ally ambassador analyst anchor
anthropologist archbishop architect artist assemblyman assemblywoman assistant associate astronaut athlete author
ayatollah baker banker barrister billionaire biographer biologist bishop blogger boss boxer brother broadcaster broker
builder businessman candidate captain cardinal caretaker celebrity chair chairperson champion chancellor chaplain chef
chief cleric clerk climatologist coach co-author co-chair co-founder colleague colonel columnist comedian commander
commentator commissioner composer comptroller congressman conservative constable consul consultant contractor
coordinator coroner correspondent councillor councilman councilwoman councilmember counsel counselor countess cousin
creator critic curator czar dean defendant delegate democrat dentist deputy designer detective developer dictator
diplomat director dissident doctor donor driver duchess duke economist editor emperor employee engineer entertainer
entrepreneur envoy epidemiologist evangelist executive expert explorer farmer father fellow fighter filmmaker
financier firefighter fisherman founder friend front-runner freeholder frontman fundraiser general geneticist
geologist governor graduate grandfather grandmother guard guitarist head headmaster heir heiress historian homeowner
host hostess husband imam immigrant incumbent inspector instructor insurgent interpreter investigator investor jeweler
journalist judge juror justice king laborer landlord lawmaker lawyer leader lecturer legislator liaison liberal
librarian lieutenant linguist lobbyist magistrate magnate major manager marshal mathematician mayor mechanic mediator
member meteorologist midwife militant millionaire miner minister missionary mobster model moderator mogul mother
musician negotiator neighbor neighbour nephew neurosurgeon niece nominee novelist nun nurse nutritionist observer
officer official ombudsman operative operator organizer organiser owner painter paramedic parliamentarian partner
pastor pathologist patriarch pharmacist philanthropist philosopher photographer physician physicist pilot player
playwright plumber poet politician pollster pontiff pope preacher premier president priest prime prince princess
principal prisoner producer professor programmer prophet prosecutor psychiatrist psychologist publicist publisher
queen rabbi ranger rapper rebel receptionist referee refugee registrar reporter representative republican researcher
resident restaurateur retiree reverend rival runner-up sailor salesman scholar scientist screenwriter secretary
senator sergeant sheriff shopkeeper singer sister skipper sociologist soldier solicitor son specialist speaker
spokesman spokesperson spokeswoman staffer star statistician strategist student sultan superintendent supervisor
supporter surgeon surrogate survivor tax-collector teacher technician technologist theologian therapist trader
translator treasurer trustee tycoon uncle undersecretary veteran veterinarian victim volunteer voter warden widow wife
winner witness worker writer youngster
""") | frozenset(_SHORT_FORMS)

# Roles that are as often somebody's name.
_SURNAMES = listed(
    "baker bishop brother cardinal chancellor coach cook dean driver duke earl farmer fisher guard head judge justice "
    "king knight major marshal miner page partner pope price priest prince singer star student warden"
)

_PEOPLE = listed("man woman boy girl person teenager guy lady gentleman politician newcomer daughter")

# What may stand before a role in one title: "former deputy campaign manager".
_MODIFIERS = listed("""
acting advertising affairs air alleged american anti-corruption army art assistant associate attorney ballot
basketball board bureau business cabinet campaign career central chief church city civil co-chief communications
community company compliance congressional conservative consumer convicted corporate council country county court
cultural defense defence democratic department deputy designated development digital diplomatic disgraced district
division economic economics education elected election emeritus energy environmental executive exiled federal film
finance financial first fire football foreign former founding frequent fund general global government group health
hedge high-ranking high-profile high homeland house human immigrant immigration incoming independent industry
influential intelligence interim international investigative labor labour law lead leading legal legislative liberal
lifelong local long-serving longtime long-time low majority managing media medical military minority music national
naval navy net network news newly-elected newspaper nominee nonprofit ousted opposition outgoing parliamentary party
peace police policy political poll polling popular press presidential presumptive primary prime principal private
pro-choice professional progressive prominent public radical radio ranking real-estate regional relations religious
research retired rights rival rookie ruling school science security self-described senate senior shadow sitting social
special sports staff star state technology television tea then then-president top trade transport treasury tribal tv
union university veteran vice video war web white-collar wealthy world young
""")

_DEPARTMENTS = listed(
    "affairs agriculture commerce defence defense development economy education energy finance foreign health homeland "
    "house housing human information intelligence interior justice labor labour operations public representatives "
    "security services staff state trade transport transportation treasury urban veterans war"
)

_GROUPS = listed("""
academy administration agency airlines alliance army assembly assn association authority band bank board brigade
broadcasting bureau cabinet campaign caucus center centre chamber church city club coalition college command
commission committee company conference confederation congress consortium convention cooperative corp corporation
council county court daily democrats department directorate district embassy enterprises exchange federation firm
force forces forum foundation front fund gazette government group guard guild hall herald holdings hospital house inc
industries initiative institute institution international journal kingdom laboratory league ltd magazine media
ministry mission monitor morning movement museum nations network networks news newspaper office opera orchestra order
organisation organization pac page parliament partners partnership party patrol police post press project pundits
radio records registry republic republicans review school schools senate service services society solutions states
street studio studios supreme symphony syndicate task tea team television temple times tribunal tribune trust union
university watch weekly works worldwide zoo
""")

# Words that make a capitalised run a place, an office or an adjective rather than somebody's name.
_ELSEWHERE = listed("""
african america american arab asia asian atlantic australia avenue bay beach britain british california canada capitol
carolina catholic central china chinese christian christmas city coast conservative constitution creek dakota day
democrat democratic democrats east eastern england europe european fbi federal florida fort france french german
germany gop greek hampshire hampton harbor heights high hill hindu hispanic house illinois india indian international
iowa iran iraq island islamic israel israeli italian italy japan japanese jersey jewish kansas korea korean labor
labour lake latin latino liberal maine massachusetts mexican mexico michigan middle minnesota missouri mount mountain
muslim national nevada new north northern ohio oklahoma oregon pacific palestinian party pennsylvania philadelphia
plaza port primary rhode river road russia russian san santa senate south southern spain spanish square states street
sunday supreme syria syrian tea tennessee texas turkey turkish uk ukraine united us utah valley vermont virginia
washington west western wisconsin white york zealand
""")


def bare(word: str) -> str:
    """Give a role in the form it is compared by: "Sens." and "senator" are one."""
    plain = folded(word)
    if plain in _SHORT_FORMS:
        return _SHORT_FORMS[plain]
    single = _single(plain)
    if plain not in _ROLES and (single in _ROLES or single in _SHORT_FORMS):
        return _SHORT_FORMS.get(single, single)
    return plain


def _single(noun: str) -> str:
    return noun.removesuffix("ies") + "y" if noun.endswith("ies") else noun.removesuffix("s")


def is_style(word: str) -> bool:
    """Whether a word only says how somebody is addressed: Mr., Ms., Sir."""
    return folded(word) in _STYLES


def is_regal(word: str) -> bool:
    """Whether a title is worn with a first name, so that it belongs to the name: Pope, Queen."""
    return folded(word) in _REGAL


def is_role(word: str) -> bool:
    """Whether a word says what somebody is: "senator", "Gov.", "spokeswomen"."""
    plain = folded(word)
    return plain in _ROLES or _single(plain) in _ROLES or plain.rsplit("-", 1)[-1] in _ROLES


def is_plural(role: str) -> bool:
    """Whether a role names several people."""
    plain = folded(role)
    return plain.endswith("men") or (plain not in _ROLES and _single(plain) != plain)


def is_surname(word: str) -> bool:
    """Whether a role is as often a surname: King, Baker."""
    return folded(word) in _SURNAMES


def is_human(word: str) -> bool:
    """Whether a noun names a person at all."""
    return is_role(word) or folded(word) in _PEOPLE or folded(word).endswith("-year-old")


def is_modifier(word: str) -> bool:
    """Whether a word may stand before a role in one title."""
    return folded(word) in _MODIFIERS


def is_department(word: str) -> bool:
    """Whether a word may follow "of" in a title: Secretary of State."""
    return folded(word) in _DEPARTMENTS


def is_group(word: str) -> bool:
    """Whether a capitalised word names an organisation of some kind."""
    return folded(word) in _GROUPS


def is_elsewhere(word: str) -> bool:
    """Whether a capitalised word belongs to places, faiths and nations more often than to people's names."""
    return folded(word) in _ELSEWHERE or folded(word).endswith(("ican", "anese", "inese", "istani"))
