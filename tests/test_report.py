"""The report: a file, hostile facts kept as text, pictures in their places, words that claim no more than is known."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from underdrawing import pipeline
from underdrawing.errors import OutputExistsError
from underdrawing.findings import Geometry, Known, RecoverySetting, Verdict, Verification
from underdrawing.images import Metadata, Picture, encode, load, restate
from underdrawing.payload import SignatureStatus
from underdrawing.report import (
    html_report,
    lying_words,
    mask_png,
    metadata_check,
    page,
    percent,
    readable,
    signature_words,
    vault_words,
    write_report,
)
from underdrawing.report.pictures import heat_layer, outline_path, panel_from, places
from underdrawing.report.sections import _STEP_WORDS
from underdrawing.report.words import fact_rows, headline, lead, open_questions, settled

VOID = {"meta", "img", "input", "br", "path", "rect", "circle"}


class Page(HTMLParser):
    """What a browser would make of a report: every element with its attributes, every visible text, no loose ends."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts, self.open = [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def picture(height=60, width=90, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 9, 3)).astype(np.uint8)
    return Picture(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))


def verification(**changes):
    mask = np.zeros((60, 90), bool)
    mask[10:30, 20:50] = True
    values = {
        "verdict": Verdict.TAMPERED,
        "confidence": 0.99,
        "id": "0123456789abcdef",
        "blocks": ("anchor", "core", "detail"),
        "code_scales": 5,
        "facts": {"headline": "A headline", "zebra": "z", "creator": "Ann"},
        "facts_source": "pixels",
        "signature": SignatureStatus.VALID,
        "signer": "Ann's Desk",
        "tampered_fraction": float(mask.mean()),
        "geometry": Geometry(note="same size"),
        "tamper_probability": mask.astype(np.float32),
        "mask": mask,
        "recovered": picture(seed=1),
        "recovery_source": "code",
        "timings_s": {"read": 0.1},
    }
    return Verification(**(values | changes))


def bare(verdict=Verdict.UNPROTECTED, **changes):
    """A verification that found no mark."""
    values = {
        "verdict": verdict,
        "marked": False,
        "id": None,
        "blocks": (),
        "code_scales": 0,
        "facts": {},
        "facts_source": None,
        "signature": SignatureStatus.ABSENT,
        "signer": None,
        "tampered_fraction": 0.0,
        "tamper_probability": None,
        "mask": None,
        "recovered": None,
        "recovery_source": None,
    }
    return verification(**(values | changes))


def decoded(uri):
    header, _, data = uri.partition(",")
    assert header == "data:image/webp;base64"
    with Image.open(BytesIO(base64.b64decode(data))) as image:
        return np.asarray(image)


# --- the page ---


@pytest.mark.parametrize("found", [verification(), bare(), *(bare(verdict) for verdict in Verdict)])
def test_a_report_is_one_well_formed_file_that_loads_nothing(found):
    seen = Page(html_report(picture(), found, name="a.jpg"))
    addresses = [
        value for _, attributes in seen.elements for name, value in attributes.items() if name in ("src", "href")
    ]
    assert all(address.startswith("data:image/webp;base64,") for address in addresses)
    assert not seen.all("link") + seen.all("iframe") + seen.all("object") + seen.all("form")
    assert seen.all("html")[0]["lang"] == "en"
    assert len(seen.all("h1")) == 1
    assert headline(found) in seen.text


def test_the_content_policy_lets_only_the_own_style_and_script_run():
    html = html_report(picture(), verification())
    policy = Page(html).all("meta")[1]["content"]
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    attributes = {name for _, given in Page(html).elements for name in given}
    assert not {name for name in attributes if name == "style" or name.startswith("on")}


def test_the_same_findings_give_the_same_page():
    assert html_report(picture(), verification()) == html_report(picture(), verification())


def test_write_report_overwrites_only_when_asked(tmp_path):
    path = tmp_path / "report.html"
    write_report(picture(), verification(), path, name="a.jpg")
    with pytest.raises(OutputExistsError):
        write_report(picture(), bare(), path)
    write_report(picture(), bare(), path, overwrite=True)
    assert "No mark was found." in path.read_text("utf-8")


def test_titles_are_plain_text():
    seen = Page(page("<p>x</p>", title="</title><script>alert(1)</script>"))
    assert "</title><script>alert(1)</script>" in seen.text
    assert len(seen.all("script")) == 1


