"""The contract of the command line: what it prints, what it writes, what it exits with.

They run on a stand-in pipeline that answers by the first pixel; ``test_round_trip.py`` runs the real one.
"""

import json
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import underdrawing
from underdrawing import images
from underdrawing.cli import app
from underdrawing.errors import ImageTooSmallError
from underdrawing.findings import Geometry, Profile, Protection, Verdict, Verification
from underdrawing.payload import OpeningKey, SharedKey, SignatureStatus

VERDICTS = list(Verdict)
UNEXPECTED, TOO_SMALL = 201, 202
VERIFY_KEYS = {
    *(
        "verdict",
        "confidence",
        "marked",
        "id",
        "blocks",
        "code_scales",
        "facts",
        "facts_source",
        "signature",
        "signature_note",
        "tampered_fraction",
        "recoloured_fraction",
        "redrawn_fraction",
    ),
    *("carrier", "vault", "whole"),
    *(
        "geometry",
        "mask",
        "recovered",
        "recovery_source",
        "recovery_setting",
        "report",
        "damaged",
        "timings_s",
        "metadata",
        "restored",
    ),
}
PROTECT_KEYS = {
    "id",
    "carrier",
    "profile",
    "blocks",
    "left_out",
    "psnr_db",
    "output",
    "lost",
    "damaged",
    "timings_s",
    "vault",
}


def stand_in_protect(picture, *, facts, key, profile, channel_key, confidential, with_code, carrier):
    code = picture.pixels[0, 0, 0]
    if code == UNEXPECTED:
        raise RuntimeError("a wire\ncame loose")
    if code == TOO_SMALL:
        raise ImageTooSmallError("cannot protect a 8×8 image: at least 64×64 pixels are needed; use a larger copy")
    seen = {"facts": facts, "signed": key is not None, "profile": profile, "channel_key": channel_key}
    seen |= {"confidential": confidential, "with_code": with_code}
    stand_in_protect.seen = seen
    return Protection(
        picture=picture,
        id="00112233445566ff",
        carrier="lattice",
        profile=profile,
        blocks=("anchor", "core"),
        left_out=("fine",),
        psnr_db=42.0,
        code=None,
        timings_s={"embed": 0.5},
    )


