"""What the model cards say around the figures."""

__all__ = ["AUTOENCODER", "COPIES", "FINGERPRINT", "HEAD", "OUTLINER", "RESTORER", "TEXTURER", "TOKENIZER"]

HEAD = """\
# Model card: {title}

<!-- Written by `python -m train.cards` from the shipped weights.json; do not edit. -->

"""

TOKENIZER = """\
**What it does.** Describes a picture by 1365 tokens of 12 bits on the scales 1, 2, 4, 8, 16 and 32, and paints a
256×256 picture from them. Any prefix of the scales is a description of the whole picture, so one code fits carriers
of every size; scale 32 may be known in part. Given the untouched surroundings of a region it paints what continues
them.

**What it is.** Two levels of principal components (16-pixel patches to 32 numbers; 8-pixel patches of what is left to
16); on each scale layouts, the principal components of cells of these numbers, and a vocabulary of 4096 entries; and a
residual convolutional decoder of {parameters} parameters around a linear one. Encoding is integer arithmetic: the same
canvas has the same tokens on every machine. Only the decoder, on which no token depends, is a neural network; its
residual blocks but the last are stored and computed in eight bits, which halves the time and costs less than .001 dB.

**What it sees.** {preprocessing}.

**What it is not for.** The decoder was trained for small squared error: what the tokens do not say comes out smooth,
not invented. Small text and small faces are not legible at any prefix. Tokens follow the brightness of the picture;
undo gain and offset before comparing the tokens of two copies (the table of tokens that stay the same).

{origin}
## Likeness

Mean over pictures at 256×256, RGB, values 0 to 255, measured through the package's own runtime. PSNR in dB and MS-SSIM:
higher is better; GMSD: lower is better.

| bits of the code | {bits} |
|---|{rules}
{scores}

One thread of the machine that trained it, median: encode {encode_ms} ms, decode {decode_ms} ms (lower is better).
Share of the vocabulary that the training pictures use, scale by scale: {in_use}.

## Tokens that stay the same

Share of tokens that do not change when the picture does ({robust_pictures} pictures of val, changed at 256×256;
higher is better). *Given* means that the coarser tokens of the original are known; *steadied*, that the picture was
nudged beforehand to keep its tokens, as protecting does it.

| change | tokens | 1 | 2 | 4 | 8 | 16 | 32 |
|---|---|---|---|---|---|---|---|
{robustness}

## Copies and strangers

An edited copy (a quarter replaced, cropped to nine tenths, JPEG 50) of each of {test_pictures} pictures of test, by its
coarse code alone, against up to 5,000 other pictures: area under the ROC curve, and share of copies whose original is
the nearest of all (higher is better).

| bits of the code | ROC AUC | nearest |
|---|---|---|
{separation}
"""

RESTORER = """\
**What it does.** Predicts what a picture was where it was changed, from the tokens of its hidden code that arrived and
from the pixels that are still its own. It tells the tokenizer's decoder better latents, and gives distributions over
the tokens that did not arrive, scale by scale. Without any token it continues the surroundings; without any
surroundings it helps the decoder.

**What it is.** A Transformer of {parameters} parameters over 16×16 cells, stored with weights of eight bits, trained on
random regions of 1 to 60 % of the picture, random survivors of the code, and JPEG of 40 to 95.

**What it is not for.** It was trained for small squared error on photographs: where neither code nor surroundings
tell, it paints a smooth mean and no invented detail. It is no generative model, and what it paints is no evidence.

{origin}
## Inside the region

Mean PSNR in dB inside a quarter of each picture (boxes, strokes and blobs) at 256×256 after JPEG 75, through the
package's own runtime of commit `{scored_at}`, the seam matched; by bits of the code that arrived (higher is better).

{tables}

*As shipped*: from 4092 bits on the decoder paints alone, for there the Transformer adds nothing yet; with 252 bits and
less the mean is tempered with a plain continuation of the surroundings (the mean of both inpaintings), next to the
seam above all. *Made up*: the same with texture by [the texturer](texturer.md), which is not meant to be near, but to
look like a photograph.

Error of the slopes of luminance in a band of three pixels along the border of the region, in grey levels (lower is
better), 1020 bits, val: {seam_pasted} when the code alone is pasted, {seam_code} with the seam matched, {seam_helped}
with the Transformer, {seam_copy} in the compressed copy that was never changed. Transformer and decoder together take
{restore_ms} ms (one thread, median).
"""

FINGERPRINT = """\
**What it does.** Says in {bits} bits what a picture looks like, so that its copies are found among millions by counting
bits that differ. It serves pictures without a mark, or whose mark is gone.

**What it is.** A small convolutional network of {parameters} parameters: it looks through 8×8 kernels at a picture of
128×128, pools what it sees over the whole and over four corners, and takes the signs of {bits} numbers, each balanced
so that half of the training pictures have it set. Regions that are known to have been changed are left out.

**What it sees.** {preprocessing}.

**How it was trained.** A copy must be nearer to its original than to every other picture of the batch. Copies have
regions replaced, are cropped to as little as 45 % of the area, framed, turned by up to 12°, slanted, in other tones,
smaller, noisy, compressed. Mirror images are not among them: whoever searches asks for those too.

**What it is not for.** Near is not the same: pictures of one scene, or of one product, are near to each other. Which of
them a copy comes from is decided by comparison with previews ([Retrieval](../retrieval.md)). It knows no people and no
places, and it is no measure of quality. Its numbers are floats: {next_to_zero:.3%} of them lie within a ten-thousandth
of their deviation from zero and may turn out as another bit on another machine, far fewer than one bit in 512.

{origin}
## Copies and strangers

By the bits alone, among all pictures of a split: share of copies whose original is nearest (higher is better), and
median distance in bits to the original and to the nearest other picture. Strangers differ in {strangers:.0f} bits
(median, val). The replaced quarter is taken from another picture of the same split. With a million others, and against
other methods: [Retrieval, measured](../retrieval-benchmark.md).

| copies | split, pictures | nearest | original | nearest other |
|---|---|---|---|---|
{copies}

A description takes {describe_ms} ms of one core's time.
"""

