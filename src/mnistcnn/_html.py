"""Percentages and data URLs for the HTML pages of the library."""

import base64
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["data_url", "percent"]


def percent(share: float, decimals: int = 1) -> str:
    """Write a share so that only all is 100 %, and only none is 0 %.

    Examples
    --------
    >>> from mnistcnn._html import percent
    >>> [percent(share, 2) for share in (0.98653, 0.999999, 1.0, 0.000001)]
    ['98.65 %', '> 99.99 %', '100 %', '< 0.01 %']
    >>> [percent(share) for share in (0.5, 0.9995, 0.0004)]
    ['50.0 %', '> 99.9 %', '< 0.1 %']
    """
    percentage, smallest = 100 * share, 0.1**decimals
    if share in (0, 1):
        return f"{percentage:.0f} %"
    if percentage >= 100 - smallest / 2:
        return f"> {100 - smallest:.{decimals}f} %"
    if percentage < smallest / 2:
        return f"< {smallest:.{decimals}f} %"
    return f"{percentage:.{decimals}f} %"


def data_url(image: "Image", file_format: str = "PNG", **settings: Any) -> str:
    """Return an image as a data URL, so that a page sends no further request.

    Parameters
    ----------
    image : PIL.Image.Image
        The image.
    file_format : str, default="PNG"
        The format of the file in the URL.
    **settings
        Options of the format, as in Pillow's `save`.

    Examples
    --------
    >>> from PIL import Image
    >>> from mnistcnn._html import data_url
    >>> data_url(Image.new("L", (1, 1)))[:30]
    'data:image/png;base64,iVBORw0K'
    """
    file = BytesIO()
    image.save(file, format=file_format, **settings)
    content = base64.b64encode(file.getvalue()).decode("ascii")
    return f"data:image/{file_format.lower()};base64,{content}"
