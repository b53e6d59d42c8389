"""What the lineups room is made of: models, numbers of clusters, priors. How they were chosen is in docs/lineups.md."""

# A coach's names, and by style column what such players have more (1) or less (-1) of than others: clusters have no names.
SIGNS: dict[str, dict[str, int]] = {
    "scoring wing": {"oreb": -1, "fg3a": 1, "blk": -1, "ast_share": -1},
    "rim runner": {"oreb": 2, "fg3_share": -2, "blk": 2, "true_shooting": 1},
    "three-point specialist": {"fg3_share": 2, "fga2": -2, "fta": -1, "tov": -1},
    "playmaker": {"ast_share": 2, "ast": 2, "stl": 1},
    "connector": {"stl": 1, "true_shooting": -1, "fga2": -1, "fta": -1},
    "versatile big": {"blk": 1, "dreb": 1, "oreb": 1, "pf": 1, "ast_share": -1},
    "interior hub": {"fta": 2, "tov": 1, "fga2": 2, "dreb": 2},
    "lead scorer": {"tov": 1, "fta": 1, "ast": 1, "fga2": 1, "oreb": -1, "fg3a": 1},
}
ARCHETYPES = tuple(SIGNS)
SUPERCLUSTERS = 6
MATCHUPS = SUPERCLUSTERS**2
TOP = 25
# 1 + the offence's eight archetypes + the defence's.
PARAMETERS = 1 + 2 * len(ARCHETYPES)
MODELS = ("additive", "simplified", "hierarchical", "top25", "matchup")
# How a cell that is masked is answered: from the left one to the right one.
FALLBACK = ("matchup", "top25", "hierarchical", "simplified")

# Minutes of a fringe player that box scores are shrunk with, and what a season counts for in the one after the next.
FRINGE_MINUTES, BOX_MINUTES, BOX_DECAY = 400, 500, 0.5
# Standard deviation of what box scores do not tell of a player, points per possession: with it, deviations learned from 2020-21
# predict 2021-22 with a weight of 1.
DEVIATION = 0.01
# The half-normal prior of weights, and that of how far they differ between archetypes and between matchups.
WEIGHT_SCALE, SPREAD_SCALE = 5.0, 0.5
# Possessions that a cell needs: 50 for each of its 17 parameters.
LEAST_POSSESSIONS = 50 * PARAMETERS
CHAINS, WARMUP, DRAWS, SEED = 4, 1000, 2000, 1
