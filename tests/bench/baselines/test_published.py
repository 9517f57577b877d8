"""Figures of others: each with its source."""

import re

from underdrawing.bench.baselines.published import published


def test_every_figure_says_whose_it_is_where_it_stands_and_how_it_is_known():
    for figure in published():
        assert all((figure.method, figure.what, figure.value, figure.setting, figure.place)), figure
        assert re.fullmatch(r"\d{4}\.\d{5}", figure.arxiv), figure
        assert figure.seen in ("source", "notes"), figure


def test_no_figure_stands_there_twice():
    said = [(figure.method, figure.what, figure.setting) for figure in published()]
    assert len(said) == len(set(said))


def test_those_that_are_compared_with_are_there():
    methods = " ".join(figure.method for figure in published())
    for name in ("EditGuard", "OmniGuard", "StableGuard", "ReImage", "RecoverMark", "Imuge+", "MaskMark", "TrustMark"):
        assert name in methods
    assert {figure.value for figure in published() if figure.arxiv == "2602.22759"} == {".9231", ".8744"}
