"""Text files, plain or gzip-compressed, in blocks of whole lines; pipes are fine."""

import contextlib
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any, Final, NoReturn

from asicae.foundation.errors import BadInput
from asicae.readout.format import Beside, Format, Writer
from asicae.readout.options import Options
from asicae.readout.parsing.foreign import unreadable
from asicae.readout.part import Part
from asicae.readout.rejected import Rejected

BLOCK_BYTES: Final = 4 << 20
MAX_LINE_BYTES: Final = 1 << 20  # a longer row is refused, so that no input fills the memory
PLAIN: Final = ".csv"
COMPRESSED: Final = ".csv.gz"
_GZIP_MAGIC: Final = b"\x1f\x8b"


class TextFile:
    """First line and blocks of lines of an open file.

    Attributes:
        path: of the file.
        first_line: without its end and without a byte order mark.
    """

    def __init__(self, path: Path, stream: Any) -> None:
        self.path = path
        self._stream = stream
        line = self._guarded(stream.readline, MAX_LINE_BYTES + 1)
        self.first_line: bytes = line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
        if len(line) > MAX_LINE_BYTES:
            self._refuse_line()

    def blocks(self, with_first: bool) -> Iterator[bytes]:
        """The lines in blocks of about 4 MB that end with a newline.

        Args:
            with_first: whether the first line is a row too.

        Raises:
            BadInput: a truncated or damaged compressed file, a line that never ends.
        """
        rest = self.first_line + b"\n" if with_first and self.first_line else b""
        while piece := self._guarded(self._stream.read, BLOCK_BYTES):
            text = rest + piece
            end = text.rfind(b"\n") + 1
            rest = text[end:]
            if len(rest) > MAX_LINE_BYTES:
                self._refuse_line()
            if end:
                yield text[:end].replace(b"\r\n", b"\n")
        if rest:
            yield rest.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"

    def _guarded(self, read: Any, size: int) -> bytes:
        try:
            return bytes(read(size))
        except EOFError:
            raise BadInput(f"{self.path}: truncated gzip file, allowed is a complete one") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise BadInput(f"{self.path}: damaged gzip file ({error})") from None
        except OSError as error:
            raise unreadable(self.path, error) from None

    def _refuse_line(self) -> NoReturn:
        raise BadInput(
            f"{self.path}: a row is longer than {MAX_LINE_BYTES} bytes, allowed are rows of text"
        )


@contextlib.contextmanager
def open_text(path: Path) -> Iterator[TextFile]:
    """Open a text file; a name that ends with ``.gz`` says that it is compressed.

    Raises:
        BadInput: missing or unreadable, compression and name do not agree.
    """
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(path.open("rb"))
            magic = stream.peek(2)[:2]
        except OSError as error:
            raise unreadable(path, error) from None
        if path.suffix == ".gz":
            if magic != _GZIP_MAGIC:
                raise BadInput(
                    f"{path}: not a gzip file, found first bytes {magic!r}, allowed are 1f 8b"
                )
            yield TextFile(path, stack.enter_context(gzip.GzipFile(fileobj=stream)))
        elif magic == _GZIP_MAGIC:
            raise BadInput(f"{path}: found a gzip file, allowed is text or a name ending with .gz")
        else:
            yield TextFile(path, stream)


def text_format(
    read: Callable[[TextFile, Options, Rejected], Iterator[Part]],
    understands: Set[str],
    claims: Callable[[TextFile], bool] | None = None,
    writers: Mapping[str, Callable[[Path], Writer]] | None = None,
    beside: Beside | None = None,
) -> Format:
    """A format of comma-separated text, told from the others of its family by the first line."""
    return Format(
        endings=(PLAIN, COMPRESSED),
        read=read,
        understands=frozenset(understands),
        opened=open_text,
        claims=claims,
        family="csv",
        writers=writers or {},
        beside=beside,
    )
