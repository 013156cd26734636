"""What every algorithm of the concentrator keeps to, by being in the table; and one more that is
added to the table here, as anybody would add one.
"""

import dataclasses
import json
from functools import partial

import numpy as np
import pytest

from asicae.chip import golden
from asicae.comparison.choice import choose, measure_maps, send_and_decode
from asicae.comparison.contenders import Contender, candidates, classical_contenders
from asicae.comparison.decode_options import DecodeOptions
from asicae.concentrator import codec
from asicae.concentrator.algorithms.networked import NetworkAlgorithm
from asicae.concentrator.algorithms.table import ALGORITHMS, settings_from
from asicae.concentrator.charge_maps import NONE
from asicae.concentrator.frame_files import load
from asicae.concentrator.frames import Frames
from asicae.concentrator.settings import INPUT_SETTINGS, MOST_LINKS
from asicae.foundation.errors import BadInput
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.readout.conversion import save
from asicae.source.settings import SourceSettings
from asicae.source.simulate import simulate
from tests.conformance.toy_algorithm import LargestCell
from tests.support import command_line

NETWORK = Network.preset("econ-t")
WEIGHTS = Weights.random(NETWORK, 3)
LATENTS_OF = partial(golden.run, Encoder(NETWORK, WEIGHTS))
TOY = LargestCell()
EVERY = {**ALGORITHMS, TOY.name: TOY}
KINDS = [
    pytest.param(algorithm, variant, id=" ".join([algorithm.name, *map(str, variant.values())]))
    for algorithm in EVERY.values()
    for variant in algorithm.variants()
]
BIN = {"rtol": 1 / 16, "atol": 0.5}
"""Largest distance of the middle of a code with three bits of mantissa from what it stands for."""


@pytest.fixture(autouse=True)
def _toy_in_the_table(monkeypatch):
    monkeypatch.setitem(ALGORITHMS, TOY.name, TOY)


@pytest.fixture(scope="module")
def modules():
    return simulate(SourceSettings(events=300, seed=5))


@pytest.fixture(scope="module")
def calq(modules):
    """Charges of the source, none beyond the largest 4E3M code, with an empty module."""
    charges = np.minimum(modules.calq, 0xFFFF)
    charges[0] = 0
    return charges


def values_of(algorithm, variant, links):
    """What a user names: algorithm, links, kind; and what a network decides."""
    values = {"alg_type": algorithm.name, "links": links, **variant}
    if isinstance(algorithm, NetworkAlgorithm):
        values |= algorithm.values_of(Encoder(NETWORK, WEIGHTS))
    return values


def settings_at_every_link(algorithm, variant, calq):
    """As given, and as a comparison has them, at every number of links."""
    for links in algorithm.link_counts(variant):
        yield settings_from(values_of(algorithm, variant, links))
        for settings in algorithm.candidates(links, calq):
            if variant.items() <= dict(settings).items():
                yield settings


def sent(algorithm, settings, calq, **more):
    return codec.encode(calq, settings, send=algorithm.sender(settings, LATENTS_OF), **more)


def same(found, expected):
    return np.array_equal(found.words, expected.words) and np.array_equal(
        found.counts, expected.counts
    )


@pytest.mark.parametrize(("algorithm", "variant"), KINDS)
def test_links_are_those_it_is_defined_at_and_settings_those_it_has(algorithm, variant):
    assert ALGORITHMS[algorithm.name] is algorithm and algorithm.label
    counts = algorithm.link_counts(variant)
    assert counts and list(counts) == sorted(set(counts))
    for links in range(MOST_LINKS + 2):
        values = values_of(algorithm, variant, links)
        if links in counts:
            settings = settings_from(values)
            assert settings_from(json.loads(settings.text())) == settings
            assert dict(algorithm.variant_of(settings)) == {k: str(v) for k, v in variant.items()}
            continue
        with pytest.raises(BadInput, match=f"links: found {links}|links is {links}, .* is defined"):
            settings_from(values)
    known = {name for other in EVERY.values() for name in other.settings_type.model_fields}
    fitting = settings_from(values_of(algorithm, variant, counts[0]))
    for name in known - {*fitting.own, *INPUT_SETTINGS, "alg_type", "links"}:
        with pytest.raises(BadInput, match=f"{name}: is not used"):
            settings_from(values_of(algorithm, variant, counts[0]) | {name: default_of(name)})
    with pytest.raises(BadInput, match="loudness: found 11"):
        settings_from(values_of(algorithm, variant, counts[0]) | {"loudness": 11})