def stand_in_verify(picture, *, trust, channel_key, keys, vault, originals, carrier, setting):
    stand_in_verify.seen = {"trust": trust, "channel_key": channel_key, "keys": keys}
    verdict = VERDICTS[picture.pixels[0, 0, 0] // 10]
    changed = verdict is Verdict.TAMPERED
    mask = np.zeros(picture.pixels.shape[:2], bool)
    mask[:4, :8] = changed
    return Verification(
        verdict=verdict,
        confidence=0.99,
        id="00112233445566ff",
        blocks=("anchor", "core"),
        code_scales=4,
        facts={"creator": "Ann\x1b[31m\u202eevil", "headline": "[bold]not markup[/bold]"},
        facts_source="pixels",
        signature=SignatureStatus.ABSENT,
        signer=None,
        tampered_fraction=float(mask.mean()),
        geometry=Geometry(),
        tamper_probability=mask.astype(np.float32),
        mask=mask,
        recovered=picture if changed else None,
        recovery_source="code" if changed else None,
        recovery_setting=setting if changed else None,
        timings_s={"read": 0.1},
    )


@pytest.fixture
def pipeline(monkeypatch):
    monkeypatch.setitem(vars(underdrawing), "protect", stand_in_protect)
    monkeypatch.setitem(vars(underdrawing), "verify", stand_in_verify)


def run(*arguments, stdin=None):
    """Run the command line in this process; stdout and stderr come apart."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)
    exception = None if isinstance(result.exception, SystemExit) else result.exception
    assert exception is None, f"an error got through: {exception!r}"
    assert "Traceback" not in result.output
    return SimpleNamespace(code=result.exit_code, out=result.stdout, err=result.stderr, bytes=result.stdout_bytes)


def write_picture(path, first=0, size=(16, 8)):
    """A grey picture whose first pixel says what the stand-in makes of it; returns its path."""
    pixels = np.full((size[1], size[0], 3), 90, np.uint8)
    pixels[0, 0] = first
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **({"quality": 100, "subsampling": 0} if path.suffix == ".jpg" else {}))
    return path


def verdict_pixel(verdict):
    return 10 * VERDICTS.index(verdict)


def error_line(text):
    """The one line of an error."""
    lines = text.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("underdrawing: ")
    return lines[0]


# --- the contract ---


def test_protect_json_has_every_key_of_the_contract(pipeline, tmp_path):
    source, output = write_picture(tmp_path / "a.png"), tmp_path / "b.png"
    result = run("protect", source, "-o", output, "--json")
    record = json.loads(result.out)
    assert result.code == 0
    assert set(record) >= PROTECT_KEYS
    assert (record["output"], record["profile"]) == (str(output), "standard")
    assert images.load(output).pixels.shape == (8, 16, 3)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_verify_json_has_every_key_of_the_contract_and_the_exit_code_of_its_verdict(pipeline, tmp_path, verdict):
    result = run("verify", write_picture(tmp_path / "a.png", verdict_pixel(verdict)), "--json")
    record = json.loads(result.out)
    assert set(record) >= VERIFY_KEYS
    assert record["verdict"] == verdict
    assert result.code == (0 if verdict is Verdict.AUTHENTIC else 1)
    assert (record["mask"], record["recovered"], record["report"]) == (None, None, None)


def test_verify_writes_mask_recovered_and_report(pipeline, tmp_path):
    source = write_picture(tmp_path / "a.png", verdict_pixel(Verdict.TAMPERED))
    record = json.loads(run("verify", source, "-o", tmp_path / "out", "--json").out)
    mask = images.load(record["mask"]).pixels[..., 0]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "mask.png",
        "recovered.png",
        "report.html",
        "result.json",
    ]
    assert mask.shape == (8, 16)
    assert (mask[:4, :8] == 255).all()
    assert mask.sum(dtype=int) == 255 * 32
    assert images.load(record["recovered"]).width == 16
    assert "a.png" in Path(record["report"]).read_text("utf-8")
    assert json.loads((tmp_path / "out/result.json").read_text()) == record


def test_verify_writes_no_recovered_picture_where_nothing_was_changed(pipeline, tmp_path):
    record = json.loads(run("verify", write_picture(tmp_path / "a.png"), "-o", tmp_path / "out", "--json").out)
    assert record["recovered"] is None
    assert not (tmp_path / "out/recovered.png").exists()


def test_force_takes_away_what_an_earlier_verify_left(pipeline, tmp_path):
    run("verify", write_picture(tmp_path / "a.png", verdict_pixel(Verdict.TAMPERED)), "-o", tmp_path / "out")
    assert run("verify", write_picture(tmp_path / "b.png"), "-o", tmp_path / "out", "--force").code == 0
    assert not (tmp_path / "out/recovered.png").exists()


def test_verify_tells_people_the_facts_without_letting_them_steer_the_terminal(pipeline, tmp_path):
    result = run("verify", write_picture(tmp_path / "a.png", verdict_pixel(Verdict.TAMPERED)))
    assert "Part of this picture has been changed." in result.out
    assert r"Ann\u001b[31m\u202eevil" in result.out
    assert "[bold]not markup[/bold]" in result.out
    assert "\x1b" not in result.out


def test_names_of_files_do_not_steer_the_terminal_either(pipeline, tmp_path):
    write_picture(tmp_path / "in" / "a\x1b[31m\nb.png", verdict_pixel(Verdict.TAMPERED))
    for arguments in (["protect"], ["verify", "--restore-metadata", tmp_path / "copies"]):
        result = run(*arguments, tmp_path / "in", "-o", tmp_path / arguments[0])
        assert r"a\x1b[31m\nb.png" in result.out
        assert "\x1b" not in result.out + result.err


def test_json_stays_plain_ascii(pipeline, tmp_path):
    result = run("verify", write_picture(tmp_path / "ä.png"), "--json")
    assert result.out.isascii()
    assert json.loads(result.out)["facts"]["creator"] == "Ann\x1b[31m\u202eevil"


def write_picture_that_says(path, **facts):
    """A grey picture whose metadata tells facts of its own."""
    write_picture(path)
    images.save_restated(path, path.with_name(f"told-{path.name}"), facts)
    return path.with_name(f"told-{path.name}")


def test_verify_says_where_the_metadata_contradicts_the_facts(pipeline, tmp_path):
    source = write_picture_that_says(tmp_path / "a.png", creator="Bob", headline="[BOLD]not markup[/bold]")
    result = run("verify", source)
    assert r"Metadata: The metadata says Bob; the picture's own facts say Ann\u001b[31m\u202eevil." in result.out
    record = json.loads(run("verify", source, "--json").out)
    findings = {fact["name"]: fact["finding"] for fact in record["metadata"]["facts"]}
    assert findings == {"creator": "contradicts", "headline": "agrees"}
    assert (
        json.loads(run("verify", write_picture(tmp_path / "b.png"), "--json").out)["metadata"]["contradicts"] is False
    )


def test_the_facts_of_another_picture_are_not_held_against_the_metadata(pipeline, tmp_path):
    source = write_picture(tmp_path / "a.png", verdict_pixel(Verdict.TRANSPLANTED))
    assert json.loads(run("verify", source, "--json").out)["metadata"] is None


def test_verify_restores_metadata_in_a_copy(pipeline, tmp_path):
    source = write_picture_that_says(tmp_path / "a.png", headline="A lie", city="Lima")
    before = source.read_bytes()
    result = run("verify", source, "--restore-metadata", tmp_path / "new/b.png")
    assert result.code == 0
    assert "A copy with these facts in its metadata:" in result.out
    copy = images.load(tmp_path / "new/b.png")
    told = images.facts_from_metadata(copy.metadata)
    assert told["headline"] == "[bold]not markup[/bold]"
    assert told["city"] == "Lima"
    assert np.array_equal(copy.pixels, images.load(source).pixels)
    assert source.read_bytes() == before
    again = run("verify", source, "--restore-metadata", tmp_path / "new/b.png")
    assert again.code == 2
    record = json.loads(run("verify", source, "--restore-metadata", tmp_path / "new/b.png", "--force", "--json").out)
    assert record["restored"] == {
        "output": str(tmp_path / "new/b.png"),
        "exact": True,
        "written": ["creator", "headline"],
        "no_place": [],
        "lost": [],
    }


def test_metadata_is_restored_for_a_folder_and_never_in_place(pipeline, tmp_path):
    (tmp_path / "in").mkdir()
    source = write_picture(tmp_path / "in/a.png")
    write_picture(tmp_path / "in/b.png", verdict_pixel(Verdict.FORGED))
    assert run("verify", tmp_path / "in", "--restore-metadata", tmp_path / "out", "--jobs", 1).code == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]
    assert run("verify", source, "--restore-metadata", source, "--force").code == 2
    assert run("verify", tmp_path / "in", "--restore-metadata", tmp_path / "in", "--force").code == 2
    assert run("verify", "-", "--restore-metadata", tmp_path / "c.png", stdin=source.read_bytes()).code == 2


# --- streams ---


def test_a_picture_goes_from_standard_input_to_standard_output(pipeline, tmp_path):
    source = write_picture(tmp_path / "a.png").read_bytes()
    result = run("protect", "-", "-o", "-", "--json", stdin=source)
    assert result.code == 0
    assert Image.open(BytesIO(result.bytes)).format == "PNG"
    assert json.loads(result.err)["output"] == "-"


def test_standard_output_keeps_the_format_asked_for(pipeline, tmp_path):
    result = run("protect", write_picture(tmp_path / "a.png"), "-o", "-", "--format", "webp")
    assert Image.open(BytesIO(result.bytes)).format == "WEBP"


def test_verify_reads_standard_input(pipeline, tmp_path):
    result = run("verify", "-", "--json", stdin=write_picture(tmp_path / "a.png").read_bytes())
    assert json.loads(result.out)["input"] == "-"


def test_a_folder_does_not_go_to_standard_output(pipeline, tmp_path):
    write_picture(tmp_path / "in/a.png")
    result = run("protect", tmp_path / "in", "-o", "-")
    assert result.code == 2
    assert "standard output" in error_line(result.err)


# --- options ---


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


# --- folders ---


@pytest.fixture
def folder(tmp_path):
    """Three good pictures in two folders, a text file named .jpg, and files that are none of our business."""
    write_picture(tmp_path / "in/a.png")
    write_picture(tmp_path / "in/deep/er/b.PNG")
    write_picture(tmp_path / "in/c.webp")
    (tmp_path / "in/bad.jpg").write_text("not a picture")
    (tmp_path / "in/notes.txt").write_text("notes")
    (tmp_path / "in/.hidden.png").write_text("")
    return tmp_path / "in"


def test_a_folder_is_mirrored_and_a_bad_file_leaves_the_others_alone(pipeline, folder, tmp_path):
    result = run("protect", folder, "-o", tmp_path / "out", "--jobs", 1, "--json")
    records = [json.loads(line) for line in result.out.splitlines()]
    written = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert result.code == 3
    assert written == {"a.png", "deep/er/b.PNG", "c.webp"}
    assert len(records) == 4
    assert [record["input"] for record in records if "error" in record] == [str(folder / "bad.jpg")]
    assert "bad.jpg" in error_line(result.err)


def test_unexpected_errors_in_a_folder_are_lines_too(pipeline, tmp_path):
    write_picture(tmp_path / "in/a.png", UNEXPECTED)
    write_picture(tmp_path / "in/b.png")
    result = run("protect", tmp_path / "in", "-o", tmp_path / "out", "--jobs", 1)
    assert result.code == 3
    assert "a wire came loose" in error_line(result.err)
    assert (tmp_path / "out/b.png").exists()


def test_a_second_run_is_refused_or_resumed_or_forced(pipeline, folder, tmp_path):
    (folder / "bad.jpg").unlink()
    out = tmp_path / "out"
    first = [folder, "-o", out, "--jobs", 1]
    assert run("protect", *first).code == 0
    (out / "c.webp").unlink()
    stamp = (out / "a.png").stat().st_mtime_ns
    refused = run("protect", *first)
    assert refused.code == 2
    assert "--resume" in error_line(refused.err)
    assert not (out / "c.webp").exists()
    resumed = run("protect", *first, "--resume", "--json")
    skipped = [record["input"] for record in map(json.loads, resumed.out.splitlines()) if record.get("skipped")]
    assert resumed.code == 0
    assert len(skipped) == 2
    assert (out / "c.webp").exists()
    assert (out / "a.png").stat().st_mtime_ns == stamp
    assert run("protect", *first, "--force").code == 0
    assert (out / "a.png").stat().st_mtime_ns > stamp


def test_verify_does_not_resume_with_what_was_painted_in_another_setting(pipeline, tmp_path):
    for name, verdict in (("doctored", Verdict.TAMPERED), ("good", Verdict.AUTHENTIC)):
        write_picture(tmp_path / "in" / f"{name}.png", verdict_pixel(verdict))
    arguments = ["verify", tmp_path / "in", "-o", tmp_path / "out", "--json", "--jobs", 1]
    run(*arguments)
    found = {
        Path(record["input"]).name: record["recovery_setting"]
        for record in map(json.loads, run(*arguments, "--resume", "--look").out.splitlines())
    }
    assert found == {"doctored.png": "look", "good.png": None}
    assert "found before" not in run("verify", tmp_path / "in", "-o", tmp_path / "out", "--jobs", 1, "--force").out
    again = run("verify", tmp_path / "in", "-o", tmp_path / "out", "--jobs", 1, "--resume").out
    assert again.count("found before") == 2


def test_verify_resumes_with_the_findings_of_the_first_run(pipeline, tmp_path):
    write_picture(tmp_path / "in/a.png", verdict_pixel(Verdict.TAMPERED))
    write_picture(tmp_path / "in/b.png")
    arguments = ["verify", tmp_path / "in", "-o", tmp_path / "out", "--jobs", 1, "--json"]
    first = run(*arguments)
    (tmp_path / "out/b.png/result.json").unlink()
    second = run(*arguments, "--resume")
    assert first.code == second.code == 1
    assert json.loads(second.out.splitlines()[0]) == json.loads(first.out.splitlines()[0])
    assert (tmp_path / "out/b.png/result.json").exists()


def test_outputs_inside_the_input_folder_are_not_inputs(pipeline, folder):
    (folder / "bad.jpg").unlink()
    run("protect", folder, "-o", folder / "out", "--jobs", 1)
    result = run("protect", folder, "-o", folder / "out", "--jobs", 1, "--resume")
    assert len(result.out.splitlines()) == 3


def test_two_pictures_of_one_name_are_refused_before_any_work(pipeline, tmp_path):
    write_picture(tmp_path / "in/a.png")
    write_picture(tmp_path / "in/a.jpg")
    result = run("protect", tmp_path / "in", "-o", tmp_path / "out", "--format", "jpeg")
    assert result.code == 2
    assert "would both become" in error_line(result.err)
    assert not (tmp_path / "out").exists()


def test_a_picture_is_never_its_own_output(pipeline, tmp_path):
    source = write_picture(tmp_path / "in/a.png")
    for output in (source, source.parent):
        for given in (source, source.parent):
            result = run("protect", given, "-o", output, "--force")
            assert result.code == 2, (given, output)
            error_line(result.err)


def test_a_folder_without_pictures_says_so(pipeline, tmp_path):
    result = run("protect", tmp_path, "-o", tmp_path / "out")
    assert result.code == 2
    assert "no picture" in error_line(result.err)


# --- errors ---


def test_errors_are_one_line_with_the_right_exit_code(pipeline, tmp_path):
    good = write_picture(tmp_path / "a.png")
    (tmp_path / "empty.png").write_bytes(b"")
    small = write_picture(tmp_path / "small.png", TOO_SMALL)
    odd = write_picture(tmp_path / "odd.png", UNEXPECTED)
    cases = [
        (2, ["protect", tmp_path / "none.png", "-o", tmp_path / "x.png"]),
        (2, ["protect", good, "-o", tmp_path / "x.bmp"]),
        (2, ["protect", good, "-o", tmp_path / "x.png", "--key", tmp_path / "none.pem"]),
        (2, ["protect", good, "-o", tmp_path / "x.png", "--key", good]),
        (2, ["protect", good, "-o", tmp_path / "x.png", "--channel-key", good]),
        (2, ["protect", good, "-o", tmp_path / "x.png", "--facts", "nothing"]),
        (2, ["verify", good, "--trust", good]),
        (2, ["verify", good, "-o", good]),
        (2, ["verify", good, "-o", "-"]),
        (2, ["verify", good, "--resume"]),
        (2, ["protect", "", "-o", tmp_path / "x.png"]),
        (2, ["protect", good, "-o", "", "--format", "jpeg"]),
        (2, ["protect", good, "-o", tmp_path / "x.png", "--vault", ""]),
        (2, ["protect", good, "-o", tmp_path / "x.png", "--carrier", ""]),
        (2, ["verify", ""]),
        (2, ["verify", good, "-o", ""]),
        (2, ["verify", good, "--vault", ""]),
        (2, ["verify", good, "--originals", tmp_path]),
        (3, ["protect", tmp_path / "empty.png", "-o", tmp_path / "x.png"]),
        (3, ["protect", small, "-o", tmp_path / "x.png"]),
        (3, ["protect", odd, "-o", tmp_path / "x.png"]),
    ]
    for code, arguments in cases:
        result = run(*arguments)
        assert (result.code, arguments) == (code, arguments)
        error_line(result.err)
        assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["protect", "{}", "-o", "out.png"], "with --resume to go on"),
        (["vault", "add", "{}", "--vault", "v"], "again to go on"),
    ],
)
def test_an_interrupted_command_says_how_to_go_on(pipeline, tmp_path, monkeypatch, arguments, words):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("underdrawing.cli.inputs.path_of", interrupt)
    result = run(*(argument.format(write_picture(tmp_path / "a.png")) for argument in arguments))
    assert result.code == 3
    assert words in error_line(result.err)


def test_an_existing_output_is_kept(pipeline, tmp_path):
    source, output = write_picture(tmp_path / "a.png"), tmp_path / "b.png"
    output.write_text("precious")
    result = run("protect", source, "-o", output)
    assert result.code == 2
    assert "--force" in error_line(result.err)
    assert output.read_text() == "precious"


def test_debug_shows_the_trace(pipeline, tmp_path):
    odd = write_picture(tmp_path / "odd.png", UNEXPECTED)
    result = CliRunner().invoke(app, ["--debug", "protect", str(odd), "-o", str(tmp_path / "x.png")])
    assert "Traceback" in result.stderr
    assert result.exit_code == 3


def test_an_error_in_planning_is_a_line_too(pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr("underdrawing.cli.protecting.find_items", lambda *_, **__: 1 / 0)
    result = run("protect", write_picture(tmp_path / "a.png"), "-o", tmp_path / "x.png")
    assert result.code == 3
    assert "ZeroDivisionError" in error_line(result.err)


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["protect"], ["protect", "a.png"], ["verify", "--jobs", "0", "a"]]
)
def test_wrong_usage_exits_with_two(arguments):
    assert run(*arguments).code == 2


# --- start-up ---


def test_help_imports_nothing_heavy():
    program = "import sys\nfrom underdrawing.cli import app\ntry:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
    program += "print([name for name in ('numpy', 'cv2', 'PIL', 'onnxruntime', 'cryptography') if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"


def test_a_reader_that_leaves_is_no_error(tmp_path):
    process = subprocess.run(
        f"{sys.executable} -m underdrawing.cli --help | true", shell=True, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in process.stderr
