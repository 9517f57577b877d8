"""Which options reach the pipeline, and what they make of a file."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from stand_ins import run, stand_in_protect, stand_in_verify, verdict_pixel, write_picture

from underdrawing import images
from underdrawing.findings import Profile, Verdict
from underdrawing.payload import OpeningKey, SharedKey


def test_facts_come_from_files_pairs_and_metadata_and_the_last_one_counts(pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr(
        images,
        "facts_from_metadata",
        lambda metadata, *, position: {"creator": "camera", "city": "Ulm", "credit": "x"},
    )
    (tmp_path / "facts.json").write_text('{"headline": "One", "keywords": ["a", "b"], "credit": ""}')
    source = write_picture(tmp_path / "a.png")
    facts = ["--facts", tmp_path / "facts.json", "--facts", "headline=Two = 2", "--facts", "creator=Ann"]
    run("protect", source, "-o", tmp_path / "b.png", *facts)
    expected = {"headline": "Two = 2", "keywords": "a, b", "creator": "Ann", "city": "Ulm"}
    assert stand_in_protect.seen["facts"] == expected
    run("protect", source, "-o", tmp_path / "c.png", "--no-metadata-facts", "--facts", "city=Bonn")
    assert stand_in_protect.seen["facts"] == {"city": "Bonn"}


def test_profile_and_keys_reach_the_pipeline(pipeline, tmp_path):
    source = write_picture(tmp_path / "a.png")
    assert run("keys", "new", tmp_path / "key.pem").code == 0
    assert run("keys", "new", "--channel", tmp_path / "channel.key").code == 0
    options = ["--profile", "discreet", "--key", tmp_path / "key.pem", "--channel-key", tmp_path / "channel.key"]
    assert run("protect", source, "-o", tmp_path / "b.png", *options).code == 0
    seen = stand_in_protect.seen
    assert (seen["profile"], seen["signed"], len(seen["channel_key"])) == (Profile.DISCREET, True, 32)
    assert run("verify", source, "--key", tmp_path / "channel.key").code == 0
    assert stand_in_verify.seen["channel_key"] == seen["channel_key"]


@pytest.mark.parametrize(("options", "setting"), [([], "fidelity"), (["--look"], "look")])
def test_texture_is_made_up_only_if_asked_for(pipeline, tmp_path, options, setting):
    source = write_picture(tmp_path / "a.png", verdict_pixel(Verdict.TAMPERED))
    result = run("verify", source, "--json", *options)
    assert json.loads(result.out)["recovery_setting"] == setting
    source = write_picture(tmp_path / "b.png", verdict_pixel(Verdict.AUTHENTIC))
    assert json.loads(run("verify", source, "--json", *options).out)["recovery_setting"] is None


def test_confidants_and_openers_reach_the_pipeline(pipeline, tmp_path):
    source = write_picture(tmp_path / "a.png")
    for name, options in {"ann": ["--opening"], "bob": ["--opening"], "desk": ["--shared"]}.items():
        assert run("keys", "new", tmp_path / f"{name}.key", *options).code == 0
        if name != "desk":
            run("keys", "export", tmp_path / f"{name}.key", "--name", name, "-o", tmp_path / f"{name}.pub")
    two = ["--confidential", tmp_path / "ann.pub", "--confidential", tmp_path / "bob.pub"]
    assert run("protect", source, "-o", tmp_path / "b.png", *two, "--no-code").code == 0
    assert [one.name for one in stand_in_protect.seen["confidential"]] == ["ann", "bob"]
    assert stand_in_protect.seen["with_code"] is False
    assert run("protect", source, "-o", tmp_path / "c.png", "--confidential", tmp_path / "desk.key").code == 0
    assert isinstance(stand_in_protect.seen["confidential"], SharedKey)
    assert run("protect", source, "-o", tmp_path / "d.png", "--confidential", tmp_path / "desk.key", *two).code == 2
    assert run("protect", source, "-o", tmp_path / "d.png", "--confidential", tmp_path / "ann.key").code == 2
    run("verify", source, "--open", tmp_path / "desk.key", "--open", tmp_path / "ann.key")
    assert [type(key) for key in stand_in_verify.seen["keys"]] == [SharedKey, OpeningKey]
    assert run("verify", source, "--open", tmp_path / "ann.pub").code == 2


def test_quality_format_and_subsampling_shape_the_file(pipeline, tmp_path):
    source = write_picture(tmp_path / "a.png", size=(64, 64))
    run("protect", source, "-o", tmp_path / "b.jpg", "--quality", 30, "--subsampling", "4:2:0")
    run("protect", source, "-o", tmp_path / "c.data", "--format", "avif")
    small = images.load(tmp_path / "b.jpg").metadata.jpeg
    assert small.subsampling == "4:2:0"
    assert small.quantization[0][0] > 16
    assert images.load(tmp_path / "c.data").format == "AVIF"


def test_what_a_format_cannot_keep_is_said(pipeline, tmp_path):
    Image.fromarray(np.full((8, 8, 4), 100, np.uint8)).save(tmp_path / "a.png")
    result = run("protect", tmp_path / "a.png", "-o", tmp_path / "b.jpg")
    assert "keeps no alpha" in result.out


def test_the_gps_position_stays_out_of_the_pixels_unless_asked_for(pipeline, tmp_path):
    south, east = {1: "S", 2: (33.0, 51.0, 35.4)}, {3: "E", 4: (151.0, 12.0, 40.0)}
    exif = Image.Exif()
    exif[0x013B] = "Ann"
    exif[0x8825] = south | east
    Image.fromarray(np.full((8, 16, 3), 90, np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    run("protect", tmp_path / "a.jpg", "-o", tmp_path / "b.jpg")
    assert stand_in_protect.seen["facts"] == {"creator": "Ann"}
    run("protect", tmp_path / "a.jpg", "-o", tmp_path / "c.jpg", "--position")
    assert stand_in_protect.seen["facts"]["gpsLatitude"] == "-33.859833"


def test_metadata_that_could_not_be_read_is_said(pipeline, tmp_path, monkeypatch):
    source = write_picture(tmp_path / "a.png", verdict_pixel(Verdict.AUTHENTIC))
    whole = images.load(source)
    damaged = replace(whole, metadata=replace(whole.metadata, damaged=("icc", "exif")))
    monkeypatch.setattr(images, "load", lambda given: damaged)
    protected = run("protect", source, "-o", tmp_path / "b.png")
    assert "unreadable in the file and left out: icc, exif" in protected.out
    verified = run("verify", source)
    assert (verified.code, "left out: icc, exif" in verified.out) == (0, True)
    assert json.loads(run("verify", source, "--json").out)["damaged"] == ["icc", "exif"]


def test_too_little_left_to_judge_is_said_and_is_no_clean_bill(pipeline, tmp_path):
    result = run("verify", write_picture(tmp_path / "a.png", verdict_pixel(Verdict.UNDECIDED)))
    assert result.code == 1
    assert "undecided" in result.out
    assert "Too little of the mark is left to judge." in result.out
    record = json.loads(run("verify", tmp_path / "a.png", "-o", tmp_path / "out", "--json").out)
    assert record["mask"] is None
    assert not (tmp_path / "out/mask.png").exists()
