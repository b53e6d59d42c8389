"""The three libraries: fitting, reading, and files that are none."""

import numpy as np
import pytest

from nba_assets.modelling.learners import LIBRARIES, Labelled, ModelFileError, fit, read
from nba_assets.points.spec import PARAMETERS

NAMES = ("a", "b", "c")
WHOLE = {"lightgbm": 600, "xgboost": 40, "catboost": 30}


def labelled(rows: int, seed: int) -> Labelled:
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, len(NAMES)))
    points = 10 + 3 * values[:, 0] + random.normal(size=rows)
    values[random.random(values.shape) < 0.1] = np.nan
    return Labelled(values, points)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {name: fit(name, PARAMETERS[name], labelled(4000, 1), NAMES, rounds=20).file for name in LIBRARIES}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_model_stops_where_later_rows_gain_nothing_and_its_file_says_the_same(library: str) -> None:
    earlier, later = labelled(4000, 1), labelled(1500, 2)
    told: list[tuple[int, float]] = []
    stopped = fit(
        library,
        PARAMETERS[library],
        earlier,
        NAMES,
        validation=later,
        progress=lambda rounds, error: told.append((rounds, error)),
    )
    model = read(library, stopped.file, LIBRARIES[library].formats[0])
    assert 10 < stopped.rounds < 1500
    assert told[0][0] == 10
    assert told[-1][1] < told[0][1]
    assert model.features == NAMES
    assert model.count == len(NAMES)
    assert model.gain().argmax() == 0
    error = np.abs(model.predict(later.values) - later.target).mean()
    assert error < 0.6 * np.abs(later.target - earlier.target.mean()).mean()


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_same_rows_give_the_same_file(library: str, files: dict[str, bytes]) -> None:
    assert fit(library, PARAMETERS[library], labelled(4000, 1), NAMES, rounds=20).file == files[library]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_file_that_is_no_model_is_refused(library: str, files: dict[str, bytes]) -> None:
    form = LIBRARIES[library].formats[0]
    others = [file for name, file in files.items() if name != library]
    cut = [files[library][: len(files[library]) * part // 20] for part in range(1, 20)]
    for wrong in (b"", b"hello", *cut, *others):
        with pytest.raises(ModelFileError, match=f"not a {library} model in format {form}"):
            read(library, wrong, form)


def test_a_file_without_names_has_none() -> None:
    import lightgbm
    import xgboost
    from catboost import CatBoostRegressor

    rows = labelled(2000, 3)
    plain = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(rows.values, rows.target), 5)
    assert read("lightgbm", plain.model_to_string().encode(), "txt").features == ()
    booster = xgboost.train({"nthread": 1}, xgboost.DMatrix(rows.values, rows.target), 5)
    found = read("xgboost", bytes(booster.save_raw("ubj")), "ubj")
    assert (found.features, found.count, found.trained_with) == ((), 3, xgboost.__version__)
    with pytest.raises(ModelFileError, match="not a xgboost model in format ubj: XGBoost cannot read it"):
        read("xgboost", bytes(booster.save_raw("ubj"))[:-20], "ubj")
    model = CatBoostRegressor(iterations=5, verbose=False, thread_count=1, allow_writing_files=False).fit(
        rows.values, rows.target
    )
    assert read("catboost", bytes(model._serialize_model()), "cbm").features == ()
