"""Many C++ encoders in one program under sanitizers, fed with records of any bytes."""

import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asicae.chip.image import crc32, keep_bytes, pack
from asicae.export.emulator import emulator_header
from asicae.export.hls import HlsTypes, chip_files, chip_header
from asicae.export.parameters import cpp_design, cpp_namespace, parameters_header
from asicae.network.description import Network
from asicae.network.encoder import Encoder
from asicae.network.weights import Weights
from asicae.simulation.builds.cpp import compile_cpp
from asicae.simulation.engines.hls import header_folder, type_options

SANITIZED = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
OK, NULL, SIZE, CRC, SPARE, NOT_LOADED, RANGE = range(7)
# Buffers have exactly the size of their content, so that any access beyond it is seen.
PROGRAM = """
#include <cstdio>
#include <cstdlib>
#include <memory>
{includes}

struct Record {{ std::uint32_t network, image, crc, keep, events; }};

template <class T>
std::unique_ptr<T[]> read(std::size_t count) {{
  std::unique_ptr<T[]> data(new T[count]);
  if (std::fread(data.get(), sizeof(T), count, stdin) != count) std::abort();
  return data;
}}

template <class ENCODER>
void run(const Record& record) {{
  static ENCODER encoder;
  const auto image = read<std::uint8_t>(record.image);
  const auto keep = read<std::uint8_t>(record.keep);
  const auto calq = read<std::int32_t>(std::size_t{{record.events}} * ENCODER::cells);
  const std::size_t words = std::size_t{{record.events}} * ENCODER::latents;
  std::unique_ptr<std::uint16_t[]> latents(new std::uint16_t[words]());
  std::unique_ptr<std::uint16_t[]> sums(new std::uint16_t[record.events]());
  const int status[] = {{
      static_cast<int>(encoder.load(image.get(), record.image, record.crc)),
      static_cast<int>(encoder.set_keep(keep.get(), record.keep)),
      static_cast<int>(encoder.encode(calq.get(), record.events, latents.get(), sums.get()))}};
  std::fwrite(status, sizeof status, 1, stdout);
  std::fwrite(latents.get(), sizeof(std::uint16_t), words, stdout);
  std::fwrite(sums.get(), sizeof(std::uint16_t), record.events, stdout);
}}

int main() {{
  Record record;
  while (std::fread(&record, sizeof record, 1, stdin) == 1) {{
    switch (record.network) {{
{cases}
      default: return 1;
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Record:
    """One load, one keep mask, one encoding."""

    network: int
    image: bytes
    crc: int
    keep: bytes
    calq: np.ndarray

    @classmethod
    def of(cls, place: int, network: Network, weights: Weights, calq: np.ndarray) -> "Record":
        image = pack(Encoder(network, weights))
        return cls(place, image, crc32(image), keep_bytes(Encoder(network, weights)), calq)

    def bytes(self) -> bytes:
        sizes = (len(self.image), self.crc, len(self.keep), len(self.calq))
        calq = np.ascontiguousarray(self.calq, dtype="<i4").tobytes()
        return struct.pack("<5I", self.network, *sizes) + self.image + self.keep + calq


@dataclass(frozen=True)
class Answer:
    """The three statuses and what was written."""

    status: tuple[int, ...]
    latents: np.ndarray
    sums: np.ndarray


class Program:
    """The encoders of ``networks``, all different; ``edit`` changes all headers that have it.

    ``types`` None are the emulators, else the chips in the templates of that library. Kept in the
    cache of all builds unless ``cache`` says otherwise.
    """

    def __init__(
        self,
        networks: Sequence[Network],
        cache: Path | None = None,
        options: Sequence[str] = SANITIZED,
        edit: tuple[str, str] | None = None,
        types: HlsTypes | None = None,
    ) -> None:
        self.networks = tuple(networks)
        headers = _emulators(networks) if types is None else _chips(networks)
        if edit is not None:
            assert any(edit[0] in text for text in headers.values()), edit
            headers = {name: text.replace(*edit) for name, text in headers.items()}
        encoder = "Encoder" if types is None else "Model"
        cases = "\n".join(
            f"      case {place}: run<{cpp_class(network, encoder)}>(record); break;"
            for place, network in enumerate(networks)
        )
        includes = "\n".join(f'#include "network_{place}.hpp"' for place in range(len(networks)))
        main = {"main.cpp": PROGRAM.format(includes=includes, cases=cases)}
        system = [] if types is None else [header_folder(types)]
        own = () if types is None else type_options(types)
        self.path = compile_cpp(
            headers | main, "encoders", (*own, *options), system=system, cache=cache
        )

    def run(self, records: Sequence[Record]) -> list[Answer]:
        """Feed the records to one process, in order; a sanitizer's finding is an error."""
        stdin = b"".join(record.bytes() for record in records)
        done = subprocess.run([str(self.path)], input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        answers, place = [], 0
        for record in records:
            events, latents = len(record.calq), self.networks[record.network].latents
            status = struct.unpack_from("<3i", done.stdout, place)
            words = np.frombuffer(done.stdout, "<u2", events * (latents + 1), place + 12)
            split = events * latents
            answers.append(Answer(status, words[:split].reshape(events, latents), words[split:]))
            place += 12 + words.nbytes
        assert place == len(done.stdout)
        return answers


def cpp_class(network: Network, name: str = "Encoder") -> str:
    """A class of ``network``, also where another network of its name is there."""
    return f"asicae::{cpp_namespace(network)}::{cpp_design(network)}::{name}"


def _emulators(networks: Sequence[Network]) -> dict[str, str]:
    return {f"network_{k}.hpp": emulator_header(network) for k, network in enumerate(networks)}


def _chips(networks: Sequence[Network]) -> dict[str, str]:
    files = chip_files(networks[0])
    for place, network in enumerate(networks):
        parameters = f"network_{place}_parameters.hpp"
        files[parameters] = parameters_header(network)
        files[f"network_{place}.hpp"] = chip_header(network, parameters)
    return files
