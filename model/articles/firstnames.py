"""Common first names: whose they are, women's or men's, and which of them are short for others."""

from model.articles.genders import Gender
from model.articles.words import folded, listed

_WOMEN = listed(
    """
abby abigail adele adriana agatha agnes aisha alba alejandra aleksandra alena alexa alexandra alexandria alice alicia
alina aline alison allison allyson alma amal amanda amber amelia amelie ami amina amira amy ana anabel anais anastasia
anastasiya angela angelica angelina angelique angie anita anja anjali ann anna annabel annabelle annalisa anne
anneliese annette annie annika antje antonia april arianna arlene arwa asma astrid asuncion audrey augusta aurora ava
ayesha barbara beata beatrice beatriz becky belinda bella benedetta bernadette bertha beth bethany betsy bettina betty
beverly bianca birgit blanca bonnie bree brenda brianna bridget brigid brigitte britta brittany callie camila camille
candace candice carina carla carlotta carly carmela carmen carole carolina caroline carolyn carrie cassandra catalina
cate cath catherine cathy cecile cecilia celeste celia celina charity charlene charlotte chelsea cheryl chiara chloe
christa christelle christiane christianne christina christine cindy claire clara clarice clarissa claudia cleo
clotilde colleen concepcion connie constance consuelo cora corinne cornelia cristina crystal cynthia dagmar dahlia
daisy danica daniela danielle daria darlene darya dawn deanna debbie deborah debra deepa deirdre delia delores
delphine denise desiree diamond diana diane dianne dina dolly dolores dominika donna dora doris dorota dorothy ebony
edith edna effie eileen ekaterina elaine eleanor elena eliana elisa elisabeth elise eliza elizabeth ella ellen eloise
elsa elvira emilia emilie emily emma emmanuelle enid erica erika erin ernestine esperanza estelle esther etta eugenia
eugenie eunice eva evangelina evelyn ewa fadwa faith fanny farah fatima fatma fatou felicia fiona flora florence
florencia frances francesca franziska freya frieda gabriela gail gemma genevieve georgia geraldine germaine gertrude
ghazala gina giorgia gisela gisele giulia gladys glenda gloria grace greta gretchen gwen gwendolyn haifa hala haley
hanna hannah harriet hattie hayley hazel heather hedwig heidi heike helen helena helene helga henrietta hermione
hilary hilda hillary hoda holly hope huma ida ilana ilse iman imelda imogen ines inga ingeborg ingrid iona irene irina
iris isabel isabella isha isla ivana ivanka ivy jacinda jacqueline jade jana jane janelle janet janice jasmine
jeanette jeanne jeannette jenna jennifer jenny jessica jill jillian jo joan joann joanna joanne jocelyn johanna joni
jordana josefina josephine joy joyce juana juanita judi judith judy julia juliana julianne julie juliet june jutta
kaja kamala karen karin karina karolina kasia katarzyna kate katharina katherine kathleen kathryn kathy katia katie
katrina katya kay kayla kayleigh keisha kellyanne kelsey kerri kerstin khadija kiersten kimberly kira kirsten kirstie
klara krista kristen kristi kristin kristina krystal lakshmi lara larisa latoya laura lauren layla lea leah leila lena
leonor lesley leticia leyla lidia lilian liliana lillian lilly lily lina linda lindsay linnea lisa livia liz lois lola
lolita loretta lori lorna lorraine lotte louisa louise lourdes lucia luciana lucille lucy ludmila luisa luz lydia
lynda lynette lynn mabel madeleine madeline madonna magda magdalena maggie maia maja malala malgorzata mandy manuela
marcela marcella marcia margaret margarete margarita margot margrethe marguerite maria mariam mariana marianne maribel
marie marilyn marina marine marisol marjorie marla marlene marta martha mary maryam matilda maura maureen maxine maya
mayra meera meg megan meghan megyn mei melania melanie melinda melissa mercedes mercy meredith mette mia michele
michelle mika mikaela mila mildred millie mimi mina mindy miranda mireille miriam moira molly mona monica monika
monique muriel myra myrna nadia nadine nadja nana nancy naomi natalia natalie natasha nathalie nell nelly nettie nia
nicola nicole nicolette nigella nikki nina noor nora norma nour nuria octavia olena olga olive olivia ophelia oprah
oriana ottilie paige palmira pam pamela pascale patrice patricia patsy patti patty paula paulina pauline pearl peggy
penelope penny petra philippa phoebe phyllis pia pilar polina polly priscilla priya prudence rachael rachel rania
raquel rebecca reem regina renata renate renee rhoda rhonda rima rita roberta robyn rocio romina ronda rosa rosalind
rosalyn rosanna rosario rose rosemary rosie rowena roxana roxanne ruby ruth sabine sabrina sally salma salome samantha
samira sandra sanna saoirse sara sarah selena serena sharon sheila shelley shelly sherry sheryl shirin shirley sian
sigrid silja silvia simona simone sinead sofia solange soledad sonia sonja sonya sophia sophie stacey stella stephanie
stephany sue sumaya sunita susan susana susannah susanne suzanne suzy svenja svetlana sylvia tabatha tabitha tamar
tamara tammy tania tanya tara tasha tatiana teresa tess tessa thea theresa therese tiffany tilda tina toni tricia
trisha trudy tulsi uma ursula uta valentina valeria valerie vanda vanessa vera verena veronica vicki vicky victoria
viola violet virginia vivian viviane wanda wendy whitney wilhelmina wilma winifred xiomara yasmin yolanda yulia yvette
yvonne zadie zainab zara zelda zeynep zoe zofia zsuzsa
"""
)