def default_of(name):
    fields = (other.settings_type.model_fields for other in EVERY.values())
    return next(each[name].default for each in fields if name in each)


@pytest.mark.parametrize(("algorithm", "variant"), KINDS)
def test_frames_decode_and_pack_to_themselves(algorithm, variant, calq):
    counter = np.arange(len(calq))[::-1] % 32
    for settings in settings_at_every_link(algorithm, variant, calq):
        frames = sent(algorithm, settings, calq, counter=counter)
        assert frames.words.shape == (len(calq), algorithm.row_words(settings))
        fields = codec.decode(frames, settings)
        assert type(fields) is algorithm.fields_type
        assert {len(getattr(fields, f.name)) for f in dataclasses.fields(fields)} == {len(calq)}
        assert same(codec.pack(fields, settings), frames)
        # The counter is in the header, whole or its bits 4, 2, 1 and 0.
        short = fields.header.max() < 16
        assert np.array_equal(fields.header, counter >> 1 & 8 | counter & 7 if short else counter)


@pytest.mark.parametrize(("algorithm", "variant"), KINDS)
def test_a_frame_takes_what_the_links_carry(algorithm, variant, calq):
    lengths = set()
    for settings in settings_at_every_link(algorithm, variant, calq):
        frames = sent(algorithm, settings, calq)
        lengths.add((settings.links, *np.unique(frames.counts)))
        if not algorithm.variable_rate:
            assert set(16 * frames.counts.astype(int)) == {32 * settings.links}
            assert not algorithm.truncated(frames).any()
        for row, count in enumerate(frames.counts):
            assert not frames.words[row, count:].any()
    assert any(len(each) > 2 for each in lengths) == algorithm.variable_rate


