"""The regression of ``asicae verify``: every weight set loaded in turn, every word compared.

The tests run in this order on one chip, which is reset only by the first.
"""

import random
import time
import zlib

import cocotb
from cocotb.utils import get_sim_time

from verification.i2c import SclMeter
from verification.top.case import record
from verification.top.testbench import TB

PROBES = 4
GAP_EVENTS = 200
MASKED_EVENTS = 200


@cocotb.test()
async def reset_state(dut):
    """Reset values of all registers but the weights; nothing leaves the chip."""
    bench = TB(dut)
    await bench.reset()
    for name, register in bench.case.registers.items():
        if name not in ("WEIGHTS", "CRC"):
            assert await bench.read(name) == register["reset"], name
    await bench.expect_silence(bench.case.sets[0].words[:32])


@cocotb.test()
async def weight_sets_match_golden(dut):
    """Load, read back, CRC, enable, stream; the next set follows without reset."""
    bench = TB(dut)
    found = []
    for index, weights in enumerate(bench.case.sets):
        if index > 0:
            await write_into_a_stream(bench, bench.case.sets[index - 1])
        frequency = bench.case.load_hz if index == 0 else bench.case.fast_hz
        entry = {"name": weights.name, **await load_set(bench, weights, frequency)}
        entry |= await stream_set(bench, weights)
        found.append(entry)
        record("sets", found)
        assert not entry["mismatches"], f"RTL differs from golden: {entry['first']}"
        await stream_with_gaps(bench, weights)
        assert await bench.read("TMR_ERRORS") == 0


@cocotb.test()
async def keep_mask_selects_bits(dut):
    """Any keep mask applies bit by bit, at once, and does not disturb the weights.

    Each bit is kept once and cleared once.
    """
    bench = TB(dut)
    weights = bench.case.sets[-1]
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    drawn = bytes(generator.randrange(256) & keep for keep in weights.keep)
    others = bytes(keep ^ bits for keep, bits in zip(weights.keep, drawn, strict=True))
    for mask in (drawn, others):
        await bench.host.write(bench.case.address("KEEP"), mask)
        assert await bench.host.read(bench.case.address("KEEP"), len(mask)) == mask
        capture = await bench.stream(weights.words[:MASKED_EVENTS])
        kept = bench.case.unpack_latents([int.from_bytes(mask, "little") & bench.case.latent_mask])
        comparison = bench.compare(weights, capture, len(capture.valid_edges()), kept)
        assert comparison.words > 0
        assert not comparison.mismatches, comparison.first
    await bench.host.write(bench.case.address("KEEP"), weights.keep)


@cocotb.test()
async def a_weight_write_aborts_the_crc(dut):
    """CRC_DONE never appears for an image that changed while, or after, the CRC ran."""
    bench = TB(dut)
    weights = bench.case.sets[-1]
    await bench.write("CONTROL", bench.crc_start)
    await bench.host.write(bench.case.address("WEIGHTS"), weights.image[:1])
    for _ in range(3):
        assert await bench.read("STATUS") == 0
    await bench.expect_silence(weights.words[:8])
    assert await bench.hardware_crc() == zlib.crc32(weights.image)


async def load_set(bench, weights, frequency: float) -> dict:
    """Load at ``frequency`` on the wire, then check, faster, and enable."""
    bench.host.set_frequency(frequency)
    meter = SclMeter(bench.dut)
    task = cocotb.start_soon(meter.run())
    began, wall = get_sim_time("ns"), time.monotonic()
    await bench.write_blocks(weights.image)
    load_ms = (get_sim_time("ns") - began) * 1e-6
    load_seconds = time.monotonic() - wall
    task.cancel()
    bench.host.set_frequency(bench.case.fast_hz)
    status = await bench.read("STATUS")
    assert not status & bench.enabled, "ENABLE survived a weight write"
    assert not status & bench.crc_done, "CRC_DONE survived a weight write"
    await bench.expect_silence(weights.words[:32])
    wall = time.monotonic()
    await bench.check_and_enable(weights)
    return {
        "load_ms": load_ms,
        "scl_hz": meter.frequency_hz(),
        "load_wall_s": load_seconds,
        "check_wall_s": time.monotonic() - wall,
    }


async def write_into_a_stream(bench, weights) -> None:
    """A weight write amid a stream: right results until ENABLE drops, and then none at all."""
    address = bench.case.address("WEIGHTS")
    first_byte = await bench.host.read(address, 1)
    # One byte takes about 40 bits on the wire; the stream must outlast it.
    count = round(60 / bench.case.fast_hz * 1e9 / bench.case.clock_ns)
    words = [weights.words[index % len(weights.words)] for index in range(count)]
    streaming = cocotb.start_soon(bench.stream(words))
    await bench.host.write(address, first_byte)
    capture = await streaming
    edges = capture.valid_edges()
    assert 0 < len(edges) < count, "the weight write did not stop the stream"
    assert edges[-1] - edges[0] == len(edges) - 1, "results came back after ENABLE dropped"
    comparison = bench.compare(weights, capture, len(edges))
    assert not comparison.mismatches, comparison.first


async def stream_set(bench, weights) -> dict:
    latencies = await bench.latency(weights.words[:PROBES])
    wall = time.monotonic()
    capture = await bench.stream(weights.words)
    seconds = time.monotonic() - wall
    edges = capture.valid_edges()
    assert len(edges) == len(weights.words), "events were lost or repeated"
    comparison = bench.compare(weights, capture, len(weights.words))
    return {
        "words": comparison.words,
        "sums": comparison.sums,
        "mismatches": comparison.mismatches,
        "first": comparison.first,
        "latency_bx": sorted({*latencies, edges[0]}),
        "interval_bx": (edges[-1] - edges[0]) / (len(edges) - 1),
        "stream_wall_s": seconds,
    }


async def stream_with_gaps(bench, weights) -> None:
    """Idle BX in between change nothing: each result still follows its own event."""
    generator = random.Random(cocotb.RANDOM_SEED)  # noqa: S311
    count = min(GAP_EVENTS, len(weights.words))
    gaps = [False] * count + [True] * count
    generator.shuffle(gaps)
    capture = await bench.stream(weights.words[:count], gaps)
    latency = capture.valid_edges()[0] - gaps.index(False)
    expected = [edge + latency for edge, gap in enumerate(gaps) if not gap]
    assert capture.valid_edges() == expected
    comparison = bench.compare(weights, capture, count)
    assert not comparison.mismatches, comparison.first