def test_a_report_stays_small():
    large = Picture(np.random.default_rng(0).integers(0, 256, (1500, 2000, 3)).astype(np.uint8))
    found = verification(mask=np.random.default_rng(1).random((1500, 2000)) < 0.5, recovered=large)
    assert len(html_report(large, found)) < 6_000_000


# --- metadata ---


def saying(**facts):
    """A picture whose XMP says these facts."""
    return replace(picture(), metadata=Metadata(xmp=load(restate(encode(picture()), facts).data).metadata.xmp))


def test_the_report_names_what_the_metadata_contradicts():
    seen = Page(html_report(saying(creator="<b>Bob</b>", headline="a HEADLINE"), verification()))
    assert "The metadata says <b>Bob</b>; the picture's own facts say Ann." in seen.text
    assert "the pixels say" in seen.text
    plain = Page(html_report(saying(creator="Bob", headline="a HEADLINE"), verification()))
    assert len(seen.all("b")) == len(plain.all("b")), "a stranger's words are no markup"
    assert not metadata_check(saying(headline="a HEADLINE"), verification()).contradicts
    assert "Metadata of the file" in Page(html_report(saying(headline="a headline"), verification())).text


def test_the_report_is_silent_where_the_metadata_says_nothing_of_it():
    assert "Metadata of the file" not in Page(html_report(picture(), verification())).text
    assert "Metadata of the file" not in Page(html_report(saying(city="Lima"), verification())).text
    for verdict in (Verdict.FORGED, Verdict.TRANSPLANTED):
        assert metadata_check(saying(creator="Bob"), verification(verdict=verdict)) is None
    assert metadata_check(saying(creator="Bob"), bare()) is None


# --- hostile facts ---


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=60), max_size=3), st.text(max_size=20))
def test_facts_names_and_signers_never_become_markup(facts, other):
    plain = Page(html_report(picture(6, 9), bare()))
    found = bare(facts=facts, facts_source="pixels", signer=other, id=other, blocks=("core",))
    seen = Page(html_report(picture(6, 9), found, name=other))
    added = [tag for tag, _ in seen.elements if tag not in ("bdi", "tr", "th", "td", "table", "tbody", "p", "span")]
    assert added == [
        tag for tag, _ in plain.elements if tag not in ("bdi", "tr", "th", "td", "table", "tbody", "p", "span")
    ]
    for _, text in fact_rows(facts):
        assert " ".join(text.split()) in seen.text


@pytest.mark.parametrize(
    "hostile, shown",
    [
        ("gnp\u202egnp.exe", "gnp\\u202egnp.exe"),
        ("red\x1b[31m", "red\\u001b[31m"),
        ("one\r\ntwo\tthree", "one two three"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("lone \udc80", "lone \\udc80"),
        ("Grüße, 東京, שלום", "Grüße, 東京, שלום"),
    ],
)
def test_readable_shows_what_would_hide(hostile, shown):
    assert readable(hostile) == shown


@given(st.text())
def test_readable_leaves_nothing_that_a_terminal_acts_on(text):
    shown = readable(text)
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 or "\u202a" <= letter <= "\u202e" for letter in shown)
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "painted back from the code in the remaining pixels."),
        (0.5, "where only colours were changed, 5.6 %, they were undone."),
        (1.0, "Only the colours were changed there."),
    ],
)
def test_the_page_says_where_only_colours_were_changed(share, words):
    whole = verification().tampered_fraction
    found = verification(recoloured_fraction=share * whole)
    assert words in html_report(picture(), found)


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.5, "what was redrawn and shows what it showed, 5.6 %, was left."), (1.0, "They have been left as they are")],
)
def test_the_page_says_where_pixels_were_redrawn_and_left(share, words):
    whole = verification().tampered_fraction
    assert words in html_report(picture(), verification(redrawn_fraction=share * whole))


def test_the_best_known_facts_come_first():
    facts = {"zebra": "z", "creator": "c", "headline": "h", "apple": "a"}
    assert [label for label, _ in fact_rows(facts)] == ["Headline", "Creator", "apple", "zebra"]


# --- the pictures ---


def test_every_picture_has_words_or_is_decoration():
    seen = Page(html_report(picture(), verification()))
    assert all("alt" in image for image in seen.all("img"))
    labelled = [svg for svg in seen.all("svg") if svg.get("role") == "img"]
    assert all(svg["aria-label"] for svg in labelled)
    assert seen.all("input")[-1]["aria-label"]


