"""Networks that are trained already and come with the package."""

from mnistcnn.pretrained._loading import load_pretrained

__all__ = ["load_pretrained"]
