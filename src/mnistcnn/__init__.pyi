# One line a public name; the package and its reference take them from here.
from ._training.devices import devices as devices
from ._training.pool import clear_cache as clear_cache
from .architectures import get_architecture as get_architecture
from .architectures import list_architectures as list_architectures
from .augmentation import Augmentation as Augmentation
from .classifier import DigitCNNClassifier as DigitCNNClassifier
from .classifier import TrainedFeatures as TrainedFeatures
from .datasets import fetch_mnist as fetch_mnist
from .datasets import load_sample_digits as load_sample_digits
from .datasets import read_idx as read_idx
from .datasets import read_images as read_images
from .datasets import read_kaggle_csv as read_kaggle_csv
from .datasets import write_idx as write_idx
from .datasets import write_kaggle_submission as write_kaggle_submission
from .ensemble import DigitEnsembleClassifier as DigitEnsembleClassifier
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
from .recipes import Recipe as Recipe
from .recipes import get_recipe as get_recipe
from .recipes import list_recipes as list_recipes
from .rejection import RejectingClassifier as RejectingClassifier
from .view_averaging import TestTimeAugmentationClassifier as TestTimeAugmentationClassifier

__version__: str
