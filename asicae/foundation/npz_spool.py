"""NPZ files larger than memory: arrays grow chunk by chunk beside the file, then go into it."""

import contextlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_COPY_BYTES: Final = 4 << 20


class NpzSpool:
    """Collects arrays by chunks of rows; what it writes depends on the arrays only."""

    def __init__(self, path: Path) -> None:
        """Write ``path`` in the end; its folder holds the arrays until then."""
        self._path = path
        self._folder = Path(tempfile.mkdtemp(prefix=f"{path.name}.", dir=path.parent))
        self._files: dict[str, IO[bytes]] = {}
        self._kinds: dict[str, tuple[np.dtype[Any], tuple[int, ...]]] = {}
        self._rows: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, arrays: Mapping[str, npt.ArrayLike]) -> None:
        """Append rows; an array keeps type and width of its first chunk.

        Raises:
            ValueError: a chunk of another type or width.
        """
        for name, values in arrays.items():
            chunk = np.ascontiguousarray(values)
            kind = chunk.dtype, chunk.shape[1:]
            if self._kinds.setdefault(name, kind) != kind:
                raise ValueError(f"{name}: {kind} after {self._kinds[name]}")
            if name not in self._files:
                self._files[name] = (self._folder / name).open("w+b")
            self._files[name].write(chunk.data)
            self._rows[name] = self._rows.get(name, 0) + len(chunk)

    def finish(self, first: Mapping[str, npt.ArrayLike], left_out: Collection[str] = ()) -> None:
        """Write the file: whole arrays ``first``, then the collected ones but ``left_out``."""
        with zipfile.ZipFile(self._path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, values in first.items():
                array = np.asarray(values)
                with _entry(archive, name, array.dtype, array.shape) as stream:
                    stream.write(array.tobytes())
            for name, file in self._files.items():
                if name in left_out:
                    continue
                dtype, width = self._kinds[name]
                file.seek(0)
                with _entry(archive, name, dtype, (self._rows[name], *width)) as stream:
                    shutil.copyfileobj(file, stream, _COPY_BYTES)

    def close(self) -> None:
        """Remove what was collected."""
        for file in self._files.values():
            file.close()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def _entry(
    archive: zipfile.ZipFile, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]
) -> Iterator[IO[bytes]]:
    """The place of an array in the archive, its header written."""
    header = io.BytesIO()
    described = np.lib.format.dtype_to_descr(dtype)
    np.lib.format.write_array_header_1_0(
        header, {"descr": described, "fortran_order": False, "shape": shape}
    )
    # A ZipInfo made by hand carries no time stamp, so equal arrays give equal bytes.
    info = zipfile.ZipInfo(f"{name}.npy")
    info.compress_type = zipfile.ZIP_DEFLATED
    size = dtype.itemsize * int(np.prod(shape, dtype=object))
    info.file_size = header.tell() + size  # decides on the archive format for more than 2 GB
    with archive.open(info, "w") as stream:
        stream.write(header.getvalue())
        yield stream