_MEN = listed(
    """
aaron abdul abdullah abe abraham adam adolfo adrian ahmad ahmed akira al alan albert alberto aldo alec alejandro
aleksandr alexander alexei alfonso alfred alfredo ali alistair allan allen alonzo alvaro alvin ambrose amir amit
anatoly anders andre andreas andres andrew andrey andrzej andy angus anil anselm anthony anton antonio antony anwar
archie ari armando arnold art arthur arturo arun asif avi aziz barack barney barry bart bartholomew bashar bassam ben
benedict benito benjamin benny bernard bernardo bernd bernie bert bill billy bjorn blake bob bobby bogdan boris brad
bradley brandon brendan brent bret brett brian brock bruce bruno bryan bryce byron caleb calvin carl carlo carlos
carlton cecil cedric cesar chad chaim charles charlie chester christian christopher chuck clarence clark claude
claudio clayton clifford clint clyde cody colin conor conrad cornelius cory craig curt curtis cyril cyrus dale damian
damien damon dan daniel danny dante darrell darren darryl dave david dean declan deepak denis dennis derek derrick
desmond dick diego dieter dimitri dino dirk dmitri dmitry domenico dominic dominik don donald donovan doug douglas
drew duane duncan dustin dwayne dwight eamon earl ed eddie edgar eduardo edward edwin ehud eli elias elijah elliott
elmer elon emanuel emil emiliano emilio emmanuel enda enrique enzo ephraim eric erik ernest ernesto ernie ernst
esteban ethan eugene evan evgeny fabio faisal farid federico felipe felix ferdinand fergus fernando fidel florian fran
francesco francisco franco francois frank franklin franz fred freddie freddy frederic frederick friedrich fritz gareth
garrett garry gary gavin geert gene geoff geoffrey george georges gerald gerard gerardo gerhard gerry gideon gilbert
giles gilles giovanni giuseppe glen glenn gonzalo goran gordon graham grant greg gregg gregory grigory grover guido
guillermo gunnar gunter gus gustav gustavo guy hakeem hamid hamish hank hans harold haroon harris harry harvey hassan
hector heinrich heinz helmut hendrik henri henrik henry herbert herman hideki hiroshi horst hosni howard hubert hugh
hugo humberto hussein ian ibrahim idris ignacio igor ike imran irwin isaac isidro ismail ivan jack jackson jacob
jacques jaime jake jamal james jared jarrod jason jasper javad javier jay jean-claude jean-marc jean-pierre jeb jed
jeff jeffery jeffrey jens jeremy jerome jerry jesse jim jimmy joachim joaquim joaquin joe joel johan johann john
johnny jon jonah jonas jonathan jordi jorg jorge jose joseph josh joshua juan juergen julian julio jurgen justin kaoru
kareem karim karl kazuo keith ken kenji kenneth kevin khalid kieran kirk klaus kofi kurt kwame kyle lamar lance larry
lars laurence lawrence lech leif leo leon leonard leonid leopold leroy lev levi lewis liam lincoln lindsey lionel
lloyd lonnie lorenzo louis lowell luc luca lucas lucien luigi luis luiz lukas luke luther magnus mahmoud malcolm
manfred manny manuel marc marcel marco marcos marcus marek mariano mario mark markus marshall martin marvin massimo
mateo mathias matt matteo matthew matthias maurice mauricio maurizio max maxim maximilian mehmet mel melvin merrick
michael mickey miguel mikael mike mikhail milan miles milos milton mitch mitchell mitt mohamed mohammad mohammed
mordechai morris morton moses moshe muhammad murray mustafa nabil naftali naim narendra nasir nasser nate nathan
nathaniel neal ned neil nelson nestor newt niall nicholas nick nicolas nigel niklas nikolai nils noah noam norbert
norm norman nouri octavio olaf oleg oleksandr oliver olivier omar orlando orrin osama oscar oskar osvaldo otto owen
pablo padraig paolo pascal pascual patrick patrik paul pavel pedro pele pete peter petro phil philip philippe phillip
pierre piotr pius preston quentin quincy rafael rahm rahul raj rajiv ralph rami ramon ramzan rand randall randolph
randy raphael rashad rashid raul ravi ray raymond recep reggie regis reid reince reinhard reuben rex reynaldo rhys
ricardo rich richard rick rob robert roberto rod roderick rodger rodney rodolfo rodrigo rogelio roger roland rolf
roman romano romeo ron ronald ronaldo rosen ross roy ruben rudolf rudolph rudy rufus rupert russ russell ryan saad
saeed salman salvador salvatore samir samson samuel sander sanjay sanjeev santiago satoshi saul scott sean sebastian
sergei sergej sergey sergio seth seymour shane shaun shawn sheldon sherman sherrod shimon shinzo sigmar silvio simeon
simon slobodan solomon soren spencer stan stanislav stanley stavros stefan stefano stephan stephane stephen sterling
steve steven stewart stu stuart sunil sven tad tariq taro ted teddy terrence thabo thad theo theodore thierry thomas
tim timo timothy titus tobias tobin todd tom tomas tomasz tommy tony toshiro travis trent trevor trey troy ty tyler
tyrone ulrich ulysses umberto uwe vaclav valery vaughn vernon vicente victor vijay vikram viktor vin vince vincent
vitali vitaly vito vladimir vladislav volodymyr wade waleed walid walter warren wayne wes wesley wilbur wilfred
wilfried wilhelm will willard william willie willy wilson winston wladyslaw wolf wolfgang woodrow xavier yair yannis
yasser yevgeny yitzhak yoshihide yousef youssef yuri yusuf yves zach zachary zack zbigniew ziad zoltan
"""
)

