"""Pieces of work that workers of Dask do: each once, whoever dies; what is wrong in one line."""

import gc
import socket
import sys
from pathlib import Path

import pytest

from asicae.crew.workers import PROFILE, SOUND, DaskCrew, dask_crew, require_one_way
from asicae.foundation.errors import BadInput, CheckFailed
from tests.crew.dying_worker import dies_once, profile_here

pytest.importorskip("distributed", reason="no distributed: asicae[search]")


def test_a_scheduler_that_cannot_be_reached_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import Client

    monkeypatch.setattr("asicae.crew.workers.CONNECT_S", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for address in (f"tcp://127.0.0.1:{port}", "tcp://127.0.0.1:port", "what://ever"):
            with (
                pytest.raises(BadInput, match="cannot be reached") as caught,
                dask_crew("search", str.upper, address),
            ):
                pass
            assert "\n" not in str(caught.value) and str(caught.value).startswith("--scheduler")
            # None is left that would close itself at any time, as in the start of the next one.
            assert not [found for found in gc.get_objects() if type(found) is Client]


def test_a_piece_whose_worker_is_killed_is_done_by_another(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("kills", "does not")]
    for folder in folders:
        folder.mkdir()
    (folders[1] / "0").touch()
    with dask_crew("search", dies_once, workers=1) as crew:
        # The same piece in the folder of other work is another one.
        for folder in folders:
            crew.begin("key", str(folder))
        ended = {crew.ended() for _ in folders}
    assert ended == {("key", f"done in {folder}") for folder in folders}
    assert len(list(folders[0].iterdir())) == 2


@pytest.mark.skipif(sys.version_info >= SOUND, reason="this Python bears Dask's profile")
def test_no_worker_profiles_where_that_may_stop_it() -> None:
    from distributed import LocalCluster

    with dask_crew("search", profile_here, workers=1) as crew:
        crew.begin("key", "")
        assert crew.ended() == ("key", "False")
    how = {"processes": False, "protocol": "tcp://", "dashboard_address": "127.0.0.1:0"}
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, **how) as cluster,
        pytest.raises(BadInput, match="DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False"),
        dask_crew("search", str.upper, cluster.scheduler_address),
    ):
        pass


def test_a_scheduler_that_is_there_is_used_until_it_is_gone() -> None:
    import dask
    from distributed import LocalCluster

    how = {"processes": False, "protocol": "tcp://", "dashboard_address": "127.0.0.1:0"}
    with (
        dask.config.set({PROFILE: False}),
        LocalCluster(n_workers=1, threads_per_worker=1, **how) as cluster,
        dask_crew("search", str.upper, cluster.scheduler_address) as crew,
    ):
        crew.begin("key", "text")
        assert crew.ended() == ("key", "TEXT")
        cluster.close()
        with pytest.raises(CheckFailed, match="the same call goes on from here") as caught:
            crew.begin("other", "text")
            crew.ended()
    assert "\n" not in str(caught.value)


def test_nobody_waits_for_workers_that_are_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from distributed import Client, LocalCluster

    monkeypatch.setattr("asicae.crew.workers.WORKERS_S", 1)
    how = {"processes": False, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=0, **how) as cluster, Client(cluster) as client:
        crew = DaskCrew(client, "search", str.upper)
        crew.begin("key", "{}")
        with pytest.raises(CheckFailed, match="no worker is left"):
            crew.ended()


@pytest.mark.parametrize(
    ("scheduler", "workers", "told"),
    [("tcp://host:1", 2, "--workers is given beside --scheduler"), (None, 0, "0")],
)
def test_a_crew_is_of_here_or_of_there(scheduler: str | None, workers: int, told: str) -> None:
    require_one_way(scheduler, None)
    require_one_way(None, 2)
    with pytest.raises(BadInput, match=told):
        require_one_way(scheduler, workers)
