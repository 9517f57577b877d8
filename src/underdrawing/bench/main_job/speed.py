"""How long one file takes on one thread, beside Pillow and beside another watermark, in the same process.

Run as ``python -m underdrawing.bench.main_job.speed FILE``: a process of its own keeps the threads of other work out.
"""

import importlib.util
import io
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from underdrawing.bench.corpus import Corpus
from underdrawing.bench.lines import Line, number_line
from underdrawing.bench.threads import one_thread_environment

__all__ = ["Timing", "full_hd_jpeg", "help_time", "import_time", "measure_file", "speed_lines", "time_file"]

FULL_HD = (1920, 1080)
_ROUNDS = 5
_PAYLOAD = b"\x5a" * 4


@dataclass(frozen=True)
class Timing:
    """Seconds of one operation over several rounds."""

    name: str
    median_s: float
    fastest_s: float
    slowest_s: float


def full_hd_jpeg(corpus: Corpus) -> bytes:
    """A photograph of the corpus as a 1920×1080 JPEG of quality 95, 4:2:0; a small one is enlarged."""
    from PIL import Image, ImageOps

    names = [name for name in corpus.protected if not name.startswith("skimage/")] or list(corpus.protected)
    best = max(names, key=lambda name: _size(corpus.read(name)))
    with Image.open(io.BytesIO(corpus.read(best))) as image:
        fitted = ImageOps.fit(image.convert("RGB"), FULL_HD, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    fitted.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def _size(file: bytes) -> int:
    from PIL import Image

    with Image.open(io.BytesIO(file)) as image:
        return image.width * image.height


def time_file(path: Path) -> list[Timing]:
    """Time every operation on a file in this process: bytes to bytes, or bytes to result.

    The operations take turns, so that other work on the machine hits them alike.
    """
    import cv2

    cv2.setNumThreads(1)
    operations = _operations(path.read_bytes())
    seconds: dict[str, list[float]] = {name: [] for name in operations}
    for _ in range(_ROUNDS + 1):
        for name, operation in operations.items():
            started = time.perf_counter()
            operation()
            seconds[name].append(time.perf_counter() - started)
    return [_timing(name, values[1:]) for name, values in seconds.items()]


def measure_file(path: Path) -> list[Timing]:
    """The same in a process of its own that computes on one thread."""
    command = [sys.executable, "-m", "underdrawing.bench.main_job.speed", str(path)]
    finished = subprocess.run(command, capture_output=True, text=True, check=True, env=one_thread_environment())
    return [Timing(**row) for row in json.loads(finished.stdout)]


def import_time() -> Timing:
    """``import underdrawing`` in a fresh interpreter, without the start of the interpreter."""
    code = "import time; t = time.perf_counter(); import underdrawing; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", code]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(_ROUNDS)]
    return _timing("import underdrawing", [float(run.stdout) for run in runs])


def help_time() -> Timing:
    """``underdrawing --help`` from the start of the process to its end."""
    command = [str(Path(sys.executable).with_name("underdrawing")), "--help"]
    seconds = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        seconds.append(time.perf_counter() - started)
    return _timing("underdrawing --help", seconds)


def speed_lines(timings: list[Timing]) -> list[Line]:
    """The lines of the table about time, from whatever was timed."""
    median = {timing.name: timing.median_s for timing in timings}
    pillow, nothing = median.get("pillow", float("nan")), float("nan")
    protect, verify = median.get("protect", nothing), median.get("verify", nothing)
    return [
        number_line("speed, 1920×1080", "protect, times Pillow's decode + encode", "≤ 6", protect / pillow, high=6),
        number_line("speed, 1920×1080", "verify, times Pillow's decode + encode", "≤ 10", verify / pillow, high=10),
        _beside("protect against dwtDctSvd encode", protect, median.get("dwtDctSvd encode")),
        _beside("verify against dwtDctSvd decode", verify, median.get("dwtDctSvd decode")),
        number_line(
            "start-up", "import underdrawing, s", "≤ 0.3", median.get("import underdrawing", nothing), high=0.3
        ),
        number_line(
            "start-up", "underdrawing --help, s", "≤ 0.5", median.get("underdrawing --help", nothing), high=0.5
        ),
    ]


def _beside(what: str, ours_s: float, theirs_s: float | None) -> Line:
    if theirs_s is None or math.isnan(ours_s):
        missing = "not measured" if math.isnan(ours_s) else "invisible-watermark is not installed"
        return Line("speed, 1920×1080", what, "faster", missing, None)
    return Line("speed, 1920×1080", what, "faster", f"{ours_s:.2f} s against {theirs_s:.2f} s", ours_s < theirs_s)


def _timing(name: str, seconds: list[float]) -> Timing:
    return Timing(name, statistics.median(seconds), min(seconds), max(seconds))


def _operations(file: bytes) -> dict[str, Callable[[], Any]]:
    import underdrawing
    from underdrawing.images import encode, load
    from underdrawing.payload import SigningKey

    key = SigningKey.from_seed(bytes(32))
    protected = encode(underdrawing.protect(load(file), key=key).picture)
    tampered = _pasted_over(protected)
    return {
        "pillow": lambda: _pillow_round_trip(file),
        "protect": lambda: encode(underdrawing.protect(load(file), key=key).picture),
        "verify": lambda: underdrawing.verify(load(tampered)),
        "verify, untouched": lambda: underdrawing.verify(load(protected)),
        **_other_watermark(file),
    }


def _pasted_over(file: bytes) -> bytes:
    """A quarter of the picture covered with another part of it, saved at quality 90."""
    from PIL import Image

    with Image.open(io.BytesIO(file)) as image:
        pixels = image.convert("RGB")
    width, height = pixels.size
    pixels.paste(pixels.crop((0, 0, width // 2, height // 2)), (width // 3, height // 3))
    buffer = io.BytesIO()
    pixels.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _pillow_round_trip(file: bytes) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    with Image.open(io.BytesIO(file)) as image:
        image.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def _other_watermark(file: bytes) -> dict[str, Callable[[], Any]]:
    """invisible-watermark's dwtDctSvd with 32 bits, file to file and file to bits; nothing when it is not installed."""
    module = _dwt_dct_svd()
    if module is None:
        return {}
    import cv2
    import numpy as np

    bits = list(np.unpackbits(np.frombuffer(_PAYLOAD, np.uint8)))

    def encode() -> bytes:
        pixels = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
        marked = module.EmbedDwtDctSvd(bits, wmLen=32).encode(pixels)
        return cv2.imencode(".jpg", marked, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()

    marked_file = np.frombuffer(encode(), np.uint8)

    def decode() -> Any:
        return module.EmbedDwtDctSvd(wmLen=32).decode(cv2.imdecode(marked_file, cv2.IMREAD_COLOR))

    return {"dwtDctSvd encode": encode, "dwtDctSvd decode": decode}


def _dwt_dct_svd() -> ModuleType | None:
    """The one module of invisible-watermark that needs no PyTorch, loaded without the package around it."""
    package = importlib.util.find_spec("imwatermark")
    if package is None or not package.submodule_search_locations:
        return None
    path = Path(package.submodule_search_locations[0]) / "dwtDctSvd.py"
    spec = importlib.util.spec_from_file_location("dwt_dct_svd", path)
    if spec is None or spec.loader is None or importlib.util.find_spec("pywt") is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    print(json.dumps([asdict(timing) for timing in time_file(Path(sys.argv[1]))]))
