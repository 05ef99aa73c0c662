"""What a machine computes fastest in, and who is given that."""

import os
import platform
import sys
from functools import partial

import keras
import pytest

from mnistcnn import _cpu as cpu
from mnistcnn._keras_start import ONEDNN, WITH_ONEDNN, take_onednn
from mnistcnn._training.runtime import fastest_precision
from networks import one_layer, quick_classifier

WITH_BFLOAT16 = ["avx512f avx512_bf16", "amx_bf16 amx_tile"]
WITHOUT = "avx2 avx512f"

quick = partial(quick_classifier, epochs=1)


@pytest.fixture
def pretend(tmp_path, monkeypatch):
    """Makes this machine's processor one with other features."""

    def have(flags):
        features = tmp_path / "cpuinfo"
        features.write_text(f"processor : 0\nflags : fpu {flags}\n")
        monkeypatch.setattr(cpu, "CPU_FEATURES", features)
        fastest_precision.cache_clear()

    yield have
    fastest_precision.cache_clear()


def has_only_a_cpu_for_tensorflow():
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


@pytest.mark.skipif(not has_only_a_cpu_for_tensorflow(), reason="another device computes")
@pytest.mark.parametrize(
    ("flags", "precision"),
    [(WITHOUT, "float32"), *((flags, "bfloat16") for flags in WITH_BFLOAT16)],
)
def test_auto_precision_is_what_the_processor_multiplies(flags, precision, pretend, small_digits):
    pretend(flags)
    assert quick().fit(*small_digits).precision_ == precision
    other = {"float32": "bfloat16", "bfloat16": "float32"}[precision]
    assert quick(precision=other).fit(*small_digits).precision_ == other


def test_auto_precision_of_a_users_network_is_float32(pretend, small_digits):
    pretend(WITH_BFLOAT16[0])
    assert quick(architecture=one_layer).fit(*small_digits).precision_ == "float32"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [(WITHOUT, []), (WITH_BFLOAT16[0], ["avx512_bf16"]), (WITH_BFLOAT16[1], ["amx_bf16"])],
)
def test_the_processor_tells_what_multiplies_bfloat16(flags, expected, pretend):
    pretend(flags)
    assert cpu.bfloat16_instructions() == expected


def test_a_processor_that_tells_nothing_has_no_bfloat16(tmp_path, monkeypatch):
    monkeypatch.setattr(cpu, "CPU_FEATURES", tmp_path / "missing")
    assert cpu.bfloat16_instructions() == []
    assert cpu.processor_name()


@pytest.mark.skipif(platform.machine().lower() not in WITH_ONEDNN, reason="x86 has oneDNN")
@pytest.mark.skipif("tensorflow" not in sys.modules, reason="another backend computes")
@pytest.mark.parametrize(
    ("flags", "choice"), [("avx2", "0"), ("avx2 avx_vnni", "1"), ("avx512f avx512_vnni", "1")]
)
def test_workers_choose_as_a_tensorflow_that_was_imported_before(
    flags, choice, pretend, monkeypatch
):
    monkeypatch.delenv(ONEDNN)
    pretend(flags)
    take_onednn()
    assert os.environ[ONEDNN] == choice