def test_the_stage_shows_suspect_recovered_and_map():
    suspect, found = picture(), verification()
    stage = [decoded(image["src"]) for image in Page(html_report(suspect, found)).all("img")[:3]]
    recovered, shown, heat = stage
    assert np.abs(shown.astype(int) - suspect.pixels).mean() < 6
    assert np.abs(recovered.astype(int) - found.recovered.pixels).mean() < 6
    assert heat.shape == (60, 90, 4)
    assert heat[20, 35, 3] > 150
    assert heat[50, 80, 3] < 10


def test_views_are_only_those_there_is_something_for():
    def views(found):
        return [box["id"] for box in Page(html_report(picture(), found)).all("input") if box["type"] == "radio"]

    assert views(verification()) == ["view-suspect", "view-changes", "view-recovered", "view-compare"]
    assert views(verification(recovered=None)) == ["view-suspect", "view-changes"]
    assert views(bare()) == ["view-suspect"]


@given(st.integers(0, 2**32 - 1))
def test_the_outline_fills_to_the_mask_again(seed):
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.standard_normal((64, 96)), (0, 0), 6)
    mask = noise > np.quantile(noise, 0.7)
    rings = [
        np.array([point.split(",") for point in ring.split()], float) - 0.5
        for ring in re.findall(r"M([^Z]+)Z", outline_path(mask, size=(96, 64)))
    ]
    filled = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(filled, [np.rint(ring).astype(np.int32) for ring in rings], 1)
    assert (filled.astype(bool) != mask).mean() < 0.05


def test_an_outline_of_noise_stays_short():
    speckle = np.random.default_rng(0).random((600, 800)) < 0.5
    assert outline_path(speckle, size=(800, 600)).count("M") <= 300


def test_heat_is_clear_below_one_in_five_and_survives_odd_values():
    probability = np.array([[0.0, 0.19, 0.5, 1.0, np.nan, -1, 2]], np.float32)
    opacity = heat_layer(probability, size=(7, 1))[0, :, 3]
    assert opacity[[0, 1, 4, 5]].tolist() == [0, 0, 0, 0]
    assert 0 < opacity[2] < opacity[3] == opacity[6] < 255


def test_places_counts_regions_and_not_specks():
    mask = np.zeros((200, 200), bool)
    assert places(mask) == 0
    mask[10:40, 10:40] = mask[100:150, 100:150] = True
    mask[190, 190] = True
    assert places(mask) == 2


def test_sixteen_bits_alpha_and_colour_profile_are_shown_as_a_viewer_would():
    deep = Picture(np.full((4, 4, 3), 0x80FF, np.uint16), alpha=np.full((4, 4), 0, np.uint16))
    assert (panel_from(deep, side_px=10) == 255).all()
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (swapped, b"no profile", b""):
        red = Picture(np.full((4, 4, 3), (200, 30, 30), np.uint8), metadata=Metadata(icc=icc))
        assert np.abs(panel_from(red, side_px=10).astype(int) - [200, 30, 30]).max() <= 1


def test_panels_are_never_larger_than_asked():
    assert panel_from(picture(300, 40), side_px=100).shape == (100, 13, 3)
    assert panel_from(picture(3, 4), side_px=100).shape == (3, 4, 3)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_mask_png_round_trip(height, width, seed):
    mask = np.random.default_rng(seed).random((height, width)) < 0.5
    with Image.open(BytesIO(mask_png(mask))) as image:
        assert image.mode == "L"
        assert (np.asarray(image) == np.where(mask, 255, 0)).all()


# --- how it lies, and the vault ---


def lying(**changes):
    """A verification of the right half of a picture on a page: 20 pixels of margin around it."""
    foreign = np.zeros((60, 90), bool)
    foreign[:, :20] = foreign[:, 70:] = True
    geometry = Geometry(
        note="half size",
        frame_px=(60, 100),
        suspect_px=(60, 90),
        matrix=(1, 0, -30, 0, 1, 0, 0, 0, 1),
        shown_fraction=0.5,
        foreign_fraction=float(foreign.mean()),
    )
    values = {"geometry": geometry, "foreign": foreign, "whole": picture(60, 100, seed=2)}
    return verification(**(values | changes))


