import dataclasses
from collections import Counter
from pathlib import Path

import pytest

from underdrawing.bench.corpus import Corpus, quick_corpus
from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.main_job.captions import facts_for
from underdrawing.bench.main_job.plan import (
    KINDS,
    MAP_ATTACKS,
    MAP_FRACTIONS,
    READING_DRAWS,
    Case,
    geometry_cases,
    main_job_cases,
    quick_cases,
)
from underdrawing.bench.main_job.targets import GEOMETRY_ATTACKS, MAIN_JOB_ATTACKS
from underdrawing.errors import UsageError
from underdrawing.payload.facts import FactsWriter

CORPUS = Corpus(None, tuple(f"picture{index}" for index in range(12)), tuple(f"unmarked{index}" for index in range(5)))


def test_every_case_has_a_key_of_its_own():
    cases = list(main_job_cases(CORPUS))
    assert len({case.key for case in cases}) == len(cases)
    assert len({case.seed(0) for case in cases}) == len(cases)


def test_seeds_are_the_same_everywhere_and_follow_the_base():
    case = Case("skimage/coffee", "standard", "jpeg75")
    assert case.seed(0) == 609336060761235458
    assert case.seed(1) != case.seed(0)


def test_every_promised_attack_is_tried_on_every_picture_at_the_promised_area():
    cases = list(main_job_cases(CORPUS))
    tried = {
        (c.picture, c.profile, c.attack, c.edit.fraction) for c in cases if c.edit and c.edit.kind != Kind.RECOLOUR
    }
    untouched = {(c.picture, c.profile, c.attack) for c in cases if not c.edit}
    for line in MAIN_JOB_ATTACKS:
        for attack in line.attacks:
            for picture in CORPUS.protected:
                assert (picture, line.profile, attack, line.replaced) in tried
                assert (picture, line.profile, attack) in untouched


def test_an_attack_is_read_from_several_copies_of_a_picture_doctored_in_different_ways():
    cases = [case for case in main_job_cases(CORPUS) if case.edit and case.attack == "webp50"]
    assert len(cases) == READING_DRAWS * len(CORPUS.protected)
    for picture in CORPUS.protected:
        edits = [(case.edit.kind, case.edit.shape) for case in cases if case.picture == picture]
        assert len(set(edits)) == READING_DRAWS


def test_maps_are_tried_at_every_size_and_kinds_take_turns():
    cases = [case for case in main_job_cases(CORPUS) if case.edit]
    sizes = {(case.edit.fraction, case.attack) for case in cases}
    assert {(fraction, attack) for fraction in MAP_FRACTIONS for attack in MAP_ATTACKS} <= sizes
    for attack in ("png", "jpeg75", "noise6"):
        kinds = Counter(case.edit.kind for case in cases if case.attack == attack and case.profile == "standard")
        assert {kind for kind in KINDS if kind != Kind.RECOLOUR} <= set(kinds)


def test_the_quick_plan_is_a_small_part_of_the_whole():
    whole, quick = ({case.key for case in cases(CORPUS)} for cases in (main_job_cases, quick_cases))
    assert quick < whole
    assert len(quick) < len(whole) / 2


def test_the_facts_weigh_what_was_promised():
    for short_side_px, least_bits in ((256, 100), (512, 256), (1024, 2000)):
        writer = FactsWriter(limit_bits=100_000)
        assert all(writer.add(name, value) for name, value in facts_for(short_side_px).items())
        assert least_bits <= writer.bits().size < 1.3 * least_bits + 60


def test_the_corpus_of_scikit_image_reads_back():
    corpus = Corpus.of(None)
    picture = corpus.load("skimage/chelsea")
    assert picture.pixels.shape == (300, 451, 3)
    assert corpus.unmarked == ()
    assert corpus.load("skimage/motorcycle_right").pixels.shape == (500, 741, 3)


def test_the_corpus_of_a_folder_is_spread_and_told_apart_by_its_bytes(tmp_path: Path):
    for index in range(10):
        for part in ("fullres/a", "natural/b"):
            file = tmp_path / part / f"{index}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(bytes([index]))
    corpus = Corpus.of(tmp_path, unmarked_limit=4)
    assert corpus.unmarked == ("natural/b/0.jpg", "natural/b/2.jpg", "natural/b/5.jpg", "natural/b/7.jpg")
    assert corpus.protected[-1] == "fullres/a/9.jpg"
    before = corpus.fingerprint()
    (tmp_path / "fullres/a/3.jpg").write_bytes(b"other")
    assert corpus.fingerprint() != before
    assert len(quick_corpus(corpus, protected=3, unmarked=2).protected) == 3
    assert quick_corpus(corpus, protected=3, unmarked=0).unmarked == ()


def test_rejects_a_folder_without_photographs(tmp_path: Path):
    with pytest.raises(UsageError, match="fullres"):
        Corpus.of(tmp_path)
    with pytest.raises(UsageError, match="--data"):
        dataclasses.replace(CORPUS).read("fullres/x.jpg")


def test_every_way_of_moving_a_picture_is_tried_on_every_picture_at_the_promised_area():
    cases = list(geometry_cases(CORPUS))
    assert len({case.key for case in cases}) == len(cases)
    tried = {(c.picture, c.profile, c.attack, c.edit.fraction if c.edit else 0.0) for c in cases}
    for line in GEOMETRY_ATTACKS:
        for attack in line.attacks:
            for picture in CORPUS.protected:
                assert (picture, line.profile, attack, line.replaced) in tried