AUTOENCODER = """\
**What it does.** Writes a picture anew from little: an attack on marks, for the attack suite of the benchmark. Nothing
that protects or verifies pictures uses it.

**What it is.** A convolutional autoencoder of {parameters} parameters that keeps {latents} whole numbers of {levels}
levels for every {stride}×{stride} pixels, at most {rate} bits per pixel; the bottleneck is that of the autoencoders of
picture generators, made coarser by rounding.

**What it sees.** {preprocessing}.

**What it is not for.** It was trained for small squared error and is small: fine texture comes out smooth. Attackers
have better ones, which leave a picture more like itself; what survives this one may still survive those, and what does
not survive it can be blamed on its blur as well.

{origin}
## Likeness

Mean over pictures at 256×256, RGB, values 0 to 255, measured through the package's own runtime. PSNR in dB and MS-SSIM:
higher is better; GMSD: lower is better. One picture takes {regenerate_ms} ms of one core's time.

| split, pictures | PSNR | MS-SSIM | GMSD |
|---|---|---|---|
{scores}
"""

OUTLINER = """\
**What it does.** Draws where exactly the edge of a changed region runs, for the tamper map. The map proves a region in
blocks of 16 pixels of the working grid; the network sees those blocks, the suspect and the picture that its hidden code
remembers, and says of every place of a 256×256 canvas whether it was changed. It is asked only where a region is
proven, so it can neither raise an alarm nor silence one.

**What it is.** A U-Net of {parameters} parameters.

**What it sees.** {preprocessing}.

**How it was trained.** On {forgeries} forgeries of protected pictures: splices with hard, soft and blended edges,
copies within a picture, removals, redrawn regions, regions through an autoencoder, plates of text, other colours, blur,
large pixels, plain areas and seamless cloning; in boxes, ellipses, strokes, blobs and along the outlines of objects, of
1 to 60 % of the area; three quarters of them saved as JPEG 50 to 85 or as WebP, made smaller, noisy or of other tones.
The pictures have 256 pixels a side and were enlarged to the sizes of the working grids or laid side by side.

**What it is not for.** Kinds of edit that it never saw may be drawn worse; the blocks keep it from going far wrong. A
place is a 256th of the picture: finer than that it cannot draw.

{origin}
## Outlines

Pictures of val, doctored as [ImageNet-S](../imagenet-s.md) has it, lossless and at JPEG 70, as far as a change was
noticed; at 256×256, against the truth (higher is better). *Blocks* are the proven regions as they are.

| drawn by | F1, at least 5 % | IoU, at least 5 % | F1, less | IoU, less |
|---|---|---|---|---|
{outlines}

{large} forgeries of at least 5 % of the picture, {small} of less. An outline takes {draw_ms} ms of one core's time
(median).
"""

TEXTURER = """\
**What it does.** Tells how strong the texture is that a picture painted from a hidden code lacks: for 18 bands (three
octaves of four directions in luminance, three octaves in each of two colour differences) and 64×64 places. The setting
`look` adds most of that energy, as noise and by making what there is of the band stronger. All of it is made up. Around
a region it can be seen how much more or less than that is missing in this very picture; octave by octave, the region
gets so much more or less (`calibration.py`, no network).

**What it is.** A residual convolutional network of {parameters} parameters.

**What it sees.** {preprocessing}.

**How it was trained.** That what the painted picture really lacks is as likely as can be, if each band is noise of the
told strength (Laplace's distribution). There is no critic in it, so nothing can be made up that is not noise or a
stronger edge, and training is steady: on two cores, an adversarial one got no farther than grids. The last run learned
from softened pictures as well (1.3 to 4 times smaller and enlarged again, one beside every two), to leave soft ones
soft.

**What it is not for.** It does not bring back a single hair: likeness in the sense of squared error falls. What it adds
is no evidence of anything. Where the code told little, it roughens shapes that are wrong. Where a region differs much
from the rest of its picture, a smooth wall in a wood, it comes out rougher or smoother than it was. Whole pictures,
painted from the code alone, are as rough as most photographs are with such a code: skin and soft backgrounds may be
rougher than they were.

{origin}
## Looks

Whole pictures from codes alone, 256×256, RGB, values 0 to 255, measured through the package's own runtime. *Slopes*:
mean difference of neighbouring pixels as a share of what it is in the photographs, 1 being as much detail as they have.
PSNR in dB and MS-SSIM: higher is better; GMSD: lower is better.

| split, pictures | bits of the code | setting | PSNR | MS-SSIM | GMSD | slopes |
|---|---|---|---|---|---|---|
{looks}

The same inside a quarter of each picture (boxes, strokes and blobs), the rest being its copy at JPEG 75, as forgeries
are painted back. *Spread*: by how much the share of slopes differs between pictures, as the standard deviation of its
logarithm (lower is better).

| split, pictures | bits of the code | setting | M-PSNR | slopes | spread |
|---|---|---|---|---|---|
{inside}

From 4092 bits a whole picture takes {look_ms} ms of one core's time, decoder included (mean).
"""

COPIES = {
    "replaced": "a quarter replaced, JPEG 60",
    "cropped": "cropped to 70 %, JPEG 60",
    "both": "a quarter replaced, cropped to 70 %, JPEG 60",
    "small": "half size, JPEG 50",
}
