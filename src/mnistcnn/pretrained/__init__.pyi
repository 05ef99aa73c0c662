# What the room offers, each name from its module; `__init__.py` takes them from here.
from ._loading import load_pretrained as load_pretrained
from ._onnx_files import load_without_keras as load_without_keras
