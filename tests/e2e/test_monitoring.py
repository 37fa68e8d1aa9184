"""The monitor through a real scheduler: broken units, late outcomes, two at once, a back-off, and stages."""

from __future__ import annotations

from datetime import UTC, datetime

from demo.client import AirflowClient
from demo.local_airflow import LocalAirflow
from tests.e2e.runs import ended, finished
from windvane.results import Run
from windvane.stores import Stores


def scored(client: AirflowClient, model: str, windows: tuple[str, ...]) -> None:
    """Score windows, all at once."""
    runs = [client.trigger(f"{model}_score", partition_key=window).run_id for window in windows]
    assert {ended(client, f"{model}_score", run)["run"] for run in runs} == {"success"}


def decided(states: dict[str, str | None]) -> set[str]:
    """Return which of the monitor's ends a run came to."""
    return {name for name in ("hold", "retrain", "alert", "insufficient_data") if states[name] == "success"}


def test_a_broken_unit_alerts_late_outcomes_reopen_and_two_monitors_at_once_retrain_once(
    airflow: LocalAirflow, client: AirflowClient, stores: Stores
) -> None:
    model, dag = "rides_watched", "rides_watched_monitor"
    assert finished(client, f"{model}_train", partition_key="2020-01")["promote"] == "success"
    scored(client, model, ("2020-03", "2020-05", "2020-06"))

    assert decided(finished(client, dag, partition_key="2020-03")) == {"alert"}
    (broken,) = stores.registry.monitoring.results(model, "2020-03")
    assert "distance" in broken.headline
    assert "values multiplied by 1,000" in broken.headline

    assert decided(finished(client, dag, partition_key="2020-05")) == {"insufficient_data"}
    assert stores.registry.monitoring.requests(model) == []

    (airflow.home.parent / "windvane" / "outcomes-of-may").touch()
    both = [client.trigger(dag, partition_key="2020-06").run_id for _ in range(2)]
    assert {ended(client, dag, run)["run"] for run in both} == {"success"}
    said = [event.payload for event in stores.registry.audit.events(model) if event.kind == "window.monitored"]
    message = [item["decision"] for item in said if item["window"] == "2020-05"]
    assert message == ["retrain", "insufficient_data"], "the newest first, and each once"
    (again,) = stores.registry.monitoring.results(model, "2020-05")
    assert (again.decision, again.reopened, again.outcomes) == ("retrain", True, 1500)
    (request,) = stores.registry.monitoring.requests(model)
    assert request.run_id.startswith("retrain__2020-05__")
    assert client.wait_for_run(f"{model}_train", request.run_id, timeout=240).state == "success"
    runs = [run.run_id for run in client.runs(f"{model}_train") if run.run_id.startswith("retrain__")]
    assert runs == [request.run_id]
    stores.registry.audit.verify(model)


def test_retrains_that_the_gate_refuses_back_off_and_that_is_told_once(client: AirflowClient, stores: Stores) -> None:
    model = "rides_refused"
    assert finished(client, f"{model}_train", partition_key="2020-01")["reject"] == "success"
    ada = Run(actor="cli:ada", as_of=datetime(2020, 2, 1, tzinfo=UTC), reason="better than none")
    stores.registry.champions.promote(model, 1, 0, ada, ada.reason)
    months = ("2020-04", "2020-05", "2020-06", "2020-07", "2020-09")
    scored(client, model, months)
    found = []
    for month in months:
        found.append(decided(finished(client, f"{model}_monitor", partition_key=month)))
        for request in stores.registry.monitoring.requests(model):
            if request.window == month:
                assert client.wait_for_run(f"{model}_train", request.run_id, timeout=240).state == "success"
    assert found == [{"retrain"}] * 3 + [{"alert"}, {"hold"}]
    alert, hold = (stores.registry.monitoring.results(model, month)[0] for month in months[3:])
    assert "the last 3 retrains were refused" in alert.headline
    assert [notice.partition(":")[0] for notice in (*alert.notices, *hold.notices)] == ["back_off"]
    assert len(stores.registry.monitoring.requests(model)) == 3
    assert {version.state for version in stores.registry.versions.all(model)} == {"champion", "rejected"}


def test_a_version_takes_over_in_stages_once_a_live_window_shows_it_is_not_worse(
    client: AirflowClient, stores: Stores
) -> None:
    model = "rides_staged"
    for window in ("2020-01", "2020-02"):
        assert finished(client, f"{model}_train", partition_key=window)["promote"] == "success"
    (rollout,) = stores.registry.staging.rollouts(model)
    assert (rollout.version, rollout.champion, rollout.state, rollout.share) == (2, 1, "open", 0.3)
    scored(client, model, ("2020-03",))
    published = stores.registry.scores.current(model, "2020-03")
    assert published is not None
    assert (published.version, published.staged, published.share) == (1, 2, 0.3)
    assert finished(client, f"{model}_monitor", partition_key="2020-03")["live"] == "success"
    (rollout,) = stores.registry.staging.rollouts(model)
    assert (rollout.state, rollout.stage) == ("promoted", 1)
    assert "than v1 on 1,500 live rows of 2020-03" in stores.registry.champions.promotions(model)[0].reason
    champion = stores.registry.champions.current(model)
    assert champion is not None
    assert champion.version == 2