def test_the_report_shows_how_the_suspect_lies_on_the_picture():
    seen = Page(html_report(picture(), lying()))
    assert "How it lies on the protected picture" in seen.text
    assert "50 % of the picture that was protected is missing" in seen.text
    assert "44 % of this image is something else around the picture" in seen.text
    suspect, whole = [decoded(image["src"]) for image in seen.all("img") if image["alt"].startswith("The")][-2:]
    assert suspect.shape == (60, 90, 3)
    assert whole.shape == (60, 100, 3)
    assert np.abs(whole.astype(int) - lying().whole.pixels).mean() < 6
    ids = [attributes["id"] for _, attributes in seen.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {"foreign-map", "foreign-place"} <= set(ids)


def test_the_outline_in_the_whole_picture_is_what_the_suspect_shows():
    html = html_report(picture(), lying())
    (points,) = re.findall(r'<path class="over" d="M([^"]+)Z"/></svg></div><figcaption>The whole', html)
    corners = np.array([point.split(",") for point in points.split()], float)
    assert corners.min(axis=0).tolist() == [30, 0]
    assert corners.max(axis=0).tolist() == [100, 60]


def test_without_a_whole_picture_only_its_outline_is_drawn():
    seen = Page(html_report(picture(), lying(whole=None, foreign=None)))
    assert "The outline of the suspect in the picture that was protected" in seen.text
    assert "hatched" not in seen.text


def test_what_shows_all_of_it_has_no_place_to_tell():
    assert "How it lies" not in Page(html_report(picture(), verification())).text
    assert lying_words(verification()) == []


def test_turns_and_mirrors_are_said():
    geometry = replace(lying().geometry, mirrored=True, rotation_degrees=-3.21)
    said = " ".join(lying_words(lying(geometry=geometry)))
    assert "mirrored" in said
    assert "turned by 3.2° anticlockwise" in said


def known(**changes):
    values = {"id": "00ff00ff00ff00ff", "source": "fingerprint", "confidence": 0.987, "added": ("creator",)}
    return Known(**(values | changes))


def test_a_picture_that_only_the_vault_knows_stays_unprotected():
    mask = verification().mask
    facts = {"creator": "Ann"}
    changed = {"mask": mask, "tamper_probability": mask.astype(np.float32), "tampered_fraction": float(mask.mean())}
    found = bare(facts=facts, facts_source="vault", known=known(), **changed)
    text = Page(html_report(picture(), found)).text
    assert headline(found) == "No mark was found, but the vault knows this picture."
    assert "The vault knows this picture as 00ff00ff00ff00ff, found by what it looks like (99 % sure)." in text
    assert "it shows something else than that record" in text
    assert "no signature covers them" in text
    assert "Whether the picture was changed: without a mark" not in text
    assert metadata_check(saying(creator="Bob"), found) is None


def test_the_vault_says_where_it_contradicts_the_pixels_and_what_was_exact():
    told = known(source="id", contradictions={"city": ("Paris", "<b>Lyon")}, exact=True, original="/a\u202eb", added=())
    found = verification(known=told, recovery_source="vault")
    text = Page(html_report(picture(), found)).text
    assert "City: the pixels say Paris, the vault says <b>Lyon." in text
    assert "the very pixels of the original" in text
    assert "/a\\u202eb" in text
    assert found.to_dict()["vault"]["contradictions"] == {"city": {"pixels": "Paris", "vault": "<b>Lyon"}}


def test_a_picture_that_the_vault_does_not_know_is_said_to_be_unknown():
    found = bare(known=Known(confidence=0.97))
    assert vault_words(found) == ["The vault does not know this picture (97 % sure)."]
    assert headline(found) == "No mark was found."
    assert vault_words(bare()) == []


def test_a_mark_that_cannot_be_read_is_said_to_be_there():
    found = bare(marked=True)
    text = Page(html_report(picture(), found)).text
    assert headline(found) == "A mark was found that cannot be read."
    assert "Asked with the vault that keeps its record" in text
    assert "too little of its mark is left to compare with" in text
    assert "Most pictures carry none" not in text
    assert found.to_dict()["marked"] is True
    asked = bare(marked=True, known=Known(confidence=0.97))
    assert "Asked with the vault" not in Page(html_report(picture(), asked)).text
    assert headline(bare(marked=True, known=known())) == (
        "A mark was found that cannot be read, but the vault knows this picture."
    )


# --- the words ---


def test_the_signature_says_what_it_is_worth():
    assert "Ann's Desk" in signature_words(verification())
    assert "proves nothing" in signature_words(verification(signature=SignatureStatus.UNKNOWN_KEY))
    assert "Do not trust" in signature_words(verification(signature=SignatureStatus.INVALID))
    assert "not signed" in signature_words(verification(signature=SignatureStatus.ABSENT))
    unread = verification(signature=SignatureStatus.ABSENT, blocks=("anchor",), signature_note="it could not be read")
    assert signature_words(unread) == "Not checked: it could not be read."
    assert signature_words(bare()) == "Not checked: no mark was read."


def test_a_known_key_that_is_not_believed_says_why():
    note = "the key of Ann's Desk is revoked"
    found = verification(signature=SignatureStatus.UNKNOWN_KEY, signer="0a0b0c0d", signature_note=note)
    assert note in signature_words(found)
    assert note in Page(html_report(picture(), found)).text
    assert found.to_dict()["signature_note"] == note
    assert verification().to_dict()["signature_note"] is None


def test_a_valid_signature_says_why_it_is_trusted_and_for_how_long():
    plain, dated = verification(), verification(signature_note="until 2031-05-04")
    assert signature_words(plain).endswith("whose key you trust: it is in your trust file.")
    assert signature_words(dated).endswith("it is in your trust file, until 2031-05-04.")


def test_too_little_to_judge_speaks_neither_for_nor_against():
    found = bare(Verdict.UNDECIDED, id="0123456789abcdef", blocks=("anchor",), code_scales=2, confidence=0.5)
    text = Page(html_report(picture(), found)).text
    assert "Too little of the mark is left to judge." in text
    assert "nothing for or against the picture" in text
    assert "Whether the picture was changed" in " ".join(open_questions(found))
    assert "that the verdict is right" not in text
    assert "Changed area not measured" in text
    assert found.verdict.is_negative


def test_facts_without_a_trusted_signature_are_called_a_claim():
    assert "covered by the signature" in Page(html_report(picture(), verification())).text
    for status in (SignatureStatus.UNKNOWN_KEY, SignatureStatus.INVALID, SignatureStatus.ABSENT):
        text = Page(html_report(picture(), verification(signature=status))).text
        assert "treat them as a claim" in text
        assert "covered by the signature" not in text


def test_what_was_not_read_is_said():
    lost = [statement.subject for statement in settled(verification()) if not statement.holds]
    assert lost == ["Fine detail"]
    assert not any(statement.holds for statement in settled(bare()))


def test_open_questions_fit_the_finding():
    assert any("16 × 16" in question for question in open_questions(verification()))
    kept = {"recovery_source": "vault"}
    assert any("painted from the little that the vault keeps" in q for q in open_questions(verification(**kept)))
    assert not any("painted from" in q for q in open_questions(verification(known=known(exact=True), **kept)))
    assert "without a mark" in open_questions(bare())[0]
    assert any("no signature from a key you trust" in q for q in open_questions(verification(signature="absent")))


def test_what_is_not_opaque_is_left_open():
    assert not any("opaque" in question for question in open_questions(verification()))
    hidden = verification(transparent_fraction=0.25)
    assert "25 % of it is transparent" in open_questions(hidden)[0]
    assert "25 % of it is transparent" in Page(html_report(picture(), hidden)).text


def test_texture_that_is_made_up_is_said_to_be():
    made_up = verification(recovery_setting=RecoverySetting.LOOK)
    assert "made up" in lead(made_up, places=1)
    assert any("made up" in question for question in open_questions(made_up))
    for other in (verification(recovery_setting=RecoverySetting.FIDELITY), bare()):
        assert "made up" not in lead(other, places=1)
        assert not any("made up" in question for question in open_questions(other))


def test_the_lead_counts_places_and_names_the_source_of_the_recovery():
    assert lead(verification(), places=1).startswith("In one place, 11 % of the area,")
    assert "In 12 places" in lead(verification(), places=12)
    assert "vault" in lead(verification(recovery_source="vault"), places=1)


@pytest.mark.parametrize(
    "fraction, text",
    [(0, "0 %"), (0.0004, "less than 0.1 %"), (0.034, "3.4 %"), (0.137, "14 %"), (0.9997, "99.9 %"), (1, "100 %")],
)
def test_percent_reads_like_people_write_it(fraction, text):
    assert percent(fraction) == text


def test_the_slider_starts_on_the_change():
    slider = Page(html_report(picture(), verification())).all("input")[-1]
    assert 33 <= int(slider["value"]) <= 43


def test_every_step_of_a_verification_has_words():
    steps = set(re.findall(r'case\.clock\("(\w+)"\)', Path(pipeline.__file__).read_text("utf-8")))
    assert len(steps) >= 5
    assert steps <= set(_STEP_WORDS)
