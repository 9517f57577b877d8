"""The way out: a ``Picture`` becomes the bytes of a file, and what a format cannot carry is said beforehand."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image

from underdrawing.errors import UnderdrawingError, UsageError
from underdrawing.images import exif, jpeg, png, tiff
from underdrawing.images.channels import samples_of, to_eight_bits
from underdrawing.images.files import write_atomically
from underdrawing.images.picture import ImageFormat, JpegCoding, Metadata, Picture, Pixels, Subsampling

__all__ = ["Loss", "encode", "format_named", "losses", "save"]

Loss: TypeAlias = Literal["alpha", "grey", "depth", "icc", "exif", "iptc", "xmp"]

DEFAULT_JPEG_QUALITY = 95
_LONGEST_SIDE_PX = {"JPEG": 65500, "WEBP": 16383, "AVIF": 65535, "PNG": 2**31 - 1, "TIFF": 2**31 - 1}
_SUFFIXES: dict[str, ImageFormat] = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".avif": "AVIF",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}


def losses(picture: Picture, *, format: ImageFormat) -> tuple[Loss, ...]:
    """What a picture loses when it is encoded in a format.

    ``alpha``: transparency, flattened onto white (JPEG) · ``grey``: stored as RGB (WebP; AVIF with alpha) · ``depth``:
    16 bits become 8 (JPEG, WebP, AVIF) · ``icc``: a grey profile where there are no grey pixels · ``iptc``: WebP and
    AVIF have no place for it · ``exif``, ``iptc``, ``xmp``, ``icc``: too long for a JPEG segment. (``exif`` also when a
    caller made a block that cannot be read, and TIFF or AVIF must take it apart.)
    """
    metadata, alpha = picture.metadata, picture.alpha
    ungreyed = picture.grey and (format == "WEBP" or (format == "AVIF" and alpha is not None))
    lost: dict[Loss, bool] = {
        "alpha": format == "JPEG" and alpha is not None and bool(alpha.min() < _full(picture.pixels)),
        "grey": ungreyed,
        "depth": format not in ("PNG", "TIFF") and picture.pixels.dtype == np.uint16,
        "icc": _too_long(metadata.icc, "icc", format) or (ungreyed and bool(metadata.icc)),
        "exif": _too_long(metadata.exif, "exif", format) or _unreadable(metadata.exif, format),
        "iptc": _too_long(metadata.iptc, "iptc", format) or (format in ("WEBP", "AVIF") and bool(metadata.iptc)),
        "xmp": _too_long(metadata.xmp, "xmp", format),
    }
    return tuple(name for name, is_lost in lost.items() if is_lost)


def _too_long(block: bytes | None, name: str, image_format: ImageFormat) -> bool:
    return image_format == "JPEG" and block is not None and len(block) > jpeg.MAX_BLOCK_BYTES[name]


def _unreadable(block: bytes | None, image_format: ImageFormat) -> bool:
    """Whether an Exif block cannot be taken apart where that has to be done."""
    return image_format in ("TIFF", "AVIF") and block is not None and exif.settle(block) is None


def _full(pixels: Pixels) -> int:
    return int(np.iinfo(pixels.dtype).max)


def encode(
    picture: Picture,
    *,
    format: ImageFormat | None = None,
    quality: int | None = None,
    subsampling: Subsampling | None = None,
) -> bytes:
    """The bytes of an image file. ``losses`` tells beforehand what the format cannot carry.

    JPEG keeps the quantization tables, subsampling, progression and kind of Huffman tables the picture came with; a
    picture that was no JPEG gets quality 95, 4:4:4. PNG, TIFF and WebP are lossless; AVIF is as near to it as its
    encoder goes (quality 100, 4:4:4: two grey levels off at most). 16-bit pictures stay so in PNG and TIFF.

    Args:
        format: default: the format the picture came in, else PNG.
        quality: 1..100; makes WebP and AVIF lossy; nothing to PNG and TIFF.
        subsampling: of the chroma in JPEG and AVIF.

    Raises:
        UsageError: a quality outside its range, or a picture longer than the format allows.
    """
    chosen = format or picture.format or "PNG"
    if quality is not None and not 1 <= quality <= 100:
        raise UsageError(f"quality is {quality}; expected 1 to 100")
    longest = max(picture.height, picture.width)
    if longest > _LONGEST_SIDE_PX[chosen]:
        raise UsageError(f"{chosen} holds at most {_LONGEST_SIDE_PX[chosen]} pixels a side, this picture has {longest}")
    picture = replace(picture, metadata=_portable(picture, chosen))
    try:
        return _ENCODERS[chosen](picture, quality, subsampling)
    except (OSError, ValueError) as error:
        raise UnderdrawingError(f"the {chosen} encoder failed ({error}); try another format") from error


def _portable(picture: Picture, image_format: ImageFormat) -> Metadata:
    lost = losses(picture, format=image_format)
    metadata = picture.metadata
    return replace(
        metadata,
        icc=None if "icc" in lost else metadata.icc,
        exif=None if "exif" in lost else metadata.exif,
        iptc=None if "iptc" in lost else metadata.iptc,
        xmp=None if "xmp" in lost else metadata.xmp,
    )


def _encode_jpeg(picture: Picture, quality: int | None, subsampling: Subsampling | None) -> bytes:
    came = picture.metadata.jpeg
    options = _jpeg_options(came, quality, subsampling or (came.subsampling if came else "4:4:4"))
    if picture.metadata.dpi:
        options["dpi"] = tuple(min(round(dpi), 65535) for dpi in picture.metadata.dpi)
    encoded = _pillow_bytes(_squeezed(to_eight_bits(_flattened(picture))), "JPEG", options)
    return jpeg.add_metadata(encoded, picture.metadata)


def _jpeg_options(came: JpegCoding | None, quality: int | None, subsampling: Subsampling) -> dict[str, object]:
    options: dict[str, object] = {"subsampling": subsampling}
    if came and quality is None:  # Pillow would scale the tables by a quality
        options["qtables"] = [list(table) for table in _without_repeats(came.quantization)]
    else:
        options["quality"] = quality or DEFAULT_JPEG_QUALITY
    if came:
        options |= {"progressive": came.progressive, "optimize": came.optimized}
    return options


def _without_repeats(tables: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """Tables of the components without the last ones that repeat: the encoder goes on with the last it is given."""
    while len(tables) > 1 and tables[-1] == tables[-2]:
        tables = tables[:-1]
    return tables


def _flattened(picture: Picture) -> Pixels:
    """Samples without alpha: the picture on white paper."""
    if picture.alpha is None:
        return samples_of(picture)
    samples, full = samples_of(replace(picture, alpha=None)), _full(picture.pixels)
    alpha = picture.alpha[..., None].astype(np.uint32)
    if alpha.min() == full:
        return samples
    mixed = samples.astype(np.uint32) * alpha + full * (full - alpha)
    return ((mixed + full // 2) // full).astype(samples.dtype)


def _encode_png(picture: Picture, quality: int | None, subsampling: Subsampling | None) -> bytes:
    samples = samples_of(picture)
    if samples.dtype == np.uint16:
        encoded = png.encode_deep_png(samples.astype(np.uint16, copy=False))
    else:
        encoded = _pillow_bytes(_squeezed(samples), "PNG", {"compress_level": 3})
    return png.add_metadata(encoded, picture.metadata)


def _encode_tiff(picture: Picture, quality: int | None, subsampling: Subsampling | None) -> bytes:
    return tiff.encode_tiff(samples_of(picture), picture.metadata)


def _encode_webp(picture: Picture, quality: int | None, subsampling: Subsampling | None) -> bytes:
    samples = to_eight_bits(samples_of(replace(picture, grey=False)))
    how: dict[str, object] = {"lossless": True, "exact": True, "method": 1, "quality": 20}
    if quality is not None:
        how = {"quality": quality, "exact": True}
    return _pillow_bytes(samples, "WEBP", how | _blocks(picture.metadata, picture.metadata.exif))


def _encode_avif(picture: Picture, quality: int | None, subsampling: Subsampling | None) -> bytes:
    grey = picture.grey and picture.alpha is None
    samples = _squeezed(to_eight_bits(samples_of(replace(picture, grey=grey))))
    chroma = "4:0:0" if grey else subsampling or "4:4:4"
    how: dict[str, object] = {"quality": quality or 100, "subsampling": chroma, "speed": 8}
    block = picture.metadata.exif and exif.without_orientation(picture.metadata.exif)
    with warnings.catch_warnings():  # Pillow reads the Exif block it is about to write, and warns about what it finds.
        warnings.simplefilter("ignore")
        return _pillow_bytes(samples, "AVIF", how | _blocks(picture.metadata, block))


def _blocks(metadata: Metadata, block: bytes | None) -> dict[str, object]:
    return {"icc_profile": metadata.icc or b"", "exif": block or b"", "xmp": metadata.xmp or b""}


def _squeezed(samples: Pixels) -> Pixels:
    return samples[..., 0] if samples.shape[2] == 1 else samples


def _pillow_bytes(samples: Pixels, image_format: ImageFormat, options: dict[str, object]) -> bytes:
    buffer = BytesIO()
    Image.fromarray(samples).save(buffer, image_format, **options)
    return buffer.getvalue()


_ENCODERS: dict[ImageFormat, Callable[[Picture, int | None, Subsampling | None], bytes]] = {
    "JPEG": _encode_jpeg,
    "PNG": _encode_png,
    "WEBP": _encode_webp,
    "AVIF": _encode_avif,
    "TIFF": _encode_tiff,
}


def format_named(path: Path) -> ImageFormat | None:
    """The format that a file name asks for; None if its ending is none of ours."""
    return _SUFFIXES.get(path.suffix.lower())


def save(
    picture: Picture,
    path: Path | str,
    *,
    format: ImageFormat | None = None,
    quality: int | None = None,
    subsampling: Subsampling | None = None,
    overwrite: bool = False,
) -> Path:
    """Encode a picture and write it atomically; see ``encode`` for the options.

    Args:
        path: its suffix chooses the format when ``format`` is not given.

    Returns:
        The path that was written.

    Raises:
        OutputExistsError: the file exists and ``overwrite`` is false.
        UsageError: the suffix names no format, or the folder does not exist.
        OutputError: no permission, no space.
    """
    target = Path(path)
    chosen = format or format_named(target)
    if chosen is None:
        raise UsageError(f"cannot tell a format from {target.name!r}; expected one of {' '.join(sorted(_SUFFIXES))}")
    data = encode(picture, format=chosen, quality=quality, subsampling=subsampling)
    write_atomically(target, data, overwrite=overwrite)
    return target
