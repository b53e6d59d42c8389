"""Contracts of grades, and of what was concluded from them."""

from nba_assets.tables.contracts import Column, Table
from nba_assets.tables.predictions import MARKET_OF_MODEL, NO_LINE, NO_PRICE, OFF, OLDER, PREDICTED, PREDICTED_KEY

NO_CLOSE = "the book changed nothing after the decision"
OTHER = f"{OFF}, or the market has no such baseline"
NO_ORACLE = "void, or no bundle with an oracle-minutes model has served"
BET_OUTCOMES = ("WIN", "LOSS", "PUSH", "VOID")
NO_ROWS = "there are no (or too few) such rows"

GRADED_PREDICTIONS = Table(
    "graded_predictions",
    "nba_predictions",
    "one row per prediction and version of its grade; a stat correction adds a version, the old one stays",
    (*PREDICTED_KEY, "version"),
    (
        *PREDICTED,
        Column("version", "INT64", "1, and one more for each correction"),
        Column("season", "STRING", "season, as '2023-24'"),
        Column("season_type", "STRING", "regular season or playoffs"),
        Column("outcome", "STRING", "played, or void: the player did not play", allowed=("played", "void")),
        Column("is_out_of_sample", "BOOL", "as it was predicted"),
        Column("on_roster", "BOOL", "as it was predicted", null_when=OLDER),
        Column("predicted_points", "FLOAT64", "the prediction", "points"),
        Column("actual_points", "FLOAT64", "the result", "points", "void"),
        Column("error", "FLOAT64", "predicted minus actual", "points", "void"),
        Column("prediction_error", "FLOAT64", "absolute error", "points", "void"),
        Column("expected_error", "FLOAT64", "predicted mean minus actual", "points", f"void, or {OLDER}"),
        Column("crps", "FLOAT64", "continuous ranked probability score of the distribution", "points", "void"),
        Column("log_score", "FLOAT64", "negative logarithm of the result's chance, at least 1 in a million", null_when="void"),
        Column(
            "pit_low",
            "FLOAT64",
            "chance of a result below this one: lower end of the probability integral transform",
            null_when="void",
        ),
        Column("pit_high", "FLOAT64", "chance of a result up to this one: its upper end", null_when="void"),
        Column("inside_80", "BOOL", "whether the result is within p10 … p90", null_when="void"),
        Column("expected_minutes", "FLOAT64", "the player's form in minutes at the decision", "minutes", "a first game"),
        Column(
            "season_average",
            "FLOAT64",
            "baseline: season average (last 20 games in the first game of a season)",
            "points",
            OTHER,
        ),
        Column("last_10", "FLOAT64", "baseline: mean of the last 10 games", "points", OTHER),
        Column("ewma", "FLOAT64", "baseline: exponential mean", "points", f"{OFF}, or a first game in another market"),
        Column(
            "crps_last_20",
            "FLOAT64",
            "baseline: score of the player's last 20 games as a distribution",
            "points",
            "void, or a first game",
        ),
        Column(
            "crps_ewma",
            "FLOAT64",
            "baseline: score of the exponential mean with a distribution fitted as a model's",
            "points",
            f"{NO_ORACLE}, or a first game in another market",
        ),
        Column(
            "known_minutes_points",
            "FLOAT64",
            "prediction of a model that is given the actual minutes: the oracle-minutes bound",
            "points",
            NO_ORACLE,
        ),
        Column("betting_line", "FLOAT64", "the line at the decision, as predicted against", "points", NO_LINE),
        Column("bookmaker", "STRING", "the book whose line that is", null_when=NO_LINE),
        Column("line_is_ambiguous", "BOOL", "as it was predicted", null_when=NO_LINE),
        Column("no_vig_over", "FLOAT64", "as it was predicted", null_when=NO_PRICE),
        Column("model_prob_over", "FLOAT64", "as it was predicted", null_when=NO_LINE),
        Column("prob_over", "FLOAT64", "as it was predicted", null_when=NO_LINE),
        Column("kelly_stake", "FLOAT64", "as it was predicted", null_when=NO_PRICE),
        Column("closing_line", "FLOAT64", "the same book's line at tip-off", "points", NO_CLOSE),
        Column(
            "closing_line_value",
            "FLOAT64",
            "no-vig chance of the bet at the same book at tip-off, less that at the decision; a line that moved is brought back"
            " by the model's distribution to the one that was bet",
            null_when=f"there is no bet or price, or {NO_CLOSE}",
        ),
        Column("bet_outcome", "STRING", "of the recommendation", null_when="there is none", allowed=BET_OUTCOMES),
        Column("bet_return", "FLOAT64", "profit of one unit staked at the book's price", "units", "there is no bet or price"),
        Column(
            "beat_baseline",
            "BOOL",
            "closer than the model marked is_baseline in the registry; where none is marked or it did not predict, closer"
            " than the season average (in another market: than the exponential mean)",
            null_when="void",
        ),
        Column("beat_vegas", "BOOL", "closer than the line", null_when="void, or there is no line"),
        Column("graded_at", "TIMESTAMP", "when it was graded", "UTC"),
    ),
    scope=(),
    wall_clock=("graded_at",),
    append_only=True,
)

