"""Players whose names are hard: as box scores have them, and as The Odds API and the injury report write them where that is
not what the rules below say. A line: team, name in box scores; after | the bookmakers' spelling, after another | the report's.
"""

LINES = """
DAL Luka Dončić
DEN Nikola Jokić
MIA Nikola Jović
CHI Nikola Vučević
OKC Nikola Topić
ATL Bogdan Bogdanović
DET Bojan Bogdanović
PHX Jusuf Nurkić
BOS Kristaps Porziņģis
WAS Jonas Valančiūnas
DEN Dario Šarić
LAC Ivica Zubac
BOS Luka Šamanić
CHA Vasilije Micić|Vasa Micic
OKC Aleksej Pokuševski
HOU Boban Marjanović
ATL Vít Krejčí
DET Dennis Schröder|Dennis Schroder
HOU Alperen Şengün
DEN Vlatko Čančar
MIN Luka Garza
NOP Karlo Matković
ORL Goga Bitadze
MIL Sandro Mamukelashvili
POR Deni Avdija
ORL Franz Wagner
ORL Moritz Wagner|Moe Wagner
OKC Théo Maledon
TOR Moussa Diabaté
CHA Tidjane Salaün
NYK Pacôme Dadiet
LAL Armel Traoré
WAS Alexandre Sarr|Alex Sarr
WAS Carlton Carrington|Bub Carrington
WAS Bilal Coulibaly
BKN Nicolas Claxton|Nic Claxton
NOP Herbert Jones|Herb Jones
BKN Cam Thomas|Cameron Thomas
BKN Cameron Johnson|Cam Johnson
POR Robert Williams III|Robert Williams
NOP Trey Murphy III|Trey Murphy
TOR Gary Trent Jr.|Gary Trent Jr
GSW Gary Payton II|Gary Payton
MEM Jaren Jackson Jr.|Jaren Jackson Jr
ORL Wendell Carter Jr.|Wendell Carter Jr
DEN Michael Porter Jr.|Michael Porter Jr
LAC Kevin Porter Jr.|Kevin Porter Jr
LAC Derrick Jones Jr.|Derrick Jones Jr
DAL Dereck Lively II|Dereck Lively
MEM Scotty Pippen Jr.|Scotty Pippen Jr
CHA Nick Smith Jr.|Nick Smith Jr
CLE Craig Porter Jr.|Craig Porter
MIA Jaime Jaquez Jr.|Jaime Jaquez Jr
MIL Andre Jackson Jr.|Andre Jackson
MEM Vince Williams Jr.|Vince Williams Jr
DAL Tim Hardaway Jr.|Tim Hardaway Jr
PHI Kelly Oubre Jr.|Kelly Oubre Jr
ATL Larry Nance Jr.|Larry Nance Jr
WAS Marvin Bagley III|Marvin Bagley
BOS Lonnie Walker IV|Lonnie Walker
HOU Jabari Smith Jr.|Jabari Smith Jr
GSW Jimmy Butler III|Jimmy Butler
DET Ronald Holland II|Ron Holland
IND Ronnie Price
MEM GG Jackson II|GG Jackson
DET Troy Brown Jr.|Troy Brown
UTA Walter Clayton Jr.
NYK Charlie Brown Jr.
POR Greg Brown III
PHI Kenyon Martin Jr.|KJ Martin
DAL P.J. Washington|PJ Washington
NYK OG Anunoby|O.G. Anunoby
TOR RJ Barrett|R.J. Barrett
NOP CJ McCollum|C.J. McCollum
IND T.J. McConnell|TJ McConnell
IND T.J. Warren|TJ Warren
MIL AJ Green|A.J. Green
ATL AJ Griffin|A.J. Griffin
MIL MarJon Beauchamp
CHA JT Thor|J.T. Thor
DEN KJ Simpson|K.J. Simpson
PHX E.J. Liddell|EJ Liddell
MIL AJ Johnson|A.J. Johnson
LAL JJ Redick|J.J. Redick
HOU P.J. Tucker|PJ Tucker
IND RJ Nembhard Jr.|R.J. Nembhard
LAL D'Angelo Russell|DAngelo Russell
SAC De'Aaron Fox|DeAaron Fox
CLE De'Andre Hunter|DeAndre Hunter
GSW De'Anthony Melton|DeAnthony Melton
BKN Day'Ron Sharpe|DayRon Sharpe
TOR Ja'Kobe Walter|JaKobe Walter
PHX Royce O'Neale|Royce ONeale
MIN Jaylen Clark
SAC DeMar DeRozan|Demar Derozan
SAS Devin Vassell
LAL LeBron James|Lebron James
LAL Bronny James
ATL DeAndre' Bembry|DeAndre Bembry
MIN Rudy Gobert
OKC Shai Gilgeous-Alexander|Shai Gilgeous Alexander
ORL Kentavious Caldwell-Pope|Kentavious Caldwell Pope
NYK Karl-Anthony Towns|Karl Anthony Towns
MIN Nickeil Alexander-Walker|Nickeil Alexander Walker
LAL Dorian Finney-Smith|Dorian Finney Smith
GSW Trayce Jackson-Davis|Trayce Jackson Davis
NOP Jeremiah Robinson-Earl|Jeremiah Robinson Earl
CHI Talen Horton-Tucker|Talen Horton Tucker
DAL Olivier-Maxence Prosper|Olivier Maxence Prosper
POR Rondae Hollis-Jefferson
ORL Michael Carter-Williams
CHI Willie Cauley-Stein
WAS Ish Smith|Ishmael Smith
LAC Lou Williams|Louis Williams
MIL Wesley Matthews|Wes Matthews
PHX Ish Wainright
MIN Bones Hyland|Nah'Shon Hyland
SAS Tre Jones
WAS Tyus Jones
MEM Tre Mann
LAC Terance Mann
OKC Jalen Williams
OKC Jaylin Williams
OKC Kenrich Williams
ATL Jalen Johnson
SAS Keldon Johnson
BKN Keon Johnson
CHA Jalen Crutcher
BOS Jaylen Brown
DEN Bruce Brown
LAC Kobe Brown
IND Kendall Brown
MIA Bam Adebayo
TOR Ochai Agbaji
MEM Santi Aldama
UTA Lauri Markkanen
SAC Domantas Sabonis
BOS Al Horford
PHX Bol Bol
ORL Bol Bolton
HOU Nenê Hilário|Nene|Nene
ATL Clint Capela
CLE Evan Mobley
NYK Isaiah Mobley
SAC Keegan Murray
CHI Zach LaVine|Zach Lavine
MIN Jaden McDaniels|Jaden Mcdaniels
WAS Jalen McDaniels
DAL Kyrie Irving
NYK Miles McBride|Deuce McBride
CLE Sam Merrill
LAC Nicolas Batum|Nic Batum
CHA Nick Richards
SAC Malik Monk
IND Isaiah Jackson
IND Jarace Walker
NYK Josh Hart
DET Ausar Thompson
HOU Amen Thompson
PHI Mo Bamba|Mohamed Bamba
PHI Andre Drummond
UTA Svi Mykhailiuk|Sviatoslav Mykhailiuk
OKC Luguentz Dort|Lu Dort
CHA LaMelo Ball|Lamelo Ball
CHI Lonzo Ball
GSW Brandin Podziemski
TOR Gradey Dick
TOR Jakob Poeltl|Jakob Poltl
MEM Zach Edey
MEM Jaylen Wells
SAC Trey Lyles
CHI Ayo Dosunmu
CHI Coby White
WAS Kyshawn George
UTA Isaiah Collier
UTA Cody Williams
UTA Keyonte George
SAS Victor Wembanyama
SAS Zach Collins
LAC James Harden
PHX Grayson Allen
BKN Ben Simmons
BKN Trendon Watford
MIA Duncan Robinson
MIA Haywood Highsmith
MIA Tyler Herro
MIA Terry Rozier III|Terry Rozier
BOS Jrue Holiday
PHI Aaron Holiday
BOS Xavier Tillman Sr.|Xavier Tillman
MEM Marcus Smart
UTA John Collins
POR Scoot Henderson
POR Shaedon Sharpe
POR Anfernee Simons
POR Duop Reath
SAS Stephon Castle
NYK Jericho Sims
CHI Dalen Terry
CHI Matas Buzelis
DET Cade Cunningham
DET Simone Fontecchio
DEN Jamal Murray
DEN Zeke Nnaji
PHI Ricky Council IV|Ricky Council
PHI Guerschon Yabusele
HOU Cam Whitmore
HOU Reed Sheppard
MIL Giannis Antetokounmpo
MIL Thanasis Antetokounmpo
NYK Alex Antetokounmpo
MIL Bobby Portis
CLE Georges Niang
CLE Max Strus
"""
