"""MNIST and data sets in its form: file names, download addresses and contents."""

import string
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "EMNIST",
    "FASHION_MNIST",
    "KMNIST",
    "MNIST",
    "SIDE",
    "WITH_MNIST_NAMES",
    "DataSet",
    "RemoteFile",
]

# Of all images in MNIST's form, in pixels.
SIDE = 28

TEN_MINUTES, AN_HOUR = 600.0, 3600.0


@dataclass(frozen=True)
class RemoteFile:
    """A file as its makers published it.

    Parameters
    ----------
    name : str
        Its name, on the servers and on the disk.
    n_bytes : int
        Its size.
    sha256 : str
        Its hash, in hexadecimal digits.
    """

    name: str
    n_bytes: int
    sha256: str


@dataclass(frozen=True)
class DataSet:
    """Images of 28x28 pixels with labels, in a training and a test set.

    Parameters
    ----------
    title : str
        Its name in sentences.
    items : str
        The objects in its images, in the plural.
    description : str
        Their source.
    n_images : dict of str to int
        Their numbers in the training and the test set.
    folders : tuple of str
        The names of folders that may hold it, the first one for downloads; others are those of
        Keras, torchvision and Kaggle.
    idx_names : dict of str to tuple of 2 str
        The IDX files of the images and the labels of each set, without ``.gz``.
    tables : dict of str to str
        The CSV file of each set, without suffix.
    mirrors : tuple of str
        The addresses to download from, each with a slash at its end.
    files : dict of str to RemoteFile
        The files to download, by the IDX file that each holds.
    seconds : float, default=600.0
        The time limit for the download of one file.
    archive : str or None, default=None
        The ``.npz`` file in the form of Keras's MNIST.
    zips : tuple of str, default=()
        The names of a zip archive of the IDX files.
    target_names : tuple of str or None, default=None
        The name of each label; None if it stands for itself, as a digit does.
    n_classes : int, default=10
        The number of labels.
    first_label : int, default=0
        The smallest label in the files.
    is_transposed : bool, default=False
        Whether the images are transposed in the files.
    has_mnist_names : bool, default=True
        Whether its IDX files have MNIST's names, so that only the folder identifies them.
    """

    title: str
    items: str
    description: str
    n_images: Mapping[str, int]
    folders: tuple[str, ...]
    idx_names: Mapping[str, tuple[str, str]]
    tables: Mapping[str, str]
    mirrors: tuple[str, ...]
    files: Mapping[str, RemoteFile] = field(repr=False)
    seconds: float = TEN_MINUTES
    archive: str | None = None
    zips: tuple[str, ...] = ()
    target_names: tuple[str, ...] | None = None
    n_classes: int = 10
    first_label: int = 0
    is_transposed: bool = False
    has_mnist_names: bool = True


_TRAIN_IMAGES, _TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
_TEST_IMAGES, _TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
_MNIST_NAMES = {"train": (_TRAIN_IMAGES, _TRAIN_LABELS), "test": (_TEST_IMAGES, _TEST_LABELS)}
_MNIST_SIZES = {"train": 60_000, "test": 10_000}


def _tables(stem: str) -> dict[str, str]:
    return {split: f"{stem}{split}" for split in ("train", "test")}


def _packed(**of_idx_files: tuple[str, int, str]) -> dict[str, RemoteFile]:
    return {
        name: RemoteFile(f"{name}.gz", n_bytes, sha256)
        for name, n_bytes, sha256 in of_idx_files.values()
    }


