"""What is told of the devices: the truth about this machine, and of GPUs what the driver says."""

import json
import os

import keras
import pytest

import mnistcnn
from mnistcnn import DigitCNNClassifier
from mnistcnn import _cpu as cpu
from mnistcnn._keras_start import ONEDNN
from mnistcnn._training.backends.base import bfloat16_of_gpu
from mnistcnn._training.gpu import gpu_memory
from mnistcnn._training.runtime import fastest_precision


def test_backend_and_processor_are_those_of_this_process():
    found = mnistcnn.devices()
    assert found.backend == keras.backend.backend()
    *accelerators, processor = found.devices
    assert processor["kind"] == "CPU"
    assert processor["name"]
    assert processor["memory"] == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert {device["kind"] for device in accelerators} <= {"GPU", "TPU"}
    assert json.loads(json.dumps(found)) == found


def test_precision_is_that_of_a_fit(two_classes):
    classifier = DigitCNNClassifier("baseline", epochs=1).fit(*two_classes)
    assert mnistcnn.devices().precision == classifier.precision_


@pytest.mark.parametrize(
    ("flags", "onednn", "precision", "reason"),
    [
        ("avx512_bf16 amx_bf16", "1", "bfloat16", "amx_bf16, avx512_bf16"),
        ("avx512_bf16 amx_bf16", "0", "float32", "oneDNN"),
        ("avx512_bf16 amx_bf16", "False", "float32", "oneDNN"),
        ("avx2", "1", "float32", "not"),
    ],
)
def test_the_reason_names_what_multiplies(flags, onednn, precision, reason, tmp_path, monkeypatch):
    monkeypatch.setenv(ONEDNN, onednn)
    if keras.backend.backend() != "tensorflow" or len(mnistcnn.devices().devices) > 1:
        pytest.skip("another device computes")
    (tmp_path / "cpuinfo").write_text(f"flags\t\t: fpu {flags}\n")
    monkeypatch.setattr(cpu, "CPU_FEATURES", tmp_path / "cpuinfo")
    fastest_precision.cache_clear()
    found = mnistcnn.devices()
    fastest_precision.cache_clear()
    assert found.precision == precision
    assert reason in found.reason


@pytest.mark.parametrize(
    ("capability", "is_fast"), [((7, 5), False), ((8, 0), True), ((9, 0), True), ((10, 0), True)]
)
def test_the_reason_names_the_compute_capability(capability, is_fast):
    support = bfloat16_of_gpu(capability)
    assert support.is_fast is is_fast
    assert f"is {capability[0]}.{capability[1]}" in support.reason


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Puts a program in the place of the one that comes with NVIDIA's driver."""

    def install(script):
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    return install


def test_memory_of_gpus_is_what_the_driver_says(driver):
    driver("echo 'NVIDIA H200, 143771'; echo 'NVIDIA A100-SXM4-40GB, 40960'; echo 'Orin, [N/A]'")
    assert gpu_memory() == {
        "NVIDIA H200": 143771 * 2**20,
        "NVIDIA A100-SXM4-40GB": 40960 * 2**20,
    }


@pytest.mark.parametrize("script", ["echo no devices were found; exit 6", "echo"])
def test_a_driver_that_knows_no_gpu_is_no_error(driver, script):
    driver(script)
    assert gpu_memory() == {}


def test_without_a_driver_no_gpu_has_memory(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu_memory() == {}
