"""The devices that networks run on, and the precision of ``precision="auto"``."""

from importlib import import_module

from sklearn.utils import Bunch

from mnistcnn._cpu import memory_of_machine, processor_name
from mnistcnn._training import backends
from mnistcnn._training.gpu import gpu_memory
from mnistcnn._training.runtime import fastest_precision


def devices() -> Bunch:
    """Return the devices that networks run on, and the precision that ``precision="auto"`` uses.

    Only Keras's backend is queried, and no GPU memory is reserved for arrays.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        Plain values, so that `json.dumps` can write it:

        backend : {"tensorflow", "jax", "torch"}
            The backend of Keras; the environment variable ``KERAS_BACKEND`` selects it.
        backend_version : str
            The version of the backend.
        devices : list of dict
            The GPUs or TPUs that the backend sees, the one in use first, and the processor last,
            which is used if there is nothing else. Each has a `kind` (``"GPU"``, ``"TPU"`` or
            ``"CPU"``), a `name`, and its total `memory` in bytes, or None if unknown; for the
            processor, this is the memory of the machine.
        precision : {"float32", "bfloat16"}
            The precision that ``precision="auto"`` uses for the architectures of this library; a
            network from your own function computes in float32.
        reason : str
            The reason for this precision.

    Examples
    --------
    >>> import mnistcnn
    >>> found = mnistcnn.devices()
    >>> found.backend, found.devices[-1]["kind"]
    ('tensorflow', 'CPU')
    >>> found.precision in ("float32", "bfloat16")
    True
    """
    backend = backends.current()
    memory = gpu_memory()
    accelerators = [
        {"kind": _kind(name), "name": name, "memory": memory.get(name)}
        for name in backend.accelerators()
    ]
    processor = {"kind": "CPU", "name": processor_name(), "memory": memory_of_machine()}
    return Bunch(
        backend=backends.name(),
        backend_version=import_module(backends.name()).__version__,
        devices=[*accelerators, processor],
        precision=fastest_precision(),
        reason=backend.bfloat16_support().reason,
    )


def _kind(name: str) -> str:
    return "TPU" if name.startswith("TPU") else "GPU"
