# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark: that every case runs on this side, and that what is made of samples is right."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import zmq

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent.parent
ALIAS = "benchmark_of_the_checkout"
"""A name of its own: these tests lie in a folder called bench as well."""


def load(name: str) -> ModuleType:
    """Import a module of the benchmark by its place."""
    if ALIAS not in sys.modules:
        folder = ROOT / "bench"
        spec = importlib.util.spec_from_file_location(
            ALIAS, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec
        assert spec.loader
        package = sys.modules[ALIAS] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)
    return importlib.import_module(f"{ALIAS}.{name}")


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m bench`` on the libzmq that these tests use."""
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        env={**os.environ, "LIBZMQ_PATH": zmq.libzmq_path()},
        capture_output=True,
        encoding="utf-8",
    )


# --- the command ----------------------------------------------------------------------------------


def test_every_case_runs(tmp_path: Path) -> None:
    """Every case and every curve gives this side a figure, and the command says so with 0."""
    file = tmp_path / "out.json"
    ran = command("--once", "--without", "pyzmq", "--without", "pyomq", "--json", str(file))
    assert ran.returncode == 0, ran.stderr
    data = json.loads(file.read_text(encoding="utf-8"))
    table = load("table")
    assert [one["name"] for one in data["cases"]] == [one.name for one in table.CASES]
    assert [one["name"] for one in data["curves"]] == [one.name for one in table.CURVES]
    for record in [*data["cases"], *(p for curve in data["curves"] for p in curve["points"])]:
        assert record["summary"]["zmq-ctypes"]["minimum"] is not None, record["name"]
        assert record["name"] in ran.stdout
        if "C" in data["sides"] and any(
            one.name == record["name"] and one.limit for one in table.CASES
        ):
            assert record["summary"]["C"]["minimum"] > 0, record["name"]


@pytest.mark.packaging
def test_beside_pyzmq(tmp_path: Path) -> None:
    """With a peer each case has both sides on one libzmq, ratios, and a picture of them."""
    file, picture = tmp_path / "out.json", tmp_path / "out.svg"
    options = ["--rounds", "2", "--case", "[m]ultipart of 3*", "--case", "tcp REQ*", "--without"]
    ran = command(*options, "pyomq", "--json", str(file), "--plot", str(picture))
    if ran.returncode == 2:
        pytest.skip(f"there is no pyzmq to be had: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    data = json.loads(file.read_text(encoding="utf-8"))
    sides = data["sides"]
    assert sides["zmq-ctypes"]["distribution"] != sides["pyzmq"]["distribution"] == "27.3.0"
    assert sides["zmq-ctypes"]["libzmq"] == sides["pyzmq"]["libzmq"]
    assert sides["zmq-ctypes"]["python"] == sides["pyzmq"]["python"]
    assert len(data["cases"]) == 2
    for record in data["cases"]:
        assert {name: len(rounds) for name, rounds in record["samples"].items()}["pyzmq"] == 2
        assert 0 < record["ratio"]["least"] <= record["ratio"]["median"]
        assert record["verdict"] in ("met", "missed")
    assert "multipart of 3" in picture.read_text(encoding="utf-8")


def test_list_names_cases_and_targets() -> None:
    """--list prints every case with its target and starts nothing."""
    ran = command("--list")
    assert ran.returncode == 0
    lines = {" ".join(line.split()) for line in ran.stdout.splitlines()}
    assert {"inproc send, 16 B 0.75", "multipart of 3, send + recv 0.35"} <= lines


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--case", "no such case"], "no case"),
        (["--rounds", "0"], "at least 1"),
        (["--peer", "/nonexistent/python"], "cannot be started"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], said: str) -> None:
    """A call that cannot be carried out ends with 2 and one reason, without a traceback."""
    ran = command(*arguments)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("option", "name", "said"),
    [
        ("--json", "missing/out.json", "there is no folder"),
        ("--plot", "missing/out.svg", "there is no folder"),
        ("--json", "", "is a folder"),
        ("--plot", "out.gif", ".svg or .png"),
        ("--plot", "out", ".svg or .png"),
    ],
)
def test_what_cannot_be_written_is_said_at_once(
    tmp_path: Path, option: str, name: str, said: str
) -> None:
    """A file that could not be written ends the command with 2 and one line, before a side starts."""
    ran = command(option, str(tmp_path / name), "--peer", "/nonexistent/python")
    assert ran.returncode == 2
    assert said in ran.stderr  # and not that there is no such peer, which would be found out next
    assert len(ran.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_this_checkout_is_no_peer() -> None:
    """A peer whose zmq is zmq-ctypes is refused: it would be compared with itself."""
    assemble, places = load("assemble"), load("places")
    environ = places.clean_environment(PYTHONPATH=str(ROOT), LIBZMQ_PATH=zmq.libzmq_path())
    original = assemble.clean_environment
    assemble.clean_environment = lambda **_: environ
    try:
        with pytest.raises(places.Unavailable, match="no genuine pyzmq"):
            assemble._pyzmq(sys.executable)
    finally:
        assemble.clean_environment = original


# --- the table ------------------------------------------------------------------------------------


def test_table_fits_the_cases() -> None:
    """Each row names a function that takes its arguments, and no two rows share a name."""
    table = load("table")
    modules = [load(name) for name in ("cases", "greenlets", "growth", "loops")]
    rows = [*table.CASES, *(point for curve in table.CURVES for point in curve.cases())]
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        function = next(filter(None, (getattr(one, row.function, None) for one in modules)))
        assert inspect.isgeneratorfunction(function) or "forwarded" in function.__code__.co_names
        inspect.signature(function).bind(row.n, *row.arguments)


def test_curves_cover_their_range() -> None:
    """The curves reach from 1 to 64 MiB, 1000 parts and 1000 sockets, and a million messages."""
    reach = {
        curve.name: (curve.points[0][0], curve.points[-1][0]) for curve in load("table").CURVES
    }
    assert reach["send + recv"] == (1, 64 * 2**20)
    assert reach["multipart send + recv"] == reach["Poller.poll(0)"] == (1, 1000)
    assert reach["socket created and closed"] == (1, 1000)
    assert reach["memory of queued messages"][1] == 1_000_000


def test_cases_use_only_the_public_api() -> None:
    """What is timed imports no private module and nothing that only one side has."""
    for name in ("cases", "growth", "partner", "wiring"):
        text = (ROOT / "bench" / f"{name}.py").read_text(encoding="utf-8")
        assert not re.search(r"zmq\._(?!_)", text)
        assert "libzmq_path" not in text


# --- rounds ---------------------------------------------------------------------------------------


class Scripted:
    """A side that answers from a list, and notes the order in which sides are asked."""

    facts: dict[str, str] = {}

    def __init__(self, name: str, asked: list[str], answers: list[Any]) -> None:
        self.name, self._asked, self._answers = name, asked, answers

    def measure(self, case: Any, n: int, samples: int, warm_up: int) -> list[float]:
        self._asked.append(f"{self.name} {case.name} {n} {samples} {warm_up}")
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return list(answer)

    def close(self) -> None:
        pass


def test_sides_take_turns() -> None:
    """Each case is run on both sides before the next, and who begins alternates by round."""
    measure, table = load("measure"), load("table")
    asked: list[str] = []
    sides = [Scripted(name, asked, [[1.0]] * 4) for name in "ab"]
    cases = [table.Case(name, "send", (1,), 10, samples=3) for name in "xy"]
    results = measure.measure(cases, sides, measure.Effort(2), lambda *_: None)
    assert asked == [
        f"{side} {case} 10 3 1" for order in ("ab", "ba") for case in "xy" for side in order
    ]
    assert [len(result.of("a")) for result in results] == [2, 2]


def test_once_is_little() -> None:
    """--once runs one sample of at most two operations and no warm-up."""
    measure, table = load("measure"), load("table")
    assert measure.Effort(1, True).of(table.Case("x", "send", (1,), 500)) == (2, 1, 0)
    assert measure.Effort(1, True).of(table.Case("x", "send", (1,), 1)) == (1, 1, 0)


def test_what_a_side_cannot_do_is_tried_once() -> None:
    """A side that lacks a case or breaks in it is not asked again; the other side goes on."""
    measure, table = load("measure"), load("table")
    asked: list[str] = []
    sides = [
        Scripted("well", asked, [[1.0]] * 3),
        Scripted("lacks", asked, [load("places").Unavailable("not here")]),
        Scripted("broken", asked, [load("sides").Failure("Traceback\nboom")]),
    ]
    case = table.Case("x", "send", (1,), 10)
    (result,) = measure.measure([case], sides, measure.Effort(3), lambda *_: None)
    assert len(result.of("well")) == 3
    assert result.lacks == {"lacks": "not here"}
    assert result.failures == {"broken": "Traceback\nboom"}
    assert len(asked) == 5


@pytest.fixture
def worker() -> Iterator[Any]:
    environ = load("places").clean_environment(PYTHONPATH=str(ROOT), LIBZMQ_PATH=zmq.libzmq_path())
    one = load("sides").Worker("ours", sys.executable, environ)
    yield one
    one.close()


def test_worker_survives_a_case_that_breaks(worker: Any) -> None:
    """A case that raises gives its traceback, and the same worker times the next one."""
    table = load("table")
    with pytest.raises(load("sides").Failure, match="ZeroDivisionError"):
        worker.measure(table.Case("x", "send", (16,), 0), 0, 1, 0)
    (sample,) = worker.measure(table.Case("x", "send", (16,), 5), 5, 1, 1)
    assert sample > 0


def test_worker_says_who_it_is(worker: Any) -> None:
    """A worker names the file of its zmq and of its libzmq, so that the sides can be compared."""
    assert ROOT in Path(worker.facts["file"]).parents
    assert os.path.samefile(worker.facts["libzmq_file"], zmq.libzmq_path())


def test_worker_that_was_stopped_starts_again(worker: Any) -> None:
    """A worker whose process ended is said to have failed, and the next case gets a new one."""
    table = load("table")
    case = table.Case("x", "send", (16,), 5)
    worker._process.kill()
    with pytest.raises(load("sides").Failure, match="ended"):
        worker.measure(case, 5, 1, 0)
    assert len(worker.measure(case, 5, 2, 0)) == 2


def test_environment_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would change which zmq or libzmq a side loads does not reach it."""
    for name in ("LIBZMQ_PATH", "PYTHONPATH", "PYTHONDEVMODE", "ZMQ_BUNDLE"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("UNRELATED", "kept")
    environ = load("places").clean_environment(PYTHONPATH="ours")
    assert environ["PYTHONPATH"] == "ours"
    assert environ["UNRELATED"] == "kept"
    assert not {"LIBZMQ_PATH", "PYTHONDEVMODE", "ZMQ_BUNDLE"} & environ.keys()


# --- figures --------------------------------------------------------------------------------------


def test_summary_is_over_all_rounds() -> None:
    """Minimum and median are those of all samples; without samples there is none."""
    stats = load("stats")
    assert stats.summary([[3.0, 1.0], [2.0, 10.0, 4.0]]) == (1.0, 3.0)
    assert stats.summary([]) is None


def test_ratio_is_by_round() -> None:
    """The ratio is the median of least by least in each round, with its least and greatest."""
    stats = load("stats")
    ours, theirs = [[2.0, 9.0], [6.0, 8.0], [1.0]], [[4.0, 5.0], [2.0], [1.0, 7.0]]
    assert stats.ratio(ours, theirs) == (1.0, 0.5, 3.0)


def test_ratio_leaves_out_what_cannot_be_divided() -> None:
    """Rounds without samples, or with a difference below nothing, give no ratio."""
    stats = load("stats")
    assert stats.ratio([[1.0], [-1.0], [4.0]], [[2.0], [1.0], [0.0]]) == (0.5, 0.5, 0.5)
    assert stats.ratio([[]], [[1.0]]) is None
    assert stats.ratio([], [[1.0]]) is None


def test_target_is_held_against_what_is_printed() -> None:
    """A ratio printed as 1.00 meets 1.0; one printed as 1.01 does not."""
    ratio = load("stats").Ratio
    assert ratio(1.004, 0.5, 2.0).within(1.0)
    assert not ratio(1.006, 0.5, 2.0).within(1.0)


@pytest.mark.parametrize(
    ("ratios", "worst", "at", "no_worse"),
    [
        ([0.5, 0.9, 1.05], 1.05, 100, True),
        ([0.5, 1.2, 0.9], 1.2, 10, False),
        ([2.0, 1.5, 1.0], 2.0, 1, True),
        ([2.0, 2.1, 2.3], 2.3, 100, False),
    ],
)
def test_shape(ratios: list[float], worst: float, at: int, no_worse: bool) -> None:
    """A curve is worse where its ratio grows beyond 1 and beyond what it began with."""
    assert load("stats").shape(list(zip((1, 10, 100), ratios))) == (worst, at, no_worse)


# --- table, JSON ----------------------------------------------------------------------------------


def a_run(at_most: float | None = 0.5) -> Any:
    """A run with one case, measured on both sides: ours took half."""
    report, measure, table = load("report"), load("measure"), load("table")
    result = measure.Result(table.Case("a <case>", "send", (16,), 5, at_most))
    result.rounds = {"zmq-ctypes": [[100.0, 150.0]], "pyzmq": [[200.0, 400.0]]}
    curve = table.Curve("growth", "things", "send", ((1, 5), (10, 5)))
    points = [measure.Result(case) for case in curve.cases()]
    for point in points:
        point.rounds = result.rounds
    facts = {
        "version": "1",
        "distribution": "1",
        "implementation": "CPython",
        "python": "3.11.0",
        "libzmq": "4.3.5",
        "libzmq_file": "/somewhere/libzmq.so",
        "file": "/somewhere/zmq/__init__.py",
        "executable": "/somewhere/python",
    }
    machine = {"processor": "P", "processors": "2", "system": "S"}
    both = {"zmq-ctypes": facts, "pyzmq": facts}
    return report.Run(
        machine, both, {"C": "no compiler"}, [], measure.Effort(1), [result], [(curve, points)]
    )


def test_report_says_what_came_out() -> None:
    """The table has minimum, median, ratio, spread, target and verdict; the head what it ran on."""
    lines = load("report").text(a_run()).splitlines()
    row = next(line for line in lines if line.startswith("a <case>"))
    assert row.split()[2:] == [
        *("100", "ns", "125", "ns", "200", "ns", "300", "ns"),
        *("0.50", "0.50..0.50", "0.50", "met"),
    ]
    assert "targets met: 1 of 1" in lines
    assert "without C: no compiler" in lines
    assert any("libzmq 4.3.5" in line for line in lines)
    assert any("shape no worse" in line for line in lines)


def test_report_marks_a_missed_target() -> None:
    """A ratio above its target is missed; a case without target has no verdict."""
    report = load("report")
    assert report.verdict(a_run(0.49).cases[0]) == "missed"
    assert report.verdict(a_run(None).cases[0]) == ""


def test_json_has_every_sample_and_no_folder() -> None:
    """The JSON holds the samples and what they come to, and not where things lie here."""
    text = json.dumps(load("report").data(a_run()))
    data = json.loads(text)
    assert data["cases"][0]["samples"]["pyzmq"] == [[200.0, 400.0]]
    assert data["cases"][0]["ratio"] == {"median": 0.5, "least": 0.5, "greatest": 0.5}
    assert [point["x"] for point in data["curves"][0]["points"]] == [1, 10]
    assert "somewhere" not in text


def test_failures_count_where_they_must_not_be() -> None:
    """What breaks on either compared side is a failure of the run; elsewhere it is a remark."""
    run = a_run()
    run.cases[0].failures.update({"pyomq": "no", "zmq-ctypes": "boom"})
    assert run.failures() == [("zmq-ctypes", "a <case>", "boom")]
    assert "pyomq failed in a <case>: no" in load("report").text(run)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (12.34, "ns", "12.3 ns"),
        (0.5, "ns", "0.50 ns"),
        (999.0, "ns", "999 ns"),
        (1000.0, "ns", "1.00 us"),
        (99_960.0, "ns", "100 us"),
        (2.5e9, "ns", "2.50 s"),
        (214e6, "B", "214 MB"),
    ],
)
def test_amount(value: float, unit: str, words: str) -> None:
    """Figures have three digits and a unit that fits."""
    assert load("report").amount(value, unit) == words


