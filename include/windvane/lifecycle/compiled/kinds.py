"""Every core expectation of Great Expectations: answered here, or passed on, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from windvane.lifecycle.compiled import each_value, tables, whole_column
from windvane.lifecycle.compiled.columns import Columns
from windvane.lifecycle.compiled.results import is_number

Answer = Callable[[Mapping[str, Any], Columns], dict[str, Any] | None]


@dataclass(frozen=True)
class Kind:
    """How an expectation is answered.

    Args:
        answer: Returns its result, or None where Great Expectations must be asked.
        arguments: The arguments that it may be given; with any other one Great Expectations is asked.
    """

    answer: Answer
    arguments: frozenset[str]

    def takes(self, given: Mapping[str, Any]) -> bool:
        """Tell whether it knows all arguments, and those that are numbers are finite ones."""
        numbers = [given[name] for name in _NUMBERS if given.get(name) is not None]
        return set(given) <= self.arguments and all(is_number(value) for value in numbers)


_NUMBERS = ("min_value", "max_value", "mostly")
_BOUNDS = ("min_value", "max_value", "strict_min", "strict_max")


def _kind(answer: Answer, *arguments: str) -> Kind:
    return Kind(answer, frozenset(arguments))


COMPILED: dict[str, Kind] = {
    "expect_column_distinct_values_to_be_in_set": _kind(whole_column.distinct_in_set, "column", "value_set"),
    "expect_column_max_to_be_between": _kind(whole_column.largest, "column", *_BOUNDS),
    "expect_column_mean_to_be_between": _kind(whole_column.mean, "column", *_BOUNDS),
    "expect_column_median_to_be_between": _kind(whole_column.median, "column", *_BOUNDS),
    "expect_column_min_to_be_between": _kind(whole_column.smallest, "column", *_BOUNDS),
    "expect_column_proportion_of_unique_values_to_be_between": _kind(whole_column.share_of_unique, "column", *_BOUNDS),
    "expect_column_stdev_to_be_between": _kind(whole_column.deviation, "column", *_BOUNDS),
    "expect_column_sum_to_be_between": _kind(whole_column.total, "column", *_BOUNDS),
    "expect_column_to_exist": _kind(tables.exists, "column"),
    "expect_column_unique_value_count_to_be_between": _kind(whole_column.distinct, "column", *_BOUNDS),
    "expect_column_value_lengths_to_be_between": _kind(each_value.lengths_between, "column", "mostly", *_BOUNDS),
    "expect_column_value_lengths_to_equal": _kind(each_value.lengths_equal, "column", "mostly", "value"),
    "expect_column_values_to_be_between": _kind(each_value.between, "column", "mostly", *_BOUNDS),
    "expect_column_values_to_be_decreasing": _kind(each_value.decreasing, "column", "mostly", "strictly"),
    "expect_column_values_to_be_in_set": _kind(each_value.in_set, "column", "mostly", "value_set"),
    "expect_column_values_to_be_increasing": _kind(each_value.increasing, "column", "mostly", "strictly"),
    "expect_column_values_to_be_null": _kind(each_value.null, "column", "mostly"),
    "expect_column_values_to_be_unique": _kind(each_value.unique, "column", "mostly"),
    "expect_column_values_to_match_regex": _kind(each_value.match, "column", "mostly", "regex"),
    "expect_column_values_to_not_be_in_set": _kind(each_value.not_in_set, "column", "mostly", "value_set"),
    "expect_column_values_to_not_be_null": _kind(each_value.not_null, "column", "mostly"),
    "expect_column_values_to_not_match_regex": _kind(each_value.no_match, "column", "mostly", "regex"),
    "expect_compound_columns_to_be_unique": _kind(tables.compound_unique, "column_list"),
    "expect_table_column_count_to_be_between": _kind(tables.column_count, *_BOUNDS),
    "expect_table_column_count_to_equal": _kind(tables.column_count_equals, "value"),
    "expect_table_columns_to_match_ordered_list": _kind(tables.ordered_list, "column_list"),
    "expect_table_columns_to_match_set": _kind(tables.column_set, "column_set", "exact_match"),
    "expect_table_row_count_to_be_between": _kind(tables.row_count, *_BOUNDS),
    "expect_table_row_count_to_equal": _kind(tables.row_count_equals, "value"),
}
"""The expectations that are answered here, and how."""

_RARE = "rarely declared: not worth a second implementation yet"
_LIBRARY = "its answer is another library's: a parser, a test, a schema"
_SHOWN = "what it shows of rows that fail is many columns wide"
_ELSEWHERE = "it asks another table or a database"

KINDS: dict[str, str] = dict.fromkeys(COMPILED, "") | {
    "expect_column_bootstrapped_ks_test_p_value_to_be_greater_than": _LIBRARY,
    "expect_column_chisquare_test_p_value_to_be_greater_than": _LIBRARY,
    "expect_column_distinct_values_to_contain_set": _RARE,
    "expect_column_distinct_values_to_equal_set": _RARE,
    "expect_column_kl_divergence_to_be_less_than": _LIBRARY,
    "expect_column_most_common_value_to_be_in_set": _RARE,
    "expect_column_pair_cramers_phi_value_to_be_less_than": _LIBRARY,
    "expect_column_pair_values_a_to_be_greater_than_b": _SHOWN,
    "expect_column_pair_values_to_be_equal": _SHOWN,
    "expect_column_pair_values_to_be_in_set": _SHOWN,
    "expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than": _LIBRARY,
    "expect_column_proportion_of_non_null_values_to_be_between": _RARE,
    "expect_column_quantile_values_to_be_between": _RARE,
    "expect_column_type_to_be": _RARE,
    "expect_column_value_z_scores_to_be_less_than": _RARE,
    "expect_column_values_to_be_dateutil_parseable": _LIBRARY,
    "expect_column_values_to_be_in_type_list": _RARE,
    "expect_column_values_to_be_json_parseable": _LIBRARY,
    "expect_column_values_to_be_of_type": _RARE,
    "expect_column_values_to_match_json_schema": _LIBRARY,
    "expect_column_values_to_match_like_pattern": _ELSEWHERE,
    "expect_column_values_to_match_like_pattern_list": _ELSEWHERE,
    "expect_column_values_to_match_regex_list": _RARE,
    "expect_column_values_to_match_strftime_format": _LIBRARY,
    "expect_column_values_to_not_be_outliers": _LIBRARY,
    "expect_column_values_to_not_match_like_pattern": _ELSEWHERE,
    "expect_column_values_to_not_match_like_pattern_list": _ELSEWHERE,
    "expect_column_values_to_not_match_regex_list": _RARE,
    "expect_multicolumn_sum_to_equal": _SHOWN,
    "expect_multicolumn_values_to_be_equal": _SHOWN,
    "expect_multicolumn_values_to_be_unique": _SHOWN,
    "expect_query_results_to_match_comparison": _ELSEWHERE,
    "expect_select_column_values_to_be_unique_within_record": _SHOWN,
    "expect_table_row_count_to_equal_other_table": _ELSEWHERE,
    "unexpected_rows_expectation": _ELSEWHERE,
}
"""Every core expectation: an empty text where it is answered here, else why it is passed on."""
