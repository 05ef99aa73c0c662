"""What networks are computed on, and in what."""

from importlib import import_module

from sklearn.utils import Bunch

from mnistcnn._cpu import memory_of_machine, processor_name
from mnistcnn._training import backends
from mnistcnn._training.gpu import gpu_memory
from mnistcnn._training.runtime import fastest_precision


def devices() -> Bunch:
    """Tell what networks are computed on, and what ``precision="auto"`` computes in.

    Only Keras's backend is asked, and none of a GPU's memory is reserved for arrays.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        Plain values, so that `json.dumps` takes it as it is:

        backend : {"tensorflow", "jax", "torch"}
            What Keras runs on; the environment variable ``KERAS_BACKEND`` chooses it.
        backend_version : str
            Its version.
        devices : list of dict
            The GPUs or TPUs that the backend sees, the one that computes first, and the processor
            last, which computes where there is nothing else. Each has a `kind` (``"GPU"``,
            ``"TPU"`` or ``"CPU"``), a `name`, and its whole `memory` in bytes, or None where
            nobody tells; the processor's is that of the machine.
        precision : {"float32", "bfloat16"}
            What ``precision="auto"`` takes for the architectures of this library; a network from
            a function of your own computes in float32.
        reason : str
            Why.

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