POINTS_EVALUATION = Table(
    "points_evaluation",
    "nba_predictions",
    "one row per season, part of it, model, market, decision and population: errors beside the baselines, the line and the"
    " oracle-minutes bound on the same rows",
    ("season", "season_type", "model_id", "market", "decision", "population"),
    (
        Column("season", "STRING", "season, as '2023-24'"),
        Column("season_type", "STRING", "regular season or playoffs"),
        Column("model_id", "STRING", "the model, as 'lightgbm_v2'"),
        Column("market", "STRING", "what is predicted", initial=MARKET_OF_MODEL.format("points_evaluation")),
        Column("decision", "STRING", "noon or tip"),
        Column("population", "STRING", "which player-games are counted"),
        Column("n", "INT64", "player-games"),
        *(
            Column(name, "FLOAT64", meaning, "points", NO_ROWS)
            for name, meaning in (
                ("mae", "mean absolute error"),
                ("mae_low", "lower end of its 95% interval, dates and players as clusters"),
                ("mae_high", "upper end of its 95% interval"),
                ("rmse", "root mean squared error"),
                ("bias", "mean of predicted (a median) minus actual"),
                ("bias_expected", "mean of the predicted mean minus actual"),
                ("mae_season_average", "error of the season average"),
                ("mae_last_10", "error of the mean of the last 10 games"),
                ("mae_ewma", "error of the exponential mean"),
                ("mae_known_minutes", "error of a model that is given the actual minutes"),
                ("less_ewma", "the model's error less that of the exponential mean, for players with an earlier game"),
                ("less_ewma_low", "lower end of its 95% interval"),
                ("less_ewma_high", "upper end of its 95% interval"),
                ("crps", "score of the distribution, for players with an earlier game"),
                ("crps_last_20", "score of their last 20 games as a distribution"),
                ("crps_ewma_conformal", "score of the exponential mean with a distribution fitted as a model's"),
                ("mae_on_line_rows", "error where a book has a line"),
                ("mae_line", "error of the line there"),
                ("mae_blend", "error of the mean of prediction and line there"),
                ("over_line", "the model's error less the line's there"),
                ("over_line_low", "lower end of its 95% interval"),
                ("over_line_high", "upper end of its 95% interval"),
                ("blend_over_line", "the error of that mean less the line's there"),
                ("blend_over_line_low", "lower end of its 95% interval"),
                ("blend_over_line_high", "upper end of its 95% interval"),
            )
        ),
        *(
            Column(name, "FLOAT64", meaning, null_when=NO_ROWS)
            for name, meaning in (
                ("log_score", "mean negative logarithm of the result's chance"),
                ("pit_deviation", "mean distance of the tenths of the probability integral transform from 10%"),
                ("slope", "slope of outcomes on the log-odds of prob_over: 1 is right, below 1 overconfident"),
                ("slope_low", "lower end of its 95% interval"),
                ("slope_high", "upper end of its 95% interval"),
                ("log_loss", "log loss of prob_over"),
                ("log_loss_model", "log loss of the model's own chance"),
                ("log_loss_no_vig", "log loss of the prices without the vig; without prices a coin"),
                ("log_loss_less_no_vig", "log loss of prob_over less that of the prices"),
                ("log_loss_less_no_vig_low", "lower end of its 95% interval"),
                ("log_loss_less_no_vig_high", "upper end of its 95% interval"),
                ("return_sportsbook", "profit per unit bet at sportsbooks' prices"),
                ("return_sportsbook_low", "lower end of its 95% interval"),
                ("return_sportsbook_high", "upper end of its 95% interval"),
                ("return_pickem", "profit per unit bet with pick'em operators, which pay the same for either side"),
                ("return_pickem_low", "lower end of its 95% interval"),
                ("return_pickem_high", "upper end of its 95% interval"),
                ("most_staked", "largest share of the bankroll that was staked in a night"),
                ("bankroll", "what one unit of bankroll became with the stored stakes"),
                ("drawdown", "its largest loss from a peak"),
            )
        ),
        *(
            Column(name, "INT64", meaning, initial="0")
            for name, meaning in (
                ("n_outcomes", "lines whose outcome was no push"),
                ("bets_sportsbook", "bets at sportsbooks"),
                ("bets_pickem", "bets with pick'em operators"),
            )
        ),
        Column("within_3", "FLOAT64", "share of errors of at most 3 points", null_when=NO_ROWS),
        Column("inside_80", "FLOAT64", "share of results within p10 … p90", null_when=NO_ROWS),
        Column("n_line", "INT64", "player-games on which a book has a line"),
    ),
    scope=(),
    date_column=None,
)

ALL = (GRADED_PREDICTIONS, POINTS_EVALUATION)