@pytest.mark.parametrize(("algorithm", "variant"), KINDS)
def test_an_impossible_frame_is_refused_by_its_number(algorithm, variant, calq):
    every = list(settings_at_every_link(algorithm, variant, calq))
    for settings in (every[0], every[-1]):
        frames = sent(algorithm, settings, calq[:4])
        before = codec.decode(frames, settings)
        for place in range(16 * frames.words.shape[1]):
            words = frames.words.copy()
            words[3, place // 16] ^= 0x8000 >> place % 16
            try:
                after = codec.decode(Frames(words, frames.counts), settings)
            except BadInput as error:
                assert str(error).startswith("frame 3: ")
                continue
            assert any(
                not np.array_equal(getattr(before, f.name), getattr(after, f.name))
                for f in dataclasses.fields(before)
            )
        counts = frames.counts.copy()
        counts[3] = counts[3] - 1 if counts[3] > 1 else 2
        with pytest.raises(BadInput, match=r"^frame 3: "):
            codec.decode(Frames(frames.words, counts), settings)
        narrow = Frames(frames.words[:, :-1], frames.counts)
        with pytest.raises(BadInput, match=f"frames are rows of {narrow.words.shape[1]} words"):
            codec.decode(narrow, settings)


@pytest.mark.parametrize(("algorithm", "variant"), KINDS)
def test_what_arrives_is_what_was_sent(algorithm, variant, calq):
    any_cell = False
    for settings in settings_at_every_link(algorithm, variant, calq):
        frames = sent(algorithm, settings, calq)
        fields = codec.decode(frames, settings)
        known = codec.transmitted(fields, settings)
        any_cell |= known.sent.any()
        assert np.array_equal(known.truncated, algorithm.truncated(frames))
        assert not known.charges[~known.sent].any()
        bounds = algorithm.charge_bounds(fields, settings)
        if bounds is None:
            np.testing.assert_allclose(known.charges, np.where(known.sent, calq, 0), **BIN)
        else:
            for charges in (known.charges, np.where(known.sent, calq, 0)):
                assert ((bounds[0] <= charges) & (charges <= bounds[1])).all()
        if known.module_sum is not None:
            rest = np.where(known.sent, 0, calq).sum(axis=1)
            expected = np.where(known.sum_of_all, calq.sum(axis=1), rest)
            np.testing.assert_allclose(known.module_sum, expected, **BIN)
        groups = algorithm.groups(settings)
        assert (groups is None) == (known.groups is None)
        if groups is not None:
            assert np.array_equal(groups, known.groups.cells)
            np.testing.assert_allclose(known.groups.sums, calq[:, groups].sum(axis=2), **BIN)
        assert (known.module_sum is not None) or not algorithm.sends_rest
    assert any_cell == algorithm.sends_cells


@pytest.mark.parametrize(("algorithm", "variant"), KINDS)
def test_neither_chunks_nor_threads_nor_pauses_change_a_frame(algorithm, variant, calq):
    many = np.tile(calq, (18, 1))  # more than two chunks
    counter = np.arange(len(many)) % 32
    settings = settings_from(values_of(algorithm, variant, algorithm.link_counts(variant)[0]))
    whole = sent(algorithm, settings, many)
    assert same(sent(algorithm, settings, many, threads=1), whole)
    send, parts = algorithm.sender(settings, LATENTS_OF), ((0, 700), (700, 701), (701, None))
    several = [codec.encode(many[a:b], settings, counter[a:b], send=send) for a, b in parts]
    words, counts = (np.concatenate([getattr(f, n) for f in several]) for n in ("words", "counts"))
    assert same(Frames(words, counts), whole)
    alone, shared = (codec.decode(whole, settings, threads) for threads in (1, None))
    for field in dataclasses.fields(alone):
        assert np.array_equal(getattr(alone, field.name), getattr(shared, field.name))


@pytest.mark.parametrize(("algorithm", "variant"), KINDS)
def test_the_default_map_is_one_of_those_that_it_has(algorithm, variant, modules, calq):
    options = DecodeOptions(modules)
    for settings in settings_at_every_link(algorithm, variant, calq):
        maps, default = algorithm.maps(settings), algorithm.default_map(settings)
        assert (default in maps) if maps else default is None
        assert (not maps) == isinstance(algorithm, NetworkAlgorithm)
        trained = options.of(settings)
        assert set(maps) <= set(trained)
        known = codec.transmitted(codec.decode(sent(algorithm, settings, calq), settings), settings)
        for name, decode in trained.items():
            image = decode(known, modules)
            assert image.shape == calq.shape and np.isfinite(image).all() and image.min() >= 0
            if name in maps:
                assert maps[name](known).shape == calq.shape
            np.testing.assert_allclose(image[known.sent], known.charges[known.sent], rtol=1e-12)


@pytest.mark.parametrize(("algorithm", "variant"), KINDS)
def test_files_of_frames_and_charges(algorithm, variant, modules, tmp_path, capsys):
    readouts, frames, charges = (tmp_path / f"{n}.npz" for n in ("readouts", "frames", "charges"))
    save(modules, readouts)
    words = ["--links", algorithm.link_counts(variant)[-1], "--algorithm", algorithm.name]
    (tmp_path / "kind.json").write_text(json.dumps(dict(variant)))
    words += ["--settings", tmp_path / "kind.json"]
    if isinstance(algorithm, NetworkAlgorithm):
        words += ["--network", "econ-t", "--weights", WEIGHTS.save(tmp_path / "weights.npz")]
    assert command_line.call("encode", readouts, "-o", frames, *words) == 0
    assert f"300 frames of {algorithm.name} at " in capsys.readouterr().out
    assert command_line.call("decode", frames, "-o", charges) == 0
    file = load(frames)
    assert same(file.frames, sent(algorithm, file.settings, modules.calq))
    name = algorithm.default_map(file.settings) or NONE
    with np.load(charges) as arrays:
        stored = dict(arrays)
    assert str(stored["spread"]) == name and ("charges" in stored) == (name != NONE)
    kept = {n.removeprefix("field_"): stored[n] for n in stored if n.startswith("field_")}
    assert same(codec.pack(algorithm.fields_type(**kept), file.settings), file.frames)
    assert ("sent" in stored) == algorithm.sends_cells
    assert ("group_cells" in stored) == (algorithm.groups(file.settings) is not None)
    assert ("truncated" in stored) == algorithm.variable_rate


@pytest.mark.parametrize("algorithm", EVERY.values(), ids=EVERY)
def test_it_competes_where_it_is_defined(algorithm, calq):
    wanted = (1, 2, 5)
    mine = [c.links for c in classical_contenders(wanted) if c.algorithm == algorithm.name]
    counts = {n for variant in algorithm.variants() for n in algorithm.link_counts(variant)}
    if isinstance(algorithm, NetworkAlgorithm):
        assert mine == [] and algorithm.candidates(2, calq) == []
        return
    assert mine == (
        sorted(counts) if algorithm.is_reference else [n for n in wanted if n >= min(counts)]
    )
    for links in mine:
        competing = candidates(Contender(algorithm.name, links), calq)
        assert 1 <= len(competing) == len(set(competing))
        for settings in competing:
            assert settings.alg_type == algorithm.name and settings.links <= links
            chosen = algorithm.chosen_values(settings)
            assert dict(algorithm.variant_of(settings)).items() <= chosen.items()
            frames = sent(algorithm, settings, calq)
            assert frames.mean_bits <= 32 * links


def test_an_added_algorithm_is_compared_with_the_others(modules):
    training, test = modules.select(slice(0, 200)), modules.select(slice(200, 300))
    options = DecodeOptions(training)
    tasks = {c: candidates(c, training.calq) for c in classical_contenders([1])}
    choices = choose(tasks, options, training.select(slice(0, 100)))
    results = measure_maps(send_and_decode(choices, options, test), test, options.mean_image)
    distance = {contender.algorithm: result.distances.mean for contender, result in results.items()}
    networked = {name for name, each in EVERY.items() if isinstance(each, NetworkAlgorithm)}
    assert set(distance) == {*EVERY} - networked
    # One cell without a sum is worse than one cell with it.
    assert distance[TOY.name] > distance["best_choice"] > distance["repeater"]


def test_help_and_messages_name_every_algorithm(capsys):
    assert command_line.call("encode", "--help") == 0
    said = capsys.readouterr().out
    assert all(name in said for name in EVERY)
    for algorithm in EVERY.values():
        for variant in algorithm.variants():
            assert all(str(value) in said for value in variant.values())
    with pytest.raises(BadInput) as caught:
        settings_from({"alg_type": "loudest", "links": 1})
    assert all(repr(name) in str(caught.value) for name in EVERY)


class Padded(LargestCell):
    """Reads what lies in the padding over."""

    def unpack(self, frames, settings):
        words = frames.words.copy()
        words[:, 1] &= 0xC000
        return super().unpack(Frames(words, frames.counts, frames.numbers), settings)


class Silent(LargestCell):
    """Sends a cell and says that it sends none."""

    sends_cells = False


class Loud(LargestCell):
    """Knows more charge than there was."""

    def transmitted(self, fields, settings):
        known = super().transmitted(fields, settings)
        return dataclasses.replace(known, charges=known.charges * 2)


class Timeless(LargestCell):
    """Forgets the counter."""

    def select(self, source, counter, settings):
        return super().select(source, counter & 1, settings)


class Lossy(LargestCell):
    """Packs a code other than its own."""

    def pack(self, fields, settings):
        return super().pack(dataclasses.replace(fields, codes=fields.codes & 0x7E), settings)


class Forgetful(LargestCell):
    """Sends no cell any more from the second call on."""

    def sender(self, settings, latents_of=None):
        send, calls = super().sender(settings), []

        def fading(calq, counters, threads):
            calls.append(len(calq))
            return send(calq if len(calls) == 1 else 0 * calq, counters, threads)

        return fading


class Lost(LargestCell):
    """Has another best map than those that it has."""

    def default_map(self, settings):
        return "best"


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        (Padded, test_an_impossible_frame_is_refused_by_its_number),
        (Silent, test_what_arrives_is_what_was_sent),
        (Loud, test_what_arrives_is_what_was_sent),
        (Timeless, test_frames_decode_and_pack_to_themselves),
        (Lossy, test_what_arrives_is_what_was_sent),
        (Forgetful, test_neither_chunks_nor_threads_nor_pauses_change_a_frame),
    ],
)
def test_an_algorithm_that_breaks_its_word_is_seen(wrong, check, calq, monkeypatch):
    monkeypatch.setitem(ALGORITHMS, TOY.name, wrong())
    with pytest.raises(AssertionError):
        check(wrong(), {}, calq)


def test_a_default_map_that_is_missing_is_seen(modules, calq, monkeypatch):
    monkeypatch.setitem(ALGORITHMS, TOY.name, Lost())
    with pytest.raises(AssertionError):
        test_the_default_map_is_one_of_those_that_it_has(Lost(), {}, modules, calq)
