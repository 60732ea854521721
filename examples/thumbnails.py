"""Small pictures of large ones: files are sent as bytes, and what comes back is written here.

Pictures are PPM, which needs no library: ``thumbnails.py FOLDER`` makes a few if there are none.
"""

import sys
import tempfile
from concurrent.futures import Future, as_completed
from pathlib import Path

from gofer import Executor


def thumbnail(picture: bytes, factor: int) -> bytes:
    """Return a PPM (P6) picture with every ``factor``-th pixel of every ``factor``-th row."""
    header, size, depth, pixels = picture.split(b"\n", 3)
    width, height = map(int, size.split())
    rows = [pixels[3 * width * y : 3 * width * (y + 1)] for y in range(0, height, factor)]
    small = b"".join(row[3 * x : 3 * x + 3] for row in rows for x in range(0, width, factor))
    small_size = f"{-(-width // factor)} {-(-height // factor)}".encode()
    return b"\n".join([header, small_size, depth, small])


def paint(path: Path, number: int, side: int = 64) -> None:
    """Write a picture to try it with."""
    pixels = bytes(
        (x * 4 * (channel + number)) % 256
        for _ in range(side)
        for x in range(side)
        for channel in range(3)
    )
    path.write_bytes(b"P6\n%d %d\n255\n" % (side, side) + pixels)


def main(folder: str = "") -> None:
    """Make a thumbnail of each picture in a folder."""
    where = Path(folder or tempfile.mkdtemp(prefix="gofer-"))
    if not list(where.glob("*.ppm")):
        for number in range(5):
            paint(where / f"{number}.ppm", number)
    with Executor(timeout=60) as pool:
        pictures = [path for path in where.glob("*.ppm") if not path.stem.endswith("-small")]
        futures: dict[Future[bytes], Path] = {
            pool.submit(thumbnail, path.read_bytes(), 8): path for path in pictures
        }
        for future in as_completed(futures):
            path = futures[future]
            small = path.with_stem(f"{path.stem}-small")
            small.write_bytes(future.result())
    print(f"{len(futures)} thumbnails in {where}")


if __name__ == "__main__":
    main(*sys.argv[1:])