def test_grid_aligns() -> None:
    """Columns are as wide as their widest cell: the first to the left, the others to the right."""
    assert load("report").grid([["a", "1", "x"], ["bcd", "22", ""]]) == ["a     1  x", "bcd  22"]


# --- pictures -------------------------------------------------------------------------------------

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def words_in(image: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in image.iter(f"{SVG}text")]


def test_bars_lie_on_their_side_of_one() -> None:
    """A bar ends at the line of 1, to its left when ours is ahead; its colour tells the verdict."""
    svg, ratio = load("svg"), load("stats").Ratio
    rows = [
        svg.Bar("ahead & <on>", ratio(0.5, 0.4, 0.6), 0.7),
        svg.Bar("behind", ratio(2.0, 1.5, 2.5), 1.0),
        svg.Bar("free", ratio(1.5, 1.5, 1.5), None),
    ]
    image = parsed(svg.bars(rows, "title", ["line"]))
    assert {"ahead & <on>", "behind", "free", "0.50", "2.00", "title"} <= set(words_in(image))
    ahead, behind, free = list(image.iter(f"{SVG}rect"))[1:]
    one = float(behind.attrib["x"])
    assert float(ahead.attrib["x"]) + float(ahead.attrib["width"]) == pytest.approx(one, abs=0.2)
    assert float(ahead.attrib["width"]) == pytest.approx(float(behind.attrib["width"]), abs=0.2)
    assert [bar.attrib["fill"] for bar in (ahead, behind, free)] == [svg.GOOD, svg.BAD, svg.PLAIN]


