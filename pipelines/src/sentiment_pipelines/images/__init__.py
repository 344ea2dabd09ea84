"""The images of the components and of the service: what they are called, and their build."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from sentiment_pipelines.environments import Room
from sentiment_pipelines.images import base, building, docker, sizes
from sentiment_pipelines.images.contents import CONTENT, Image
from sentiment_pipelines.images.progress import Progress
from sentiment_pipelines.images.sizes import Size

__all__ = ["Built", "Image", "Size", "base", "build", "built", "docker", "of", "reference"]


@dataclass(frozen=True)
class Built:
    """An image that is there.

    Attributes:
        image: Which.
        size: How large it and its parts are.
        seconds: How long its build took; 0.0 if it was there already.
    """

    image: Image
    size: Size
    seconds: float


def of(room: Room, base_name: str = "") -> Image:
    """Returns the image of a room for what lies here now, whether it is built or not.

    Raises:
        InputError: There is no docker, or the base is not here.
    """
    return Image(room, base.find(docker.connect(), base_name))


def reference(room: Room, base_name: str = "") -> str:
    """Returns the name and tag of the image of a room for what lies here now.

    Raises:
        InputError: There is no docker, or the base is not here.
    """
    return of(room, base_name).reference


def built(room: Room, base_name: str = "") -> bool:
    """Tells whether the image of a room, for what lies here now, is there.

    Raises:
        InputError: There is no docker, or the base is not here.
    """
    found = docker.connect()
    return _is_built(found, Image(room, base.find(found, base_name)))


def _is_built(found: docker.Docker, image: Image) -> bool:
    content = f'{{{{index .Config.Labels "{CONTENT}"}}}}'
    told = found.ask("image", "inspect", "--format", content, image.reference)
    return told.returncode == 0 and told.stdout.strip() == image.content


def build(rooms: Sequence[Room], console: Console, base_name: str = "") -> list[Built]:
    """Builds the images that are not there for what lies here now, one after the other.

    Args:
        rooms: Whose images.
        console: Where the progress is shown, a line an image.
        base_name: What they stand on; the one that the surroundings name if empty.

    Returns:
        The images, in the order of the rooms.

    Raises:
        InputError: There is no docker, the base cannot be had, or a build failed.
    """
    found = docker.connect()
    ground = base.fetch(found, base_name)
    images, done = [Image(room, ground) for room in rooms], []
    with Progress(console, [image.name for image in images]) as progress:
        for image in images:
            begin, there = time.monotonic(), _is_built(found, image)
            if not there:
                progress.started(image.name)
                building.run(found, image, progress.doing)
            seconds = 0.0 if there else time.monotonic() - begin
            done.append(Built(image, sizes.measure(found, image.reference), seconds))
            progress.finished(done[-1].image, done[-1].size, seconds)
    return done
