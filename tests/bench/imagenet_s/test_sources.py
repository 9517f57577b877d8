"""Pictures and labels: by folder or by table, in an order that only the seed and the paths decide."""

import pytest

from underdrawing.bench.imagenet_s.sources import Source, find_sources, plain_text, sources_fingerprint
from underdrawing.errors import UsageError


def found(images, **options):
    return find_sources(images, **({"labels": None, "split": None, "limit": None, "seed": 0} | options))


def test_the_label_is_the_folder_and_hidden_files_are_left_out(images):
    sources = found(images)
    assert len(sources) == 16
    assert {source.label for source in sources} == {"person", "cat", "thing"}
    assert all(source.label == source.path.split("/")[0] for source in sources)


def test_a_folder_called_like_a_picture_is_none(images, tmp_path):
    folder = tmp_path / "findings" / "a.jpg"
    folder.mkdir(parents=True)
    (folder / "mask.png").symlink_to(next(path for path in images.rglob("*.png")))
    (source,) = found(tmp_path)
    assert source.path == "findings/a.jpg/mask.png"


def test_a_table_gives_labels_and_splits(images, labels):
    assert len(found(images, labels=labels)) == 12
    test = found(images, labels=labels, split="test")
    assert len(test) == 6
    assert {source.split for source in test} == {"test"}
    assert {source.label for source in test} <= {"label 0", "label 1", "label 2"}


def test_the_seed_decides_the_order_and_a_limit_takes_its_beginning(images):
    whole = found(images, seed=3)
    assert found(images, seed=3, limit=5) == whole[:5]
    assert whole != found(images, seed=4)
    assert sorted(source.path for source in whole) == sorted(source.path for source in found(images, seed=4))


def test_names_are_plain_and_unique():
    names = {
        Source(path, "").name for path in ("a/b c.jpg", "a/b-c.jpg", "b c.jpg", "ü/…/.jpg", "a/" + "x" * 300 + ".png")
    }
    assert len(names) == 5
    assert all(name.replace("-", "").replace("_", "").isascii() and len(name) <= 57 for name in names)


def test_plain_text_is_one_line_that_can_be_written():
    assert plain_text("Käse 北 |,\"'") == "Käse 北 |,\"'"
    assert plain_text("a\r\nb\u2028\x1b[31m\udcff") == r"a\r\nb\u2028\x1b[31m\udcff"


def test_the_fingerprint_follows_labels_and_paths():
    base = (Source("a.png", "cat"), Source("b.png", "dog"))
    others = [(base[1], base[0]), (Source("a.png", "dog"), base[1]), base[:1], (Source("a.png", "cat", "x"), base[1])]
    assert len({sources_fingerprint(sources) for sources in (base, *others)}) == 5


@pytest.mark.parametrize(
    "table, message",
    [
        ("name,label\na.png,cat\n", "columns file and label"),
        ("", "columns file and label"),
        ("file,label\n../a.png,cat\n", "inside the folder"),
        ("file,label\n/etc/a.png,cat\n", "inside the folder"),
        ("file,label\n,cat\n", "inside the folder"),
    ],
)
def test_rejects_tables_that_are_none(images, tmp_path, table, message):
    path = tmp_path / "labels.csv"
    path.write_text(table)
    with pytest.raises(UsageError, match=message):
        found(images, labels=path)


def test_rejects_what_holds_no_pictures(images, labels, tmp_path):
    with pytest.raises(UsageError, match="expected a folder"):
        found(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="no picture in"):
        found(tmp_path)
    with pytest.raises(UsageError, match="of split val"):
        found(images, labels=labels, split="val")
    with pytest.raises(UsageError, match="cannot read the labels"):
        found(images, labels=tmp_path / "none.csv")