def test_curves_have_a_line_a_side() -> None:
    """A panel draws one line a side through its points; one without points says so."""
    svg = load("svg")
    full = svg.Panel("t", "x", {"a": [(1, 10.0), (1000, 1000.0)], "b": [(1, 5.0), (2, 0.0)]}, str)
    empty = svg.Panel("e", "x", {"a": []}, str)
    image = parsed(svg.curves([full, empty], "title", ["line"]))
    lines = [one.attrib["points"].split() for one in image.iter(f"{SVG}polyline")]
    assert [len(points) for points in lines] == [2, 1]
    (x1, y1), (x2, y2) = (tuple(map(float, point.split(","))) for point in lines[0])
    assert x1 < x2
    assert y1 > y2
    assert "nothing was measured" in words_in(image)
    assert "1k" in words_in(image)


def test_ticks_lie_within() -> None:
    """Ticks are powers of ten in the range; within a short range also 2 and 5 times those."""
    svg = load("svg")
    assert svg.ticks(1.0, 1000.0) == [1.0, 10.0, 100.0, 1000.0]
    assert svg.ticks(4.0, 40.0) == [5.0, 10.0, 20.0]


def test_level_lines_look_level() -> None:
    """An axis covers a factor of ten at least, around what it shows."""
    low, high = load("svg").extent([10.0, 11.0])
    assert high / low == pytest.approx(10.0)
    assert math.sqrt(low * high) == pytest.approx(math.sqrt(110.0))
    assert load("svg").extent([1.0, 100.0]) == (1.0, 100.0)


def test_pictures_of_a_run(tmp_path: Path) -> None:
    """A run with cases and curves gives two files, the second named after the first."""
    written = load("picture").draw(a_run(), str(tmp_path / "out.svg"))
    assert written == [str(tmp_path / "out.svg"), str(tmp_path / "out-growth.svg")]
    bars, curves = (parsed(Path(path).read_text(encoding="utf-8")) for path in written)
    assert "a <case>" in words_in(bars)
    assert {"zmq-ctypes", "pyzmq", "things"} <= set(words_in(curves))


def test_png_where_matplotlib_is(tmp_path: Path) -> None:
    """matplotlib draws the same into PNG files; without it that is said before anything runs."""
    picture, path = load("picture"), str(tmp_path / "out.png")
    if importlib.util.find_spec("matplotlib") is None:
        with pytest.raises(load("places").Unavailable, match="matplotlib"):
            picture.check(path)
        return
    picture.check(path)
    for file in picture.draw(a_run(), path):
        assert Path(file).read_bytes().startswith(b"\x89PNG")
