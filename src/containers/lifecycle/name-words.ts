/** Words for the names of containers that were given none: the weather and the temper of ships, and who sailed them. */
export const adjectives: readonly string[] =
	"able ample agile amber balmy brave breezy bright brisk broad buoyant calm candid clear clever coastal crisp daring deft eager early easy fair fearless fleet fluent frank free fresh gallant gentle glad golden graceful handy hardy hearty honest humble jaunty jolly keen kind lively loyal lucid lucky mellow merry mild modest moonlit neat nimble noble northern patient placid plucky polar proud prudent quick quiet rapid ready robust salty serene sharp silent silver sincere sleek smart snug sober solid southern spirited spry stable stately staunch steady stellar stout sturdy sunny sure swift tidal tidy tireless trim true trusty upbeat valiant vivid warm watchful western willing windy wise witty zesty".split(
		" ",
	);

export const surnames: readonly string[] =
	"amundsen anson bach baffin balboa banks baret baffin bering bligh bougainville bowditch byrd cabot caboto cartier chichester columbus cook cousteau crozier dampier davis diaz drake elcano erikson fitzroy flinders franklin frobisher gama gilbert grenville hanno hawkins henson heyerdahl hudson humboldt johansen kane kotzebue laperouse lisiansky macarthur mackay magellan maury mawson mcclure nansen nares nelson nordenskiold orellana park parry pytheas raleigh ross rumbold scott selkirk sebag shackleton slocum smith sturt tasman torres vancouver vespucci wallis weddell wilkes willoughby worsley zheng".split(
		" ",
	);
