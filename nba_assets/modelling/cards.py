"""Model cards: what a bundle is, as Markdown for the UI."""

import numpy as np

from nba_assets import pictures
from nba_assets.modelling.bundles import Bundle

SHOWN_FEATURES = 30


def card(bundle: Bundle) -> str:
    """Return a bundle's model card as Markdown: population, window, validation error, weights and feature importance."""
    meta, window, held = bundle.meta, bundle.meta.window, bundle.meta.held_out
    lines = [
        f"**{meta.model_id}**, cutoff {meta.training_cutoff}: {meta.library}, {meta.feature_version}"
        f" ({len(meta.features)} features), {meta.rounds} boosting rounds",
        f"* population: {window.population}",
        f"* trained on {window.row_count:,} rows, {window.first_game_date} … {window.last_game_date}",
        f"* validation rows, fitted without them: {held.row_count:,}, {held.first_game_date} … {held.last_game_date}:"
        f" MAE {held.mae:.3f}, within 3 {held.within_3:.1%}, bias {held.bias:+.2f}",
    ]
    if meta.weights:
        lines.append("* weights, learned on the validation rows: " + ", ".join(f"{k} {v:g}" for k, v in meta.weights.items()))
    picture = importance_picture(bundle) if bundle.model else ""
    return "\n".join([*lines, "", picture])


def importance_picture(bundle: Bundle) -> str:
    """Return the features that lower the training error most, as a Markdown picture: shares of the total gain."""
    assert bundle.model
    gain = bundle.model.gain()
    order: list[int] = np.argsort(-gain, kind="stable")[:SHOWN_FEATURES].tolist()
    with pictures.panels(1, width=6.5, height=5.5) as (picture, (axis,)):
        names = [bundle.meta.features[index] for index in order]
        title = f"{bundle.meta.model_id}, cutoff {bundle.meta.training_cutoff}"
        pictures.bars(axis, names, list(100 * gain[order] / gain.sum()), title=title, unit="% of the gain")
    return picture.markdown
