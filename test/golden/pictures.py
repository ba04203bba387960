"""A picture turned, mirrored and cropped by Pillow."""

import numpy
from PIL import Image, ImageOps

from values import random

NOTE = (
    "HWC uint8; rotation in degrees counter-clockwise about the centre, nearest neighbour, same size, black fill, as "
    "PIL does it"
)


def reference(side=32):
    image = Image.fromarray(random(6).randint(0, 256, (side, side, 3)).astype(numpy.uint8))
    left, top = 7, 1
    padded = ImageOps.expand(image, 4)
    pictures = {
        "image": image,
        **{f"rotate_{degrees}": image.rotate(degrees) for degrees in (-10, -3.7, 0.5, 6.25, 10)},
        "hflip": ImageOps.mirror(image),
        "pad4_crop_y1_x7": padded.crop((left, top, left + side, top + side)),
    }
    return {name: numpy.array(picture) for name, picture in pictures.items()}, {"note": NOTE}
