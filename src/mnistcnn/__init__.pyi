# One line a public name; the package and its reference take them from here.
from ._training.devices import devices as devices
from ._training.pool import clear_cache as clear_cache
from .architectures import get_architecture as get_architecture
from .architectures import list_architectures as list_architectures
from .augmentation import Augmentation as Augmentation
from .classifier import DigitCNNClassifier as DigitCNNClassifier
from .classifier import TrainedFeatures as TrainedFeatures
from .datasets import fetch_emnist as fetch_emnist
from .datasets import fetch_fashion_mnist as fetch_fashion_mnist
from .datasets import fetch_kmnist as fetch_kmnist
from .datasets import fetch_mnist as fetch_mnist
from .datasets import load_sample_digits as load_sample_digits
from .datasets import read_idx as read_idx
from .datasets import read_images as read_images
from .datasets import read_kaggle_csv as read_kaggle_csv
from .datasets import write_idx as write_idx
from .datasets import write_kaggle_submission as write_kaggle_submission
from .evaluation import ComparisonResult as ComparisonResult
from .evaluation import compare_architectures as compare_architectures
from .exceptions import DeviceMemoryError as DeviceMemoryError
from .exceptions import EmptyImageError as EmptyImageError
from .exceptions import NonFiniteLossError as NonFiniteLossError
from .exceptions import PixelRangeWarning as PixelRangeWarning
from .exceptions import SharedGPUWarning as SharedGPUWarning
from .exceptions import UnreadableImageError as UnreadableImageError
from .handwriting import DigitNormalizer as DigitNormalizer
from .handwriting import FoundDigit as FoundDigit
from .handwriting import find_digits as find_digits
from .preprocessing import ImageReshaper as ImageReshaper
from .preprocessing import PixelScaler as PixelScaler
from .pretrained import load_pretrained as load_pretrained
from .rejection import RejectingClassifier as RejectingClassifier

__version__: str
