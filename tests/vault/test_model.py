"""Whatever is done in whatever order, a vault is what a plain dictionary would be."""

import tempfile
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from vault_records import distances, make_record

from underdrawing.errors import RecordConflictError
from underdrawing.vault import Added, open_vault

NUMBERS = st.integers(0, 25)
VARIANTS = st.integers(0, 2)


class VaultMachine(RuleBasedStateMachine):
    """A vault with segments of four slots beside a dictionary of records in the order they were added."""

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        modules = ("segments", "index", "embedded", "checking")
        self.patches = [patch(f"underdrawing.vault.{name}.SEGMENT_SLOTS", 4) for name in modules]
        self.patches.append(patch("underdrawing.vault.embedded.DEAD_LIMIT", 2))
        for each in self.patches:
            each.start()
        self.vault = open_vault(self.folder.name, create=True)
        self.model = {}

    def record(self, number, variant):
        return replace(make_record(number + 100 * variant), id=f"{number:016x}")

    @rule(number=NUMBERS, variant=VARIANTS, replacing=st.booleans())
    def add(self, number, variant, replacing):
        record = self.record(number, variant)
        there = self.model.get(record.id)
        try:
            done = self.vault.add(record, replace=replacing)
        except RecordConflictError:
            assert there not in (None, record)
            assert not replacing
            return
        assert done == (Added(added=1) if there is None else Added(skipped=1) if there == record else Added(replaced=1))
        if there != record:
            self.model.pop(record.id, None)
            self.model[record.id] = record

    @rule(numbers=st.lists(NUMBERS, max_size=12), variant=VARIANTS)
    def add_many(self, numbers, variant):
        records = [self.record(number, variant) for number in numbers]
        self.vault.add_many(records, replace=True, batch=5)
        for record in records:
            if self.model.get(record.id) != record:
                self.model.pop(record.id, None)
                self.model[record.id] = record

    @rule(number=NUMBERS)
    def delete(self, number):
        assert self.vault.delete(f"{number:016x}") == (self.model.pop(f"{number:016x}", None) is not None)

    @rule(number=NUMBERS, text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
    def update(self, number, text):
        if (id_ := f"{number:016x}") in self.model:
            self.model[id_] = replace(self.model[id_], facts={"title": text})
            assert self.vault.update_facts(id_, {"title": text}) == self.model[id_]

    @rule()
    def reopen(self):
        self.vault.close()
        self.vault = open_vault(self.folder.name)

    @rule(seed=st.integers(0, 99), k=st.integers(1, 30))
    def search(self, seed, k):
        if not self.model:
            return
        query = np.random.default_rng(seed).bytes(32)
        records = list(self.model.values())
        truth = distances(query, [record.sketch for record in records])
        order = np.argsort(truth, kind="stable")[:k]
        found = self.vault.nearest_sketches(query, k)
        assert [(match.id, match.distance) for match in found] == [(records[n].id, truth[n]) for n in order]

    @rule()
    def lose_the_index(self):
        for path in Path(self.folder.name).glob("segment-*"):
            path.unlink()

    @invariant()
    def same(self):
        assert list(self.vault.records()) == list(self.model.values())
        assert len(self.vault) == len(self.model)

    def teardown(self):
        if hasattr(self, "vault"):
            assert self.vault.check(repair=True).sound
            assert self.vault.check().sound
            self.vault.close()
            for each in self.patches:
                each.stop()
            self.folder.cleanup()


TestVault = VaultMachine.TestCase
TestVault.settings = settings(max_examples=15, stateful_step_count=25, derandomize=True, deadline=None)
