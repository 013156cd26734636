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
_OTHER_SEPARATORS: Final = {"a semicolon": b";", "a tab": b"\t"}
_BLANK: Final = b" \t\r\n"
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
        self._check_kind()
        if len(line) > MAX_LINE_BYTES:
            self._refuse_line()

    def _check_kind(self) -> None:
        """Texts of another kind would only show as columns that are missing or too many."""
        line, path = self.first_line, self.path
        if line[:2] in (b"\xff\xfe", b"\xfe\xff") or line[:2].count(b"\0") == 1:
            raise BadInput(f"{path}: row 1: found UTF-16 text, allowed is UTF-8 (iconv -t UTF-8)")
        if b"\r" in line:
            raise BadInput(
                f"{path}: row 1: found lines that end with CR alone, allowed are LF and CRLF"
                " (tr '\\r' '\\n')"
            )
        for name, separator in _OTHER_SEPARATORS.items():
            if line.count(separator) > line.count(b","):
                raise BadInput(
                    f"{path}: row 1: found fields separated by {name}, allowed is a comma"
                )

    def blocks(self, with_first: bool) -> Iterator[bytes]:
        """The lines in blocks of about 4 MB that end with a newline, without blank ones at the end.

        Args:
            with_first: whether the first line is a row too.

        Raises:
            BadInput: a truncated or damaged compressed file, a line that never ends.
        """
        rest = self.first_line + b"\n" if with_first and self.first_line else b""
        while piece := self._guarded(self._stream.read, BLOCK_BYTES):
            text = rest + piece
            last = text.rfind(b"\n") + 1
            if len(text) - last > MAX_LINE_BYTES:
                self._refuse_line()
            # Blank lines wait: a row may follow them, and then they are an error of that place.
            filled = len(text[:last].rstrip(_BLANK))
            end = text.find(b"\n", filled) + 1 if filled else 0
            rest = text[end:]
            if last - end > MAX_LINE_BYTES:
                raise BadInput(f"{self.path}: more than {MAX_LINE_BYTES} bytes of blank lines")
            if end:
                yield text[:end].replace(b"\r\n", b"\n")
        if rest := rest.rstrip(_BLANK):
            yield rest.replace(b"\r\n", b"\n") + b"\n"

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
        if path.suffix.lower() == ".gz":
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
