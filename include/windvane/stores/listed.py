"""Which estimators of scikit-learn are loaded from a file, and what compiled code indexes with in each of them.

An estimator without a row here is not loaded, whatever skops thinks of it: also not one that only the next
scikit-learn has. `fields` are those that compiled code follows, or takes sizes from, without a look of its own;
`stores.soundness` and `stores.bounds` hold them against `bound`. A row without fields says that compiled code indexes
with nothing that the file holds: numpy and scipy look at each index, and the estimators inside have rows of their own.
`tests/unit/stores/test_listed.py` fits, stores and loads each of them, and lies in each field. As a table:

    python -m windvane.stores.listed > docs/estimators.md
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from typing import NamedTuple

_A_ROW = 15
"""Most names in a row of the page."""
NOTHING = "nothing is indexed by compiled code"


class Row(NamedTuple):
    """Some estimators that hold the same.

    Args:
        names: `module: Name Name` below `sklearn`, parted by `;`.
        fields: Attributes that compiled code follows.
        bound: What is held against them.
    """

    names: str
    fields: tuple[str, ...] = ()
    bound: str = NOTHING

    def types(self) -> list[str]:
        """Return the full names, as skops writes them."""
        found = []
        for group in self.names.split(";"):
            module, _, names = group.strip().partition(": ")
            found += [f"sklearn.{module}.{name}" for name in names.split()]
        return found


ROWS: tuple[Row, ...] = (
    Row(
        "tree._classes: DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor",
        ("tree_", "n_features_in_", "n_classes_"),
        "children are later nodes; splits are on features of the fit; as many classes as labels",
    ),
    Row(
        "ensemble._forest: ExtraTreesClassifier ExtraTreesRegressor RandomForestClassifier RandomForestRegressor"
        " RandomTreesEmbedding",
        ("estimators_", "n_features_in_", "n_classes_"),
        "every tree is of the forest's width; as many classes as labels",
    ),
    Row(
        "ensemble._bagging: BaggingClassifier BaggingRegressor; ensemble._iforest: IsolationForest",
        ("estimators_", "estimators_features_", "n_features_in_", "_max_features"),
        "features are of the fit; every tree is as wide as its features; so many features as are said",
    ),
    Row(
        "ensemble._gb: GradientBoostingClassifier GradientBoostingRegressor",
        ("estimators_", "n_trees_per_iteration_", "init_", "_loss", "n_features_in_"),
        "one column of trees, of one value a leaf, for each column of raw predictions; trees of the fit's width",
    ),
    Row(
        "ensemble._hist_gradient_boosting.gradient_boosting:"
        " HistGradientBoostingClassifier HistGradientBoostingRegressor;"
        " ensemble._hist_gradient_boosting.binning: _BinMapper",
        ("_predictors", "_bin_mapper", "n_trees_per_iteration_", "n_features_in_"),
        "children are later nodes; splits are on features of the fit and sets that are there; one tree a class",
    ),
    Row(
        "svm._classes: NuSVC NuSVR OneClassSVM SVC SVR",
        ("support_", "support_vectors_", "_n_support", "_dual_coef_", "_intercept_", "_probA", "_probB", "_sparse"),
        "counts and shapes are those of the vectors; their rows are of the fit",
    ),
    Row(
        "neighbors._classification: KNeighborsClassifier RadiusNeighborsClassifier;"
        " neighbors._graph: KNeighborsTransformer RadiusNeighborsTransformer; neighbors._lof: LocalOutlierFactor;"
        " neighbors._regression: KNeighborsRegressor RadiusNeighborsRegressor;"
        " neighbors._unsupervised: NearestNeighbors",
        ("_tree", "_fit_X", "_y", "n_samples_fit_"),
        "nodes cover rows that are there and end in leaves; the distance is of such rows; labels are classes",
    ),
    Row(
        "neighbors._kde: KernelDensity",
        ("tree_",),
        "nodes cover rows that are there and end in leaves; the distance is of such rows; one weight a row",
    ),
    Row(
        "cluster._kmeans: KMeans MiniBatchKMeans",
        ("cluster_centers_", "n_features_in_", "_n_threads"),
        "centres are numbers, one for each column of the fit; from 1 to 1,024 threads",
    ),
    Row(
        "preprocessing._polynomial: SplineTransformer",
        ("bsplines_", "degree", "n_features_in_"),
        "one spline a column; degrees from 0 to 25; finite knots in order, enough for the values",
    ),
    Row(
        "preprocessing._polynomial: PolynomialFeatures",
        ("_min_degree", "_max_degree", "_n_out_full", "n_output_features_"),
        "degrees from 0 to 25; as many columns as they make",
    ),
    Row(
        "feature_extraction.text: CountVectorizer TfidfVectorizer",
        ("input", "token_pattern", "ngram_range", "vocabulary_"),
        "reads no files; a pattern that ends; n-grams of at most 20; words numbered one by one",
    ),
    Row(
        "feature_extraction.text: HashingVectorizer; feature_extraction._hash: FeatureHasher",
        ("input", "token_pattern", "ngram_range", "n_features"),
        "reads no files; a pattern that ends; n-grams of at most 20; from 1 to 2,147,483,647 columns",
    ),
    Row("feature_extraction._dict_vectorizer: DictVectorizer", ("vocabulary_",), "names numbered one by one"),
    Row(
        "preprocessing._encoders: OneHotEncoder",
        ("_n_features_outs", "_default_to_infrequent_mappings"),
        "as many columns as the categories make; rare categories lead to one of them",
    ),
    Row(
        "calibration: CalibratedClassifierCV _SigmoidCalibration _TemperatureScaling;"
        " cluster._affinity_propagation: AffinityPropagation; cluster._agglomerative: FeatureAgglomeration;"
        " cluster._mean_shift: MeanShift;"
        " compose._column_transformer: ColumnTransformer; compose._target: TransformedTargetRegressor;"
        " covariance._elliptic_envelope: EllipticEnvelope; covariance._empirical_covariance: EmpiricalCovariance;"
        " covariance._graph_lasso: GraphicalLasso GraphicalLassoCV; covariance._robust_covariance: MinCovDet;"
        " covariance._shrunk_covariance: LedoitWolf OAS ShrunkCovariance;"
        " cross_decomposition._pls: CCA PLSCanonical PLSRegression PLSSVD;"
        " decomposition._dict_learning: DictionaryLearning MiniBatchDictionaryLearning SparseCoder;"
        " decomposition._factor_analysis: FactorAnalysis; decomposition._fastica: FastICA;"
        " decomposition._incremental_pca: IncrementalPCA; decomposition._kernel_pca: KernelPCA;"
        " decomposition._lda: LatentDirichletAllocation; decomposition._nmf: MiniBatchNMF NMF;"
        " decomposition._pca: PCA; decomposition._sparse_pca: MiniBatchSparsePCA SparsePCA;"
        " decomposition._truncated_svd: TruncatedSVD;"
        " discriminant_analysis: LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis;"
        " dummy: DummyClassifier DummyRegressor;"
        " ensemble._stacking: StackingClassifier StackingRegressor;"
        " ensemble._voting: VotingClassifier VotingRegressor;"
        " ensemble._weight_boosting: AdaBoostClassifier AdaBoostRegressor;"
        " feature_extraction.text: TfidfTransformer;"
        " feature_selection._from_model: SelectFromModel; feature_selection._rfe: RFE RFECV;"
        " feature_selection._sequential: SequentialFeatureSelector;"
        " feature_selection._univariate_selection: GenericUnivariateSelect SelectFdr SelectFpr SelectFwe SelectKBest"
        " SelectPercentile; feature_selection._variance_threshold: VarianceThreshold;"
        " frozen._frozen: FrozenEstimator;"
        " gaussian_process._gpc: GaussianProcessClassifier _BinaryGaussianProcessClassifierLaplace;"
        " gaussian_process._gpr: GaussianProcessRegressor;"
        " impute._base: MissingIndicator SimpleImputer; impute._iterative: IterativeImputer; impute._knn: KNNImputer;"
        " isotonic: IsotonicRegression;"
        " kernel_approximation: AdditiveChi2Sampler Nystroem PolynomialCountSketch RBFSampler SkewedChi2Sampler;"
        " kernel_ridge: KernelRidge;"
        " linear_model._base: LinearRegression; linear_model._bayes: ARDRegression BayesianRidge;"
        " linear_model._coordinate_descent: ElasticNet ElasticNetCV Lasso LassoCV MultiTaskElasticNet"
        " MultiTaskElasticNetCV MultiTaskLasso MultiTaskLassoCV;"
        " linear_model._glm.glm: GammaRegressor PoissonRegressor TweedieRegressor;"
        " linear_model._huber: HuberRegressor;"
        " linear_model._least_angle: Lars LarsCV LassoLars LassoLarsCV LassoLarsIC;"
        " linear_model._logistic: LogisticRegression LogisticRegressionCV;"
        " linear_model._omp: OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV;"
        " linear_model._passive_aggressive: PassiveAggressiveClassifier PassiveAggressiveRegressor;"
        " linear_model._perceptron: Perceptron; linear_model._quantile: QuantileRegressor;"
        " linear_model._ransac: RANSACRegressor;"
        " linear_model._ridge: Ridge RidgeCV RidgeClassifier RidgeClassifierCV;"
        " linear_model._stochastic_gradient: SGDClassifier SGDOneClassSVM SGDRegressor;"
        " linear_model._theil_sen: TheilSenRegressor;"
        " manifold._isomap: Isomap; manifold._locally_linear: LocallyLinearEmbedding;"
        " mixture._bayesian_mixture: BayesianGaussianMixture; mixture._gaussian_mixture: GaussianMixture;"
        " model_selection._classification_threshold: FixedThresholdClassifier TunedThresholdClassifierCV;"
        " model_selection._search: GridSearchCV RandomizedSearchCV;"
        " multiclass: OneVsOneClassifier OneVsRestClassifier OutputCodeClassifier _ConstantPredictor;"
        " multioutput: ClassifierChain MultiOutputClassifier MultiOutputRegressor RegressorChain;"
        " naive_bayes: BernoulliNB CategoricalNB ComplementNB GaussianNB MultinomialNB;"
        " neighbors._nca: NeighborhoodComponentsAnalysis; neighbors._nearest_centroid: NearestCentroid;"
        " neural_network._multilayer_perceptron: MLPClassifier MLPRegressor; neural_network._rbm: BernoulliRBM;"
        " pipeline: FeatureUnion Pipeline;"
        " preprocessing._data: Binarizer KernelCenterer MaxAbsScaler MinMaxScaler Normalizer PowerTransformer"
        " QuantileTransformer RobustScaler StandardScaler;"
        " preprocessing._discretization: KBinsDiscretizer; preprocessing._encoders: OrdinalEncoder;"
        " preprocessing._function_transformer: FunctionTransformer;"
        " preprocessing._label: LabelBinarizer LabelEncoder MultiLabelBinarizer;"
        " preprocessing._target_encoder: TargetEncoder;"
        " random_projection: GaussianRandomProjection SparseRandomProjection;"
        " semi_supervised._label_propagation: LabelPropagation LabelSpreading;"
        " semi_supervised._self_training: SelfTrainingClassifier;"
        " svm._classes: LinearSVC LinearSVR"
    ),
)
"""The table."""
LEFT_OUT = Row(
    "cluster._agglomerative: AgglomerativeClustering; cluster._bicluster: SpectralBiclustering SpectralCoclustering;"
    " cluster._birch: Birch; cluster._bisect_k_means: BisectingKMeans; cluster._dbscan: DBSCAN;"
    " cluster._hdbscan.hdbscan: HDBSCAN; cluster._optics: OPTICS; cluster._spectral: SpectralClustering;"
    " feature_extraction.image: PatchExtractor; manifold._classical_mds: ClassicalMDS; manifold._mds: MDS;"
    " manifold._spectral_embedding: SpectralEmbedding; manifold._t_sne: TSNE"
)
"""Of the scikit-learn that this was written beside: they score no new rows, or keep trees of types on no list."""
LISTED: frozenset[str] = frozenset(name for row in ROWS for name in row.types())
"""Names of estimators that are loaded, `sklearn.module.Name`."""


def unlisted(names: Iterable[str], trusted: Collection[str] = ()) -> list[str]:
    """Return those of some types that are estimators of scikit-learn without a row, and that nobody trusts.

    Args:
        names: All types that a file names; skops was imported before.
        trusted: Names of further types that the spec allows.
    """
    known = sys.modules["skops.io._trusted_types"].SKLEARN_ESTIMATOR_TYPE_NAMES
    return sorted(set(names) & set(known) - LISTED - set(trusted))


def page() -> str:
    """Return the table as a page of the documentation."""
    lines = [
        "# Estimators that are loaded",
        "",
        "A stored scikit-learn model may hold these estimators. Made by `python -m windvane.stores.listed`.",
        "",
        "Compiled code follows some fields without a look. They are held against a bound before any score.",
        "`tests/unit/stores/test_listed.py` fits, stores and loads each estimator, and lies in each with fields.",
        "An estimator without a row, also one of a later scikit-learn, is refused (`UntrustedModel`).",
        "`Estimator(trusted=[…])` allows one more. What came from elsewhere is kept in the box all the same.",
        "",
        "| estimators | fields | bound |",
        "|---|---|---|",
    ]
    for row in (row for row in ROWS if row.fields):
        names = ", ".join(f"`{name.rpartition('.')[2]}`" for name in row.types())
        lines.append(f"| {names} | {', '.join(f'`{field}`' for field in row.fields)} | {row.bound} |")
    lines += ["", f"In the others {NOTHING}:", "", *_by_module(row for row in ROWS if not row.fields)]
    lines += ["", "Not loaded, since they score no new rows, or keep trees of types that are on no list:", ""]
    return "\n".join([*lines, *_by_module([LEFT_OUT])]) + "\n"


def _by_module(rows: Iterable[Row]) -> list[str]:
    modules: dict[str, list[str]] = {}
    for name in sorted(name for row in rows for name in row.types()):
        modules.setdefault(name.split(".")[1], []).append(f"`{name.rpartition('.')[2]}`")
    lines = ["| module | estimators |", "|---|---|"]
    for key, found in modules.items():
        pieces = [found[start : start + _A_ROW] for start in range(0, len(found), _A_ROW)]
        lines += [f"| {key} | {', '.join(piece)} |" for piece in pieces]
    return lines


if __name__ == "__main__":
    sys.stdout.write(page())
