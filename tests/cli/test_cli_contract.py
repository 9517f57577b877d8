"""What protect and verify print, what they write, what they read it from."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from stand_ins import VERDICTS, error_line, run, stand_in_verify, verdict_pixel, write_picture, write_telling

import underdrawing
from underdrawing import images
from underdrawing.findings import Verdict

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
        "transparent_fraction",
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
    kept = json.loads((tmp_path / "out/result.json").read_text())
    assert {name: value for name, value in kept.items() if name != "asked"} == record


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


def test_verify_says_where_the_metadata_contradicts_the_facts(pipeline, tmp_path):
    source = write_telling(tmp_path / "a.png", creator="Bob", headline="[BOLD]not markup[/bold]")
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
    source = write_telling(tmp_path / "a.png", headline="A lie", city="Lima")
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


def test_verify_says_what_is_not_opaque(pipeline, monkeypatch, tmp_path):
    def half_transparent(*given, **options):
        return replace(stand_in_verify(*given, **options), transparent_fraction=0.5)

    monkeypatch.setitem(vars(underdrawing), "verify", half_transparent)
    picture = write_picture(tmp_path / "a.png")
    assert "50 % of it is transparent" in run("verify", picture).out
    assert json.loads(run("verify", picture, "--json").out)["transparent_fraction"] == 0.5
