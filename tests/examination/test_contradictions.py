"""Facts against metadata: dates as dates, text as people read it, and contradictions named in words."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdrawing.examination.contradictions import FactFinding, MetadataCheck, folded, hold_against

AGREES, CONTRADICTS, MISSING, EXTRA = (
    FactFinding.AGREES,
    FactFinding.CONTRADICTS,
    FactFinding.MISSING,
    FactFinding.EXTRA,
)


def finding(name, fact, claim, **options):
    (check,) = hold_against({name: fact}, {name: claim}, **options).facts
    return check.finding


def test_the_contradiction_of_the_promise_is_named():
    check = hold_against(
        {"city": "Lyon", "dateCreated": "2019", "creator": "Anna Berg"},
        {"city": "Paris", "dateCreated": "2026", "creator": "anna berg"},
    )
    assert check.contradicts
    assert check.headline == "The metadata says Paris, 2026; the picture's own facts say Lyon, 2019."
    assert [fact.name for fact in check.facts] == ["city", "dateCreated", "creator"]
    assert check.facts[0].words == "city: the metadata says Paris, the picture's own facts say Lyon"


@pytest.mark.parametrize(
    "fact, claim",
    [
        ("Zürich", "Zu\u0308rich"),
        ("ZÜRICH", "zürich"),
        ("Straße", "STRASSE"),
        ("A  photo\nof it", "a photo of it"),
        ("ﬁre", "FIRE"),
        ("ＡＢＣ", "abc"),
        ("Ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"),
        ("東京タワー", "東京ﾀﾜｰ"),
    ],
)
def test_the_same_text_in_other_letters_agrees(fact, claim):
    assert finding("city", fact, claim) is AGREES


@given(st.text())
def test_folding_forgets_how_a_text_was_written_and_twice_is_once(text):
    assert folded(folded(text)) == folded(text)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert folded(unicodedata.normalize(form, text)) == folded(text)


@pytest.mark.parametrize(
    "fact, claim, expected",
    [
        ("2026-03-14", "2026-03-14T10:15:00+01:00", AGREES),
        ("2026", "2026-03-14", AGREES),
        ("2026-03-14T09:15:00Z", "2026-03-14T10:15:00+01:00", AGREES),
        ("2026-03-14T23:30:00-05:00", "2026-03-15T04:30:00Z", AGREES),
        ("2026-03-14T10:15:00", "2026-03-14T10:15:00+01:00", AGREES),
        ("2026-03-14T10:15:00.25", "2026-03-14 10:15:00", AGREES),
        ("2026-03-14T10:15", "2026-03-14T10:15:59", AGREES),
        ("2026-03-14T10:15:00+0100", "2026-03-14T10:15:00+01:00", AGREES),
        ("2026-03-14T10:20Z", "2026-03-14T11:20:31+01:00", AGREES),
        ("2026-03-14T10:20Z", "2026-03-14T11:21:31+01:00", CONTRADICTS),
        ("2026-03-14T10:20:30Z", "2026-03-14T11:20:31+01:00", CONTRADICTS),
        ("2026-03-14", "2026-03-15", CONTRADICTS),
        ("2019", "2026-03-14", CONTRADICTS),
        ("2026-03-14T10:15:00Z", "2026-03-14T10:15:00+01:00", CONTRADICTS),
        ("2026-03-14T10:15:00", "2026-03-14T11:15:00", CONTRADICTS),
        ("14 March 2026", "2026-03-14", CONTRADICTS),
        ("spring", "Spring", AGREES),
        ("2026-02-31T10:00:00Z", "2026-02-31T10:00:00+00:00", AGREES),
    ],
)
def test_dates_are_compared_as_dates(fact, claim, expected):
    assert finding("dateCreated", fact, claim) is expected
    assert finding("dateCreated", claim, fact) is expected


def test_a_date_under_another_name_is_text():
    assert finding("headline", "2026", "2026-03-14") is CONTRADICTS


@pytest.mark.parametrize(
    "claim, truncated, expected",
    [
        ("Two keepers feed", True, AGREES),
        ("TWO KEEPERS FEED", True, AGREES),
        ("Two keepers feed", False, CONTRADICTS),
        ("Two keepers feed…", False, AGREES),
        ("Two keepers feed ...", False, AGREES),
        ("Two keepers shoot", True, CONTRADICTS),
        ("…", False, CONTRADICTS),
        ("", True, CONTRADICTS),
    ],
)
def test_a_truncated_text_is_a_beginning_and_no_contradiction(claim, truncated, expected):
    fact = "Two keepers feed the penguins at the zoo"
    assert finding("description", fact, claim, truncated=["description"] if truncated else []) is expected


@pytest.mark.parametrize(
    "name, fact, claim, expected",
    [
        ("keywords", "zoo; penguins", "Penguins; Zoo", AGREES),
        ("keywords", "zoo; penguins", "zoo; penguins; Edinburgh", AGREES),
        ("keywords", "zoo; penguins", "war; ruins", CONTRADICTS),
        ("creator", "A. Berg; B. Tal", "B. Tal; A. Berg", AGREES),
        ("creator", "A. Berg", "B. Tal", CONTRADICTS),
        ("gpsLatitude", "55.942300", "55.9425", AGREES),
        ("gpsLatitude", "55.942300", "48.8566", CONTRADICTS),
        ("gpsLatitude", "north", "48.8566", CONTRADICTS),
    ],
)
def test_lists_are_sets_and_positions_numbers(name, fact, claim, expected):
    assert finding(name, fact, claim) is expected


def test_what_one_side_does_not_say_is_no_contradiction():
    check = hold_against({"city": "Lyon"}, {"headline": "Fire"})
    assert [(fact.name, fact.finding) for fact in check.facts] == [("city", MISSING), ("headline", EXTRA)]
    assert not check.contradicts
    assert check.headline == "The metadata says nothing of what the picture's own facts say."
    assert [fact.words for fact in check.facts] == [
        "city: the picture's own facts say Lyon, the metadata says nothing",
        "headline: the metadata says Fire, the picture's own facts say nothing",
    ]


@pytest.mark.parametrize(
    "facts, metadata, headline",
    [
        ({"city": "Lyon"}, {"city": "lyon"}, "The metadata agrees with the picture's own facts."),
        (
            {"city": "Lyon", "creator": "A"},
            {"city": "lyon"},
            "The metadata agrees with the picture's own facts as far as it goes.",
        ),
        ({}, {"city": "Lyon"}, ""),
        ({}, {}, ""),
    ],
)
def test_the_headline(facts, metadata, headline):
    assert hold_against(facts, metadata).headline == headline


def test_labels_are_words():
    check = hold_against({"copyrightNotice": "a", "webStatementOfRights": "b"}, {})
    assert [fact.label for fact in check.facts] == ["copyright", "web statement of rights"]


def test_long_texts_are_shortened_where_they_are_shown_and_nowhere_else():
    check = hold_against({"description": "a" * 500}, {"description": "b\n" * 500})
    assert len(check.headline) < 250
    assert "\n" not in check.headline
    assert check.facts[0].pixels == "a" * 500


def test_json_holds_everything():
    check = hold_against({"city": "Lyon"}, {"city": "Paris"})
    assert json.loads(json.dumps(check.to_dict())) == {
        "contradicts": True,
        "headline": "The metadata says Paris; the picture's own facts say Lyon.",
        "facts": [{"name": "city", "finding": "contradicts", "pixels": "Lyon", "metadata": "Paris", "note": ""}],
    }


TEXTS = st.dictionaries(st.sampled_from(["city", "dateCreated", "keywords", "gpsLatitude", "x"]), st.text(max_size=30))


@given(TEXTS, TEXTS)
def test_whatever_strangers_write_every_name_has_one_finding(facts, metadata):
    check = hold_against(facts, metadata)
    assert isinstance(check, MetadataCheck)
    assert sorted(fact.name for fact in check.facts) == sorted({*facts, *metadata})
    assert {fact.name for fact in check.facts if fact.finding in (AGREES, CONTRADICTS)} == {*facts} & {*metadata}


@given(TEXTS)
def test_facts_agree_with_themselves(facts):
    assert {fact.finding for fact in hold_against(facts, facts).facts} <= {AGREES}
