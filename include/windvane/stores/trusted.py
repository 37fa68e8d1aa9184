"""The types that a stored scikit-learn model may contain, besides those that skops itself knows to be harmless.

skops trusts scikit-learn's estimators, plain Python values and numpy's arrays by name. These are what the estimators
hold inside once they are fitted: trees, losses, kernels, distances, scorers. None of them runs code that a file can
choose: the functions compute numbers, the types hold state, and `functools.partial` binds only what is listed here.
"""

from __future__ import annotations

_KERNELS = (
    "CompoundKernel",
    "ConstantKernel",
    "DotProduct",
    "ExpSineSquared",
    "Exponentiation",
    "Matern",
    "PairwiseKernel",
    "Product",
    "RBF",
    "RationalQuadratic",
    "Sum",
    "WhiteKernel",
)
_DISTANCES = (
    "BrayCurtisDistance",
    "CanberraDistance",
    "ChebyshevDistance",
    "DiceDistance",
    "EuclideanDistance",
    "HammingDistance",
    "HaversineDistance",
    "JaccardDistance",
    "ManhattanDistance",
    "MahalanobisDistance",
    "MinkowskiDistance",
    "SEuclideanDistance",
)
_SPLITTERS = (
    "GroupKFold",
    "GroupShuffleSplit",
    "KFold",
    "LeaveOneGroupOut",
    "LeaveOneOut",
    "PredefinedSplit",
    "RepeatedKFold",
    "RepeatedStratifiedKFold",
    "ShuffleSplit",
    "StratifiedGroupKFold",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "TimeSeriesSplit",
)
_SCORES = (
    "_classification.accuracy_score",
    "_classification.balanced_accuracy_score",
    "_classification.brier_score_loss",
    "_classification.f1_score",
    "_classification.log_loss",
    "_classification.matthews_corrcoef",
    "_classification.precision_score",
    "_classification.recall_score",
    "_ranking.average_precision_score",
    "_ranking.roc_auc_score",
    "_regression.max_error",
    "_regression.mean_absolute_error",
    "_regression.mean_absolute_percentage_error",
    "_regression.mean_gamma_deviance",
    "_regression.mean_poisson_deviance",
    "_regression.mean_squared_error",
    "_regression.mean_squared_log_error",
    "_regression.median_absolute_error",
    "_regression.r2_score",
    "_regression.root_mean_squared_error",
    "_scorer._CurveScorer",
    "_scorer._PassthroughScorer",
    "_scorer._Scorer",
)

FUNCTIONS: frozenset[str] = frozenset(
    {
        "numpy.mean",
        "scipy._lib.array_api_compat.numpy._aliases.asarray",
        "sklearn.feature_selection._mutual_info.mutual_info_classif",
        "sklearn.feature_selection._mutual_info.mutual_info_regression",
        "sklearn.feature_selection._univariate_selection.chi2",
        "sklearn.feature_selection._univariate_selection.f_classif",
        "sklearn.feature_selection._univariate_selection.f_regression",
        "sklearn.feature_selection._univariate_selection.r_regression",
        "sklearn.utils.validation.check_array",
        *(f"sklearn.metrics.{name}" for name in _SCORES if not name.startswith("_scorer.")),
    }
)
"""Those of the names that are functions: a model may refer to them, and nothing calls them while it is loaded."""

_TYPES: frozenset[str] = frozenset(
    {
        # numpy, scipy and Python
        "builtins.object",
        "functools.partial",
        "numpy.dtype",
        "numpy.number",
        "scipy.interpolate._bsplines.BSpline",
        "scipy.sparse._csc.csc_matrix",
        "scipy.sparse._csr.csr_matrix",
        # trees and boosting
        "sklearn._loss.loss.HalfTweedieLoss",
        "sklearn._loss.loss.HalfTweedieLossIdentity",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.tree._tree.Tree",
        # calibration, thresholds, several classes
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.calibration._TemperatureScaling",
        "sklearn.multiclass._ConstantPredictor",
        "sklearn.utils._bunch.Bunch",
        "sklearn.utils._metadata_requests.MetadataRequest",
        "sklearn.utils._metadata_requests.MethodMetadataRequest",
        # columns and their preparation
        "sklearn.compose._column_transformer.make_column_selector",
        "sklearn.impute._iterative.IterativeImputer",
        "sklearn.impute._iterative._ImputerTriplet",
        # neighbours, Gaussian processes, networks
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        *(f"sklearn.gaussian_process.kernels.{name}" for name in _KERNELS),
        *(f"sklearn.metrics._dist_metrics.{name}{bits}" for name in _DISTANCES for bits in ("", "32", "64")),
        # Windvane's own: before an estimator, names of columns and lists of texts; around a classifier, its labels
        "windvane.lifecycle.native_categories.NativeCategories",
        "windvane.lifecycle.numbered_labels.NumberedLabels",
        # searches and their scores
        *(f"sklearn.metrics.{name}" for name in _SCORES if name.startswith("_scorer.")),
        *(f"sklearn.model_selection._split.{name}" for name in _SPLITTERS),
    }
)
TRUSTED: frozenset[str] = _TYPES | FUNCTIONS
"""Names as skops reports them: `package.module.Name`."""
