"""The ensemble itself: scikit-learn's contract around several trained members."""

import warnings
from copy import copy
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.ensemble import BaseEnsemble
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from mnistcnn._scikit_learn import HasMethods, Interval, StrOptions, validate_parameters
from mnistcnn._types import Classifier, Images, Labels, RandomState
from mnistcnn.classifier import DigitCNNClassifier, JointPredictor
from mnistcnn.ensemble._export import EnsembleExportMixin
from mnistcnn.ensemble._members import (
    COMMON,
    check_can_be_member,
    check_have_in_common,
    check_know,
    checked_labels,
    make_member,
    members_that_stay,
    seeds_of_members,
    train_member,
    warn_of_unit_of_new_members,
)
from mnistcnn.ensemble._routing import RoutingMixin
from mnistcnn.ensemble._stored_members import StoredMembersMixin
from mnistcnn.ensemble._voting import (
    VOTINGS,
    majority,
    mean_probabilities,
    votes_of,
    votes_softly,
)
from mnistcnn.preprocessing import AccuracyMixin, warn_of_row_order


class DigitEnsembleClassifier(
    EnsembleExportMixin,
    StoredMembersMixin,
    RoutingMixin,
    AccuracyMixin,
    BaseEnsemble,  # type: ignore[misc]
):
    """An ensemble of classifiers that differ only in their seeds.

    Networks that start from different weights and see the images in a different order make
    different mistakes. The mean of their probabilities is therefore right more often than any one
    of them [1]_ and better calibrated [2]_. All members train on all images. If the members are
    instances of `DigitCNNClassifier`, they predict in one compiled pass.

    Parameters
    ----------
    estimator : estimator, default=None
        The classifier of which each member is a copy; it may be a `Pipeline`. None means
        ``DigitCNNClassifier()``. Its parameters can be searched as ``estimator__epochs`` and so on.
    n_estimators : int, default=5
        The number of members.
    voting : {"soft", "hard"}, default="soft"
        ``"soft"`` averages the members' probabilities. ``"hard"`` predicts the label that most
        members vote for, the smallest one in a tie, and gives no probabilities.
    n_jobs : int, default=None
        The number of members to train at the same time, with any joblib backend. None trains them
        one after another, unless in a :func:`joblib.parallel_config` context.
    warm_start : bool, default=False
        Whether `fit` keeps the existing members and only trains new ones, up to `n_estimators`. If
        `random_state` is an integer, the seeds are the same as in a single larger fit.
    random_state : int, RandomState instance or None, default=None
        Generates an integer seed for each member, which replaces every `random_state` in it,
        whatever the `random_state` of `estimator`.
    verbose : int, default=0
        As in joblib: above 0, the progress of training the members is printed.

    Attributes
    ----------
    estimator_ : estimator
        The estimator of which the members are copies: a copy of `estimator` as it was in `fit`.
    estimators_ : list of estimators
        The fitted members; iterating over the ensemble or indexing it also gives them.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of values in one image, if the members have this attribute.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if `X` in `fit` was a DataFrame whose column names are all strings.
    image_shape_ : tuple of 3 int
        Height, width and channels of one image, if the members have this attribute.

    See Also
    --------
    mnistcnn.architectures.MultiColumn : Columns that are trained together as one network.
    mnistcnn.TestTimeAugmentationClassifier : One classifier that looks at an image several times.

    References
    ----------
    .. [1] L. K. Hansen and P. Salamon, "Neural Network Ensembles", IEEE Transactions on Pattern
       Analysis and Machine Intelligence 12(10), 1990.
    .. [2] B. Lakshminarayanan, A. Pritzel and C. Blundell, "Simple and Scalable Predictive
       Uncertainty Estimation using Deep Ensembles", NeurIPS 2017.

    Examples
    --------
    >>> from mnistcnn import DigitCNNClassifier, DigitEnsembleClassifier, load_sample_digits
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> member = DigitCNNClassifier("baseline", epochs=3)
    >>> ensemble = DigitEnsembleClassifier(member, n_estimators=3, random_state=0)
    >>> ensemble.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.85
    True
    >>> len(ensemble), ensemble[0].architecture
    (3, 'baseline')
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "voting": [StrOptions(set(VOTINGS))],
        "n_jobs": [Integral, None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    _FITTED_NAMES: ClassVar = ("estimator_", "estimators_", *COMMON, "_predictor")

    def __init__(
        self,
        estimator: Classifier | None = None,
        n_estimators: int = 5,
        *,
        voting: str = "soft",
        n_jobs: int | None = None,
        warm_start: bool = False,
        random_state: RandomState = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(estimator=estimator, n_estimators=n_estimators)
        self.voting = voting
        self.n_jobs = n_jobs
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    def from_recipe(cls, name: str, n_estimators: int = 5, **parameters: Any) -> Self:
        """Make an ensemble of networks that train with the published settings of a recipe.

        Parameters
        ----------
        name : str
            A name from `mnistcnn.list_recipes`.
        n_estimators : int, default=5
            The number of members.
        **parameters
            Parameters of the ensemble, such as `random_state` and `n_jobs`, and those that should
            differ from the recipe, as ``estimator__epochs`` and so on.

        Returns
        -------
        ensemble : DigitEnsembleClassifier
            An unfitted ensemble.

        Raises
        ------
        ValueError
            If there is no such recipe or parameter.

        Examples
        --------
        >>> from mnistcnn import DigitEnsembleClassifier
        >>> ensemble = DigitEnsembleClassifier.from_recipe("deotte", 15, estimator__epochs=10)
        >>> len(ensemble.estimator.get_params()["architecture"].filters), ensemble.n_estimators
        (3, 15)
        """
        ensemble = cls(DigitCNNClassifier.from_recipe(name), n_estimators)
        return ensemble.set_params(**parameters)

    def fit(
        self,
        X: Images,
        y: Labels,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: "Images | None" = None,
        y_val: "Labels | None" = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Train the members, all on the same images.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Data that the members accept: images for a `DigitCNNClassifier`.
        y : array-like of shape (n,)
            Labels.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images, for members whose `fit` accepts them.
        X_val : array-like of the form of `X`, default=None
            Your own images to validate on, as in `DigitCNNClassifier.fit`. If metadata routing is
            enabled, the members must request them: ``estimator.set_fit_request(X_val=True,
            y_val=True)``.
        y_val : array-like of shape (n_val,), default=None
            Labels of `X_val`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of `X_val`.

        Returns
        -------
        self : DigitEnsembleClassifier
            The fitted ensemble. If a member fails or is interrupted, the ensemble is left
            unchanged.

        Raises
        ------
        ValueError
            If a parameter or the data are not as described.
        TypeError
            If `X` or `y` is not in memory, such as a dataset in batches, a generator or a query.
        """
        validate_parameters(self)
        check_can_be_member(self._template(), self.voting)
        template = clone(self._template())
        parameters = self._parameters_of_members(
            template,
            sample_weight=sample_weight,
            X_val=X_val,
            y_val=y_val,
            sample_weight_val=sample_weight_val,
        )
        earlier = members_that_stay(vars(self) if self.warm_start else {}, self.n_estimators)
        if len(earlier) == self.n_estimators:
            warnings.warn(
                "Warm-start fitting without increasing n_estimators does not fit new members.",
                stacklevel=2,
            )
            return self
        labels = checked_labels(X, y, self.classes_ if earlier else None)
        warn_of_row_order(X, y=y, sample_weight=sample_weight)
        warn_of_row_order(X_val, of="X_val", y_val=y_val, sample_weight_val=sample_weight_val)
        warn_of_unit_of_new_members(earlier, X)
        seeds = seeds_of_members(self.random_state, self.n_estimators)[len(earlier) :]
        members = [make_member(template, seed) for seed in seeds]
        new = Parallel(n_jobs=self.n_jobs, verbose=self.verbose)(
            delayed(train_member)(member, X, labels, parameters) for member in members
        )
        check_have_in_common([*earlier, *new])
        self._adopt(template, [*earlier, *new])
        return self

    def predict(self, X: Images) -> NDArray[Any]:
        """Return the label of each image on which the members agree most.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Data that the members accept.

        Returns
        -------
        labels : ndarray of shape (n,)
            Predicted labels, with the dtype of `classes_`.

        Raises
        ------
        ValueError
            If a member was refitted on other labels, or predicts another label.
        """
        fitted = self._snapshot()
        members, classes = fitted.estimators_, fitted.classes_
        if fitted.voting == "soft":
            places = mean_probabilities(members, X, fitted._predictor).argmax(axis=1)
        else:
            places = majority(votes_of(members, X, classes, fitted._predictor), len(classes))
        return np.asarray(classes[places])

    @available_if(votes_softly)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Images) -> NDArray[np.float64]:
        """Return the mean of the members' probabilities.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Data that the members accept.

        Returns
        -------
        probabilities : ndarray of shape (n, n_classes), float64
            Columns in the order of `classes_`.

        Raises
        ------
        ValueError
            If a member was refitted on other labels.
        """
        fitted = self._snapshot()
        return mean_probabilities(fitted.estimators_, X, fitted._predictor)

    @available_if(votes_softly)  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Images) -> NDArray[np.float64]:
        """Return the logarithms of the mean of the members' probabilities.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Data that the members accept.

        Returns
        -------
        log_probabilities : ndarray of shape (n, n_classes), float64
            Columns in the order of `classes_`; minus infinity where a probability is 0.
        """
        probabilities: NDArray[np.float64] = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(probabilities)

    def set_params(self, **params: Any) -> Self:
        """Set parameters, including ``estimator__<name>`` of the members.

        Parameters
        ----------
        **params
            Names and values.

        Returns
        -------
        self : DigitEnsembleClassifier
            The ensemble.

        Raises
        ------
        ValueError
            If a name is unknown, or ``estimator__<name>`` is set while `estimator` is None.
        """
        nested = [name for name in params if name.startswith("estimator__")]
        if nested and params.get("estimator", self.estimator) is None:
            raise ValueError(
                f"{nested[0]!r} needs estimator to be an object, got None. Set "
                "estimator=DigitCNNClassifier() first."
            )
        super().set_params(**params)
        return self

    def _template(self) -> Any:
        return DigitCNNClassifier() if self.estimator is None else self.estimator

    def _adopt(self, template: Classifier, members: list[Any]) -> None:
        kept = {name: value for name, value in vars(self).items() if name not in self._FITTED_NAMES}
        first = {name: getattr(members[0], name) for name in COMMON if hasattr(members[0], name)}
        fitted = {"estimator_": template, "estimators_": members, "_predictor": JointPredictor()}
        # One assignment: an interrupt leaves either the old state or the new one.
        self.__dict__ = {**kept, **first, **fitted}

    def _snapshot(self) -> Self:
        """Return a snapshot, which another thread that refits this ensemble does not change."""
        fitted = copy(self)
        check_is_fitted(fitted)
        if fitted.voting not in VOTINGS:
            validate_parameters(fitted)
        check_know(fitted.estimators_, fitted.classes_)
        return fitted

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that it takes what the members take."""
        tags = super().__sklearn_tags__()
        if not isinstance(self.estimator, type):
            tags.input_tags = get_tags(self._template()).input_tags
        return tags
