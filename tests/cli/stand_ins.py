"""A pipeline that answers by the first pixel, and the command line run in this process.

The commands around it are tested here; ``test_round_trip.py`` runs the real pipeline.
"""

from types import SimpleNamespace

import numpy as np
from PIL import Image
from typer.testing import CliRunner

from underdrawing import images
from underdrawing.cli import app
from underdrawing.errors import ImageTooSmallError
from underdrawing.findings import Geometry, Protection, Verdict, Verification
from underdrawing.payload import SignatureStatus

VERDICTS = list(Verdict)
UNEXPECTED, TOO_SMALL = 201, 202


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


def write_telling(path, **facts):
    """A grey picture whose metadata tells facts of its own."""
    write_picture(path)
    images.save_restated(path, path.with_name(f"told-{path.name}"), facts)
    return path.with_name(f"told-{path.name}")


def verdict_pixel(verdict):
    return 10 * VERDICTS.index(verdict)


def error_line(text):
    """The one line of an error."""
    lines = text.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("underdrawing: ")
    return lines[0]