# Sizes and hashes: tensorflow_datasets/url_checksums/mnist.txt, fashion_mnist.txt, kmnist.txt and
# emnist.txt in https://github.com/tensorflow/datasets; those of Fashion-MNIST also stand in
# keras/src/datasets/fashion_mnist.py in https://github.com/keras-team/keras.
MNIST = DataSet(
    title="MNIST",
    items="digits",
    description="""\
Handwritten digits of about 500 people, size-normalized and centered in 28x28 pixels (Y. LeCun,
L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
Proceedings of the IEEE, 1998): 60,000 to train on and 10,000 to test on.""",
    n_images=_MNIST_SIZES,
    folders=("mnist", "MNIST"),
    idx_names=_MNIST_NAMES,
    tables=_tables("mnist_"),
    archive="mnist.npz",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    files=_packed(
        train_images=(
            _TRAIN_IMAGES,
            9_912_422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        train_labels=(
            _TRAIN_LABELS,
            28_881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        test_images=(
            _TEST_IMAGES,
            1_648_877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        test_labels=(
            _TEST_LABELS,
            4_542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
)

FASHION_MNIST = DataSet(
    title="Fashion-MNIST",
    items="images",
    description="""\
Gray images of articles of clothing, shoes and bags from Zalando's shop, in MNIST's form (H. Xiao,
K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
algorithms", arXiv:1708.07747, 2017; MIT License): 60,000 to train on and 10,000 to test on.""",
    n_images=_MNIST_SIZES,
    folders=("fashion_mnist", "fashion-mnist", "FashionMNIST", "fashionmnist"),
    idx_names=_MNIST_NAMES,
    # As Kaggle has them.
    tables=_tables("fashion-mnist_"),
    archive="fashion-mnist.npz",
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    files=_packed(
        train_images=(
            _TRAIN_IMAGES,
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        train_labels=(
            _TRAIN_LABELS,
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        test_images=(
            _TEST_IMAGES,
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        test_labels=(
            _TEST_LABELS,
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
    target_names=(
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
)

KMNIST = DataSet(
    title="KMNIST",
    items="characters",
    description="""\
Ten hiragana of classical Japanese, from books of the 18th century, in MNIST's form (T. Clanuwat,
M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto and D. Ha, "Deep learning for classical Japanese
literature", arXiv:1812.01718, 2018; CC BY-SA 4.0): 60,000 to train on and 10,000 to test on.""",
    n_images=_MNIST_SIZES,
    folders=("kmnist", "KMNIST"),
    idx_names=_MNIST_NAMES,
    tables=_tables("kmnist_"),
    archive="kmnist.npz",
    mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
    files=_packed(
        train_images=(
            _TRAIN_IMAGES,
            18_165_135,
            "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        ),
        train_labels=(
            _TRAIN_LABELS,
            29_497,
            "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        ),
        test_images=(
            _TEST_IMAGES,
            3_041_136,
            "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        ),
        test_labels=(
            _TEST_LABELS,
            5_120,
            "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        ),
    ),
    target_names=("お", "き", "す", "つ", "な", "は", "ま", "や", "れ", "を"),
)

_EMNIST_ZIP = RemoteFile(
    "gzip.zip", 561_753_746, "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e"
)
# Of the letters whose capital is told from the small one, in the merged classes.
_SMALL_LETTERS_APART = "abdefghnqrt"


def _emnist(
    split: str, n_train: int, n_test: int, characters: str, *, first_label: int = 0
) -> DataSet:
    idx_names = {
        part: (
            f"emnist-{split}-{part}-images-idx3-ubyte",
            f"emnist-{split}-{part}-labels-idx1-ubyte",
        )
        for part in ("train", "test")
    }
    return DataSet(
        title="EMNIST",
        items=f"characters (split {split!r})",
        description=f"""\
Handwritten digits and letters from NIST's Special Database 19, in MNIST's form (G. Cohen,
S. Afshar, J. Tapson and A. van Schaik, "EMNIST: an extension of MNIST to handwritten letters",
arXiv:1702.05373, 2017). The split "{split}" has {len(characters)} classes: {n_train:,} images
to train on and {n_test:,} to test on. In the files they are transposed; here they are upright.""",
        n_images={"train": n_train, "test": n_test},
        folders=("emnist", "EMNIST", "gzip"),
        idx_names=idx_names,
        # As Kaggle has them.
        tables=_tables(f"emnist-{split}-"),
        mirrors=(
            "https://biometrics.nist.gov/cs_links/EMNIST/",
            "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
        ),
        files={name: _EMNIST_ZIP for names in idx_names.values() for name in names},
        seconds=AN_HOUR,
        zips=(_EMNIST_ZIP.name, "emnist.zip"),
        target_names=tuple(characters),
        n_classes=len(characters),
        first_label=first_label,
        is_transposed=True,
        has_mnist_names=False,
    )


_MERGED = string.digits + string.ascii_uppercase + _SMALL_LETTERS_APART

# Classes as in the mapping files of the archive, counts of its IDX files.
EMNIST = {
    "balanced": _emnist("balanced", 112_800, 18_800, _MERGED),
    "byclass": _emnist(
        "byclass", 697_932, 116_323, string.digits + string.ascii_uppercase + string.ascii_lowercase
    ),
    "bymerge": _emnist("bymerge", 697_932, 116_323, _MERGED),
    "letters": _emnist("letters", 124_800, 20_800, string.ascii_uppercase, first_label=1),
    "digits": _emnist("digits", 240_000, 40_000, string.digits),
    "mnist": _emnist("mnist", 60_000, 10_000, string.digits),
}

# In a folder of any other name, files with MNIST's names are MNIST's.
WITH_MNIST_NAMES = (MNIST, FASHION_MNIST, KMNIST)
