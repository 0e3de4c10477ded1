"""Pictures of a run's folder: samples of each evaluation, and their animation.

Pictures are made anew, never read as state: one that cannot be read is left out of the animation.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from gan.runs.atomic_files import make_folder, write_atomically

LAST_FRAME_MILLISECONDS = 2000
FRAME_MILLISECONDS = 400


def save_frame(folder: Path, step: int, write: Callable[[Path], None], /) -> None:
    """Replace the picture of samples and add it to the frames.

    Args:
        folder: Folder of the run.
        step: Generator steps done.
        write: Writes the picture to a path.
    """
    path = folder / "samples.png"
    write_atomically(path, write)
    make_folder(folder / "frames")
    write_atomically(
        folder / "frames" / f"{step:08}.png",
        lambda part: part.write_bytes(path.read_bytes()),
    )


def save_animation(folder: Path, /) -> None:
    """Replace the animation of a run's folder by one of all frames."""
    frames = [frame for frame in frame_paths(folder) if _is_readable(frame)]
    if frames:
        write_atomically(folder / "samples.gif", lambda part: write_gif(frames, part))


def remove_later_frames(folder: Path, step: int, /) -> None:
    """Remove the frames of a run's folder that were drawn after this step."""
    for frame in frame_paths(folder):
        if int(frame.stem) > step:
            frame.unlink()


def frame_paths(folder: Path, /) -> list[Path]:
    """Paths of the frames by step."""
    return sorted(path for path in (folder / "frames").glob("[0-9]*.png") if path.stem.isdigit())


def write_gif(frames: Sequence[Path], path: Path, /) -> None:
    """Write pictures as an animated GIF that pauses at the last."""
    from PIL import Image  # a dependency of matplotlib

    images = [Image.open(frame).convert("RGB").quantize(64) for frame in frames]
    durations = [*[FRAME_MILLISECONDS] * (len(images) - 1), LAST_FRAME_MILLISECONDS]
    images[0].save(path, save_all=True, append_images=images[1:], duration=durations, loop=0)


def _is_readable(frame: Path) -> bool:
    """Whether a picture can be read; a note otherwise."""
    from PIL import Image

    try:
        with Image.open(frame) as image:
            image.load()
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        tqdm.write(f"{frame} is left out of the animation: {error}", file=sys.stderr)
        return False
    return True
