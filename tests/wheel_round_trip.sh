#!/usr/bin/env bash
# Install the built wheel into an empty environment, in an empty folder, and go once around on the command line.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
wheel="$(ls -t "$root"/dist/underdrawing-*.whl | head -n 1)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
"${PYTHON:-python3}" -m venv environment
environment/bin/python -m pip install --quiet "$wheel"
ud=environment/bin/underdrawing

# A photograph of our own making: smooth light, edges and grain.
environment/bin/python - <<'PYTHON'
import numpy as np
from PIL import Image
rng = np.random.default_rng(7)
y, x = np.mgrid[:640, :800] / 640
light = 90 + 80 * np.sin(3 * x + y) + 40 * ((x - 0.6) ** 2 + (y - 0.5) ** 2 < 0.08)
picture = light[..., None] + [10, 0, -12] + rng.normal(0, 5, (640, 800, 1)) + 20 * np.sin(40 * x * y)[..., None]
Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save("photo.jpg", quality=92)
PYTHON

$ud keys new my.key
$ud keys export my.key --name "Round trip" -o my.pub
$ud protect photo.jpg -o protected.jpg --key my.key --facts creator=Ann --json
$ud verify protected.jpg --trust my.pub --json | tee found.json
grep -q '"verdict": "authentic"' found.json
grep -q '"signature": "valid"' found.json
grep -q '"creator": "Ann"' found.json

environment/bin/python - <<'PYTHON'
from PIL import Image
with Image.open("protected.jpg") as image:
    image.paste(image.crop((0, 0, 240, 240)), (400, 300))
    image.save("suspect.jpg", quality=85)
PYTHON
code=0
$ud verify suspect.jpg --trust my.pub -o findings || code=$?
test "$code" -eq 1
test -s findings/mask.png -a -s findings/recovered.png -a -s findings/report.html
echo "the wheel works"
