"""The estimator: a Keras network for digits that scikit-learn can fit, search and compare."""

from mnistcnn._keras_start import load_keras

load_keras()

from mnistcnn.classifier._counting import count_parameters  # noqa: E402
from mnistcnn.classifier._counting import n_parameters_of as n_parameters_of  # noqa: E402
from mnistcnn.classifier._estimator import DigitCNNClassifier  # noqa: E402
from mnistcnn.classifier._export import export_together as export_together  # noqa: E402
from mnistcnn.classifier._fitted_architecture import (  # noqa: E402
    architecture_of_fit as architecture_of_fit,
)
from mnistcnn.classifier._joint_prediction import (  # noqa: E402
    JointPredictor as JointPredictor,
)
from mnistcnn.classifier._networks import (  # noqa: E402
    leave_compiled_network as leave_compiled_network,
)
from mnistcnn.classifier._networks import (  # noqa: E402
    restore_fit as restore_fit,
)
from mnistcnn.classifier._parameters import set_since_fit as set_since_fit  # noqa: E402
from mnistcnn.classifier._trained_features import TrainedFeatures  # noqa: E402
from mnistcnn.classifier._training_config import (  # noqa: E402
    check_builds_new as check_builds_new,
)

__all__ = ["DigitCNNClassifier", "TrainedFeatures", "count_parameters"]
