"""What several test files share."""

import os
import signal

# Bit-for-bit comparisons between processes need the same number of threads in each.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Before a test imports onnxruntime by itself.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# Before TensorFlow, which computes other last bits on some processors where it comes first.
import mnistcnn  # noqa: F401

# The time of an example tells how busy the machine is, and nothing about the library.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

# Shells start background jobs deaf to Ctrl-C, and what a deaf process starts is deaf too.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def digits():
    """The bundled digits: 1,797 rows of 784 pixels, and their labels."""
    from mnistcnn import load_sample_digits

    return load_sample_digits(return_X_y=True)


@pytest.fixture(scope="session")
def some_digits(digits):
    """300 of the bundled digits, for quick fits on images of 28x28 pixels."""
    X, y = digits
    return X[:300], y[:300]


@pytest.fixture(scope="session")
def small_digits():
    """scikit-learn's digits, 8x8 pixels from 0 to 16: 300 of them, for quick fits."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X[:300], y[:300]


@pytest.fixture(scope="session")
def two_classes(small_digits):
    """The zeros and ones among the small digits."""
    X, y = small_digits
    chosen = y < 2
    return X[chosen], y[chosen]


@pytest.fixture(scope="session")
def unit_digits(small_digits):
    """The small digits with pixels from 0 to 1."""
    X, y = small_digits
    return X / 16, y


@pytest.fixture(scope="module")
def fitted_linear(unit_digits):
    """A linear classifier of the small digits, which no test changes."""
    from networks import linear

    return linear().fit(*unit_digits)


@pytest.fixture(scope="module")
def fitted_baseline(small_digits):
    """The baseline network after two epochs on the small digits, which no test changes."""
    from networks import quick_classifier

    return quick_classifier("baseline", epochs=2).fit(*small_digits)


@pytest.fixture(scope="module")
def bayes(small_digits):
    """A naive Bayes classifier of the first half of the small digits, which no test changes."""
    from sklearn.naive_bayes import GaussianNB

    X, y = small_digits
    return GaussianNB().fit(X[:150], y[:150])


@pytest.fixture(scope="session")
def held_out(small_digits):
    """The half of the small digits that `bayes` has not seen."""
    X, y = small_digits
    return X[150:], y[150:]


@pytest.fixture
def no_figures():
    """Has a test begin without open figures, such as those of examples before it, and end so."""
    from matplotlib import pyplot

    pyplot.close("all")
    yield
    pyplot.close("all")


@pytest.fixture
def random_state_of_caller():
    """Global generators in a known state, which a test can compare with afterwards."""
    np.random.seed(123)
    return np.random.get_state()


@pytest.fixture
def whole_epochs(monkeypatch):
    """Epochs as programs, which JAX has on accelerators only, in place of Keras's steps."""
    import keras

    from mnistcnn._training import backends

    if keras.backend.backend() == "jax":
        monkeypatch.setattr(type(backends.current()), "accelerators", lambda _: ["a GPU"])


@pytest.fixture(scope="session")
def written_digit(digits):
    """Gives one of the bundled digits as dark ink on light paper, off the center, as an image."""
    from PIL import Image

    X, y = digits

    def write(digit, *, side=240, paper=225, ink=40):
        ink_mask = Image.fromarray(X[np.flatnonzero(y == digit)[0]].reshape(28, 28))
        image = Image.new("L", (side, side), paper)
        large = ink_mask.resize((side // 2, side // 2), Image.Resampling.BICUBIC)
        image.paste(ink, (side // 10, side // 3), large)
        return image

    return write


@pytest.fixture(scope="session")
def written_sheet(written_digit):
    """Gives a page with rows of the bundled digits, as an image."""
    from PIL import Image

    def write(rows, *, side=160):
        page = Image.new("L", (side * max(map(len, rows)), side * len(rows)), 225)
        for row, numbers in enumerate(rows):
            for column, digit in enumerate(numbers):
                page.paste(written_digit(digit, side=side), (column * side, row * side))
        return page

    return write


@pytest.fixture(scope="module")
def digit_of():
    """Return a large image of a digit, cut to its ink: light on black."""
    from PIL import Image

    from mnistcnn import load_sample_digits
    from readers import SCALE

    digits = load_sample_digits()

    def draw(label, *, width=1.0):
        image = digits.images[digits.target == label][0]
        rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
        cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        size = (round(SCALE * width * cut.shape[1]), SCALE * cut.shape[0])
        return np.asarray(Image.fromarray(cut).resize(size, Image.Resampling.BICUBIC))

    return draw


@pytest.fixture(scope="module")
def line_of(digit_of):
    """Return dark digits on a light line of paper, so many pixels apart, and their boxes."""

    def write(labels, *, apart=12, margin=40, width=1.0):
        drawn = [digit_of(label, width=width) for label in labels]
        height = max(len(one) for one in drawn) + 2 * margin
        total = sum(one.shape[1] + apart for one in drawn) + 2 * margin
        ink, left, boxes = np.zeros((height, total), dtype=np.uint8), margin, []
        for one in drawn:
            part = ink[margin : margin + len(one), left : left + one.shape[1]]
            np.maximum(part, one, out=part)
            boxes.append((left, margin, one.shape[1], len(one)))
            left += one.shape[1] + apart
        return 255 - ink, boxes

    return write


@pytest.fixture(scope="module")
def reader():
    """The pretrained reader of whole sheets."""
    from mnistcnn import load_reader

    return load_reader()


@pytest.fixture(scope="module")
def page_reader():
    """What reads for the page of `mnistcnn demo`; whoever asks for it needs Gradio."""
    from mnistcnn import DigitNormalizer, load_pretrained
    from mnistcnn.app import PageReader

    return PageReader(load_pretrained(), DigitNormalizer(), load_pretrained("parts"))


@pytest.fixture
def kaggle_files(tmp_path):
    """Kaggle's files in a folder of their own, and the arguments that name them."""
    from kaggle_files import Files

    return Files(tmp_path)


@pytest.fixture
def byte_digits(small_digits):
    """120 of the small digits, as bytes."""
    X, y = small_digits
    return X[:120].astype(np.uint8), y[:120]


# Its event loop runs until the end of the module, and other tests need loops of their own.
@pytest.fixture(scope="module")
def browser():
    """Chromium, for the pages that are tested in it."""
    from pages import BROWSER, BROWSER_ARGUMENTS, playwright

    if BROWSER is None:
        pytest.skip("no Chromium is installed (on Debian: apt-get install chromium)")
    with playwright().sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()