_EITHER = listed(
    """
adel alex alexis andrea angel ariel ashley aubrey august avery bailey billie blair brook cameron carey carol casey
chris corey courtney dana darcy devin devon dominique eden elliot ellis finley francis frankie gabriel gale gerri glyn
guadalupe hadley harley harper hunter ira jackie jamie jan jean jessie jody jordan jules kai kelly kendall kerry kim
kit kris lane laurie lee leigh leslie logan loren mackenzie madison marion marty mason morgan nicky nikita noel parker
pat peyton presley quinn randi rashida reagan reese remy riley robbie robby robin rory rowan sam sandy sasha shannon
shay sidney skyler stacy stevie sunny sydney taylor terry toby tracey tracy val yael
"""
)

_NAMES: dict[str, Gender | None] = {
    **dict.fromkeys(_WOMEN, Gender.WOMAN),
    **dict.fromkeys(_MEN, Gender.MAN),
    **dict.fromkeys(_EITHER),
}


def is_first_name(word: str) -> bool:
    """Whether people are commonly called so."""
    return folded(word) in _NAMES


def of_first_name(word: str) -> Gender | None:
    """Tell the gender of a first name; None for one that is rare or common to both."""
    found = _NAMES.get(folded(word))
    return _NAMES.get(folded(word.split("-", 1)[0])) if found is None else found


_SHORT: dict[str, str] = {
    short: long
    for long, shorts in (
        ("albert", "al"),
        ("alexander", "alex sandy"),
        ("andrew", "andy drew"),
        ("anthony", "tony"),
        ("charles", "chuck charlie"),
        ("deborah", "debbie"),
        ("edward", "ed eddie ted"),
        ("elizabeth", "liz beth betsy betty"),
        ("francis", "frank"),
        ("gregory", "greg"),
        ("henry", "hank harry"),
        ("james", "jim jimmy jamie"),
        ("john", "jack johnny"),
        ("joseph", "joe"),
        ("katherine", "kate kathy katie"),
        ("lawrence", "larry"),
        ("margaret", "maggie peggy meg"),
        ("michael", "mike mick"),
        ("nicholas", "nick"),
        ("patricia", "pat patty"),
        ("richard", "dick rick rich"),
        ("robert", "bob bobby rob"),
        ("stephen", "steve"),
        ("susan", "sue"),
        ("theodore", "ted teddy"),
        ("thomas", "tom tommy"),
        ("william", "bill billy will"),
    )
    for short in shorts.split()
}


def same_first_name(one: str, two: str) -> bool:
    """Whether two folded first names can be one person's: "michael" and "mike", "jane" and "j"."""
    if one == two or (one[0] == two[0] and 1 in {len(one), len(two)}):
        return True
    short, long = sorted((one, two), key=len)
    if _SHORT.get(short, short) == _SHORT.get(long, long):
        return True
    genders = {of_first_name(one), of_first_name(two)} - {None}
    return len(short) > 2 and long.startswith(short) and len(genders) < 2  # noqa: PLR2004
