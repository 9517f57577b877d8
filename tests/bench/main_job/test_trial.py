"""The plumbing of the benchmark, driven by a stand-in for the pipeline that remembers what it protected."""

import cv2
import numpy as np
import pytest

import underdrawing
from underdrawing.bench.corpus import Corpus
from underdrawing.bench.edits.masks import Shape
from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.main_job import trial
from underdrawing.bench.main_job.plan import Case, Edit, quick_cases
from underdrawing.bench.main_job.rows import PictureRow, RowLog
from underdrawing.bench.main_job.runner import run_cases
from underdrawing.errors import ImageTooSmallError
from underdrawing.findings import Geometry, Profile, Protection, Verdict, Verification
from underdrawing.images import Picture
from underdrawing.payload import SignatureStatus

CORPUS = Corpus(None, ("skimage/astronaut", "skimage/coffee"), ("skimage/chelsea",))
SETTING = trial.Setting(CORPUS)
QUARTER = Edit(Kind.SPLICE, Shape.BOX, 0.25)


class Ladder:
    """A code whose picture is grey."""

    def prefix(self, scales):
        return self

    def decode(self, code):
        return np.full((256, 256, 3), 128, np.uint8)


class Pipeline:
    """Marks by adding one grey level to every other pixel; recognises a suspect by comparing it with what it marked."""

    def __init__(self):
        self.known = []

    def protect(self, picture, *, facts, key, profile):
        pixels = picture.pixels.copy()
        pixels[::2, ::2] = np.minimum(pixels[::2, ::2], 254) + 1
        self.known.append((Picture(pixels, format=picture.format), facts))
        return Protection(
            picture=self.known[-1][0],
            id=f"{len(self.known):016x}",
            carrier="stand-in",
            profile=profile,
            blocks=("anchor", "core"),
            left_out=(),
            psnr_db=50.0,
            code=Ladder(),
            timings_s={},
        )

    def verify(self, picture, *, trust):
        for number, (known, facts) in enumerate(self.known, 1):
            original = cv2.resize(known.pixels, (picture.width, picture.height), interpolation=cv2.INTER_AREA)
            difference = np.abs(original.astype(int) - picture.pixels).max(axis=2)
            if np.median(difference) < 12:
                return self.finding(Verdict.TAMPERED, picture, number, facts, difference > 60, original)
        return self.finding(Verdict.UNPROTECTED, picture, None, {}, None, None)

    def finding(self, verdict, picture, number, facts, mask, original):
        found = mask is not None
        return Verification(
            verdict=verdict,
            confidence=1.0,
            id=f"{number:016x}" if found else None,
            blocks=("anchor", "core") if found else (),
            code_scales=4 if found else 0,
            facts=facts,
            facts_source="pixels" if found else None,
            signature=SignatureStatus.VALID if found else SignatureStatus.ABSENT,
            signer=None,
            tampered_fraction=float(mask.mean()) if found else 0.0,
            geometry=Geometry(),
            tamper_probability=mask.astype(np.float32) if found else None,
            mask=mask,
            recovered=Picture(np.where(mask[..., None], original, picture.pixels)) if found else None,
            recovery_source="code" if found else None,
            timings_s={},
        )


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    pipeline = Pipeline()
    trial._protected.cache_clear()
    monkeypatch.setitem(vars(underdrawing), "protect", pipeline.protect)
    monkeypatch.setitem(vars(underdrawing), "verify", pipeline.verify)
    monkeypatch.setattr(trial, "_tokenizer", Ladder)
    yield pipeline
    trial._protected.cache_clear()


def test_the_truth_about_an_edit_moves_with_the_picture():
    subject = trial._protected("skimage/coffee", Profile.STANDARD, SETTING)
    still = trial._suspect(Case("skimage/coffee", "standard", "png", QUARTER), SETTING, subject)
    moved = trial._suspect(Case("skimage/coffee", "standard", "turn90", QUARTER), SETTING, subject)
    assert moved.pixels.shape[:2] == moved.truth.shape == still.truth.shape[::-1]
    assert moved.truth.sum() == still.truth.sum(), "another seed is another place, but the area stays"
    differs = (moved.pixels != np.rot90(subject.protection.picture.pixels)).any(axis=2)
    assert (differs & ~moved.truth).sum() == 0
    assert differs[moved.truth].mean() > 0.9


def test_a_saved_copy_gives_a_row_and_the_cost_of_protecting():
    row, picture = trial.run_case(Case("skimage/astronaut", "standard", "as-saved"), SETTING)
    assert isinstance(picture, PictureRow)
    assert (picture.height, picture.width, picture.blocks) == (512, 512, ("anchor", "core"))
    expected = 10 * np.log10(255**2 / 0.25)
    assert picture.psnr_db == pytest.approx(expected, abs=0.05)
    assert (row.kind, row.f1, row.id_right, row.facts_right, row.short_side_px) == (None, None, True, True, 512)
    assert row.pixel_false_alarm == 0


def test_a_forged_copy_is_scored_against_the_truth():
    case = Case("skimage/astronaut", "standard", "jpeg75", QUARTER)
    [row] = trial.run_case(case, SETTING)
    assert (row.kind, row.shape, row.fraction) == ("splice", "box", 0.25)
    assert row.f1 > 0.6
    assert 0.5 < row.auc <= 1
    assert row.iou < row.f1
    assert row.outside_identical is True
    assert row.recovered_db > row.telea_db
    assert 5 < row.code_16_db < 25
    [again] = trial.run_case(case, SETTING)
    assert (again.f1, again.recovered_db) == (row.f1, row.recovered_db)


def test_the_truth_follows_a_resized_copy():
    [row] = trial.run_case(Case("skimage/astronaut", "standard", "resize0.5+jpeg75", QUARTER), SETTING)
    assert row.f1 > 0.6
    assert row.recovered_db is None


def test_an_unmarked_photograph_is_only_verified(stand_in):
    [row] = trial.run_case(Case("skimage/chelsea", None, "png"), SETTING)
    assert row.verdict == "unprotected"
    assert row.profile is None
    assert stand_in.known == []


def test_an_error_of_the_package_becomes_a_row(monkeypatch):
    def refuse(*arguments, **options):
        raise ImageTooSmallError("too small")

    monkeypatch.setitem(vars(underdrawing), "protect", refuse)
    [row] = trial.run_case(Case("skimage/astronaut", "standard", "png", QUARTER), SETTING)
    assert row.error == "ImageTooSmallError: too small"
    assert (row.kind, row.fraction) == ("splice", 0.25)


def test_a_run_goes_on_where_it_stopped(tmp_path, stand_in):
    cases = [case for case in quick_cases(CORPUS) if case.attack in ("png", "as-saved")][:6]
    log = RowLog(tmp_path / "rows.jsonl", header={})
    run_cases(cases[:4], setting=SETTING, log=log, processes=0)
    protected = len(stand_in.known)
    run_cases(cases, setting=SETTING, log=log, processes=0)
    assert [row.key for row in log.rows()] == [case.key for case in cases]
    run_cases(cases, setting=SETTING, log=log, processes=0)
    assert len(log.rows()) == 6
    assert len(stand_in.known) <= protected + 1
