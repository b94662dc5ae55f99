# SPDX-License-Identifier: BSD-3-Clause
"""Choosing, fetching and unpacking the libzmq to bundle."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import shutil
import sys
import threading
from pathlib import Path

import pytest
from packaging.tags import platform_tags

from zmq._ctypes import loader

from .conftest import make_pyzmq_wheel

pytestmark = pytest.mark.packaging


@pytest.fixture(autouse=True)
def no_index(monkeypatch, tmp_path):
    """pip finds wheels in one folder only, as on a machine without network."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in ("PIP_EXTRA_INDEX_URL", "LIBZMQ_PATH", "ZMQ_BUNDLE", "ZMQ_BUNDLE_FROM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return wheels


@pytest.fixture
def package(tmp_path):
    """The zmq folder of a source tree."""
    folder = tmp_path / "zmq"
    folder.mkdir()
    return folder


# --- what is taken from a wheel -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (
            ["pyzmq.libs/", "pyzmq.libs/libzmq-2f0.so.5.2.5", "pyzmq.libs/libsodium-6c.so.26.4.0"],
            ["pyzmq.libs/libzmq-2f0.so.5.2.5", "pyzmq.libs/libsodium-6c.so.26.4.0"],
        ),
        (
            ["zmq/.dylibs/libzmq.5.dylib", "zmq/.dylibs/libsodium.26.dylib", "zmq/__init__.py"],
            ["zmq/.dylibs/libzmq.5.dylib", "zmq/.dylibs/libsodium.26.dylib"],
        ),
        (
            [
                "pyzmq.libs/.load-order",
                "pyzmq.libs/libzmq-v142-mt-4_3_5-0a.dll",
                "pyzmq.libs/msvcp140.dll",
            ],
            ["pyzmq.libs/libzmq-v142-mt-4_3_5-0a.dll", "pyzmq.libs/msvcp140.dll"],
        ),
        (
            ["zmq/_libzmq/ORIGIN.json", "zmq/_libzmq/libzmq.so.5", "zmq/_libzmq/libsodium.so.26"],
            ["zmq/_libzmq/libzmq.so.5", "zmq/_libzmq/libsodium.so.26"],
        ),
        (
            ["zmq/__init__.py", "zmq/libzmq.5.dylib", "zmq/libzmq.cpython-35m-x86_64.so"],
            ["zmq/libzmq.5.dylib"],
        ),
    ],
    ids=["Linux", "macOS", "Windows", "ours", "early"],
)
def test_libraries_of_a_wheel(bundle, names, taken):
    """libzmq is taken with the libraries of its folder, and no Python file with them."""
    assert bundle.library_names(names) == taken


def test_wheel_without_libzmq(bundle):
    """A wheel that holds no libzmq, only a Python extension, is refused."""
    names = ["zmq/__init__.py", "zmq/backend/cython/_zmq.abi3.so", "zmq/utils/libzmq.pxd"]
    with pytest.raises(bundle.BundleError, match="no libzmq in this wheel"):
        bundle.library_names(names)


def test_unpacked_with_licences_and_origin(bundle, tmp_path, library):
    """What is unpacked has the licence texts beside it and says which wheel it came from."""
    wheel = make_pyzmq_wheel(tmp_path, library)
    folder = tmp_path / "out"
    bundle.unpack(wheel, folder)
    texts = sorted(path.name for path in (folder / "licenses").iterdir())
    assert texts == ["LICENSE.libsodium.txt", "LICENSE.zeromq.txt"]
    origin = json.loads((folder / "ORIGIN.json").read_text())
    assert origin["wheel"] == wheel.name
    assert origin["sha256"] == hashlib.sha256(wheel.read_bytes()).hexdigest()
    name = os.path.basename(library.path)
    assert origin["files"][name] == hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_licences_out_of_our_own_wheel(bundle):
    """Out of a wheel of this package come the texts of all that is in its library, not the package's."""
    folder = "zmq/_libzmq/licenses/"
    texts = [f"{folder}LICENSE.{name}.txt" for name in ("LESSER", "libcxx", "mingw-w64")]
    names = [
        "zmq_ctypes-27.3.0.dist-info/licenses/LICENSE",
        folder,
        *texts,
        "zmq/_libzmq/libzmq.dll",
    ]
    assert bundle.licence_names(names) == texts


# --- what is downloaded ---------------------------------------------------------------------------


def test_pinned_version_is_preferred(bundle, no_index, tmp_path, library):
    """Of several pyzmq the pinned one is taken, not the newest."""
    make_pyzmq_wheel(no_index, library)
    make_pyzmq_wheel(no_index, library, version="99.0")
    assert bundle.download(tmp_path).name.startswith("pyzmq-27.3.0-")


def test_other_version_serves(bundle, no_index, tmp_path, library):
    """Where the pinned pyzmq cannot be had, another version serves."""
    make_pyzmq_wheel(no_index, library, version="26.4.0")
    assert bundle.download(tmp_path).name.startswith("pyzmq-26.4.0-")


def test_what_is_meant_for_others(bundle, no_index, tmp_path, library, monkeypatch):
    """Constraints that keep a compiled pyzmq away, or wheels, keep no libzmq away."""
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("pyzmq==27.3.0+ctypes\n")
    monkeypatch.setenv("PIP_CONSTRAINT", str(constraints))
    monkeypatch.setenv("PIP_NO_BINARY", ":all:")
    wheel = make_pyzmq_wheel(no_index, library)
    assert bundle.download(tmp_path).name == wheel.name


def test_wheel_for_another_python_serves(bundle, no_index, tmp_path, library):
    """A wheel for a Python that is not running is taken for the sake of its libzmq."""
    wheel = make_pyzmq_wheel(no_index, library, tag=f"cp312-cp312-{next(platform_tags())}")
    assert bundle.download(tmp_path).name == wheel.name


def test_unreachable_index_is_asked_once(bundle, tmp_path, monkeypatch):
    """When the index does not answer, pip is not started again for each other kind of wheel."""
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_RETRIES", "1")
    # Port 0 can never be connected to.
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:0/simple")
    with pytest.raises(bundle.UnreachableError):
        bundle.download(tmp_path)


def test_pip_is_found_without_this_environment(bundle, monkeypatch):
    """Where the running Python has no pip, the one it is based on or the bundled one serves."""
    commands = bundle.pip_commands()
    assert commands[0][0] == sys.executable
    monkeypatch.setattr(bundle, "pip_commands", lambda: commands[1:])
    if len(commands) == 1:
        pytest.skip("this Python has one pip only")
    assert bundle.find_pip() in commands[1:]


# --- what is accepted ---------------------------------------------------------------------------

FAKE = """
void zmq_version(int *major, int *minor, int *patch) { *major = 4; *minor = 3; *patch = 5; }
int zmq_has(const char *capability) { return 0; }
"""


def test_changed_wheel_is_refused(bundle, tmp_path, library):
    """A file under the name of a recorded wheel, but with another hash, is not taken."""
    wheel = make_pyzmq_wheel(tmp_path, library).rename(tmp_path / bundle.PINS[0].wheel)
    with pytest.raises(bundle.BundleError, match=f"its sha256 is .*, not {bundle.PINS[0].sha256}"):
        bundle.unpack(wheel, tmp_path / "out")


def test_hash_of_the_index_counts(bundle, tmp_path, library, monkeypatch):
    """A wheel that is not what the index says it is comes to nothing, in pip's words."""
    wheel = make_pyzmq_wheel(tmp_path, library)
    digest = "0" * 64

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            page = f'<a href="/{wheel.name}#sha256={digest}">{wheel.name}</a>'.encode()
            body = wheel.read_bytes() if self.path.endswith(".whl") else page
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setattr(bundle, "choices", lambda platform: [("pyzmq", [])])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
        (tmp_path / "wrong").mkdir()
        with pytest.raises(bundle.BundleError, match="HASHES"):
            bundle.download(tmp_path / "wrong")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        (tmp_path / "right").mkdir()
        assert bundle.download(tmp_path / "right").name == wheel.name
        server.shutdown()


def test_library_without_curve(
    bundle, no_index, package, tmp_path, compile_library, monkeypatch, capsys
):
    """A libzmq without CURVE is not bundled, unless it is the one that was named."""
    fake = tmp_path / "fake" / "libzmq.so.5"
    fake.parent.mkdir()
    compile_library(fake, FAKE)
    attempt = loader.Attempt("system", str(fake))
    described = type("Library", (), {"path": str(fake), "tried": (attempt,)})
    make_pyzmq_wheel(no_index, described)
    monkeypatch.setenv("ZMQ_BUNDLE", "always")
    with pytest.raises(bundle.BundleError, match="has no CURVE"):
        bundle.prepare(package, tmp_path / "build")
    monkeypatch.setenv("ZMQ_BUNDLE_FROM", str(fake))
    folder = bundle.prepare(package, tmp_path / "build")
    assert json.loads((folder / "ORIGIN.json").read_text())["curve"] is False
    assert "has no CURVE" in capsys.readouterr().out


def test_recorded_version_counts(bundle, no_index, package, tmp_path, library, monkeypatch):
    """A recorded wheel that holds another version than recorded is not bundled."""
    wheel = make_pyzmq_wheel(no_index, library)
    pin = bundle.Pin("any", wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest(), "9.9.9")
    monkeypatch.setattr(bundle, "PINS", (pin,))
    monkeypatch.setenv("ZMQ_BUNDLE", "always")
    with pytest.raises(bundle.BundleError, match=r"holds libzmq .*, not 9\.9\.9"):
        bundle.prepare(package, tmp_path / "build")


@pytest.mark.parametrize(
    ("names", "version", "texts"),
    [
        (["libzmq.so.5"], "4.3.5", {"LICENSE.MPL-2.0.txt"}),
        (["libzmq.so.5"], "4.3.4", {"LICENSE.LESSER.txt", "LICENSE.GPL-3.txt"}),
        (
            ["libsodium-1.so.26", "libstdc++-2.so.6", "libgcc_s-3.so.1"],
            "4.3.5",
            {"LICENSE.libsodium.txt", "LICENSE.GPL-3.txt", "LICENSE.GCC-exception.txt"},
        ),
        (
            ["libzmq-4.dll", "MSVCP140.dll"],
            "4.3.5",
            {"LICENSE.MPL-2.0.txt", "LICENSE.vcruntime.txt"},
        ),
    ],
    ids=["libzmq", "older", "musl", "Windows"],
)
def test_texts_that_were_missing(bundle, tmp_path, names, version, texts):
    """Each library whose licence text did not come with it gets one."""
    (tmp_path / "licenses").mkdir()
    for name in names:
        (tmp_path / name).touch()
    bundle.add_texts(tmp_path, version)
    assert {path.name for path in (tmp_path / "licenses").iterdir()} == texts


# --- ZMQ_BUNDLE_FROM ------------------------------------------------------------------------------


@pytest.fixture
def named(bundle, package, tmp_path, monkeypatch):
    """Bundle what is named, without pip; return the folder and what it says of its origin."""
    monkeypatch.setattr(bundle, "find_pip", lambda: pytest.fail("pip was looked for"))

    def prepare(given):
        monkeypatch.setenv("ZMQ_BUNDLE_FROM", str(given))
        folder = bundle.prepare(package, tmp_path / "build")
        return folder, json.loads((folder / "ORIGIN.json").read_text())

    return prepare


def test_from_a_library(named, library, monkeypatch):
    """A library that is named is bundled, also on a machine that has one, and serves."""
    monkeypatch.setenv("LIBZMQ_PATH", library.path)
    folder, origin = named(library.path)
    assert origin["library"] == library.path
    assert origin["libzmq"] == ".".join(map(str, library.version))
    copied = (folder / os.path.basename(library.path)).read_bytes()
    assert copied == Path(library.path).read_bytes()
    assert any((folder / "licenses").iterdir())


def test_from_a_folder(named, library, tmp_path):
    """A folder that holds a libzmq may be named instead of its file."""
    shutil.copytree(Path(library.path).parent, tmp_path / "my library")
    _, origin = named(tmp_path / "my library")
    assert Path(origin["library"]).parent == tmp_path / "my library"


def test_neighbours_of_a_library(bundle, named, tmp_path, compile_library):
    """What the named library does not load without is taken from beside it, nothing else is."""
    given = tmp_path / "given"
    given.mkdir()
    compile_library(
        given / "libdeep.so.1.0", "int deep(void) { return 1; }", "-Wl,-soname,libdeep.so.1"
    )
    compile_library(
        given / "libnear.so",
        "int deep(void); int near(void) { return deep(); }",
        "-Wl,-soname,libnear.so",
        "-Wl,--no-as-needed",
        str(given / "libdeep.so.1.0"),
    )
    compile_library(
        given / "libzmq.so.5",
        "int near(void); int use(void) { return near(); }" + FAKE,
        "-Wl,--no-as-needed",
        str(given / "libnear.so"),
    )
    compile_library(given / "libother.so", "int other(void) { return 1; }")
    folder, origin = named(given / "libzmq.so.5")
    assert set(origin["files"]) == {"libzmq.so.5", "libnear.so", "libdeep.so.1.0"}
    shutil.rmtree(given)
    assert "error" not in bundle.probe_folder(folder)


def test_from_a_wheel(named, library, tmp_path):
    """A wheel of pyzmq that is named is bundled."""
    wheel = make_pyzmq_wheel(tmp_path, library, version="26.4.0", tag="cp37-cp37m-any")
    _, origin = named(wheel)
    assert origin["wheel"] == wheel.name
    assert origin["pinned"] is False


def test_from_something_else_than_before(named, library, tmp_path):
    """What is named replaces what an earlier build left."""
    named(library.path)
    folder, origin = named(make_pyzmq_wheel(tmp_path, library))
    assert origin["wheel"] == "pyzmq-27.3.0-py3-none-any.whl"
    assert sorted(os.listdir(folder.parent)) == ["_libzmq"]


# The head of a library of 64 bits, for a processor of no Python
FOREIGN = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\xf0\xff" + bytes(44)
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="ELF is looked into there")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("absent.so", None, "no such file"),
        ("libzmq.so.5", b"no library", "not libzmq"),
        pytest.param("libzmq.so", FOREIGN, "wrong architecture", marks=on_linux),
        ("some.whl", b"no wheel", "not a zip file"),
        ("", b"", "no libzmq in this folder"),
    ],
)
def test_from_what_does_not_serve(bundle, named, package, tmp_path, name, content, reason):
    """What is named and does not serve is an error that names it, also without ``always``."""
    given = tmp_path / name
    if name and content is not None:
        given.write_bytes(content)
    with pytest.raises(bundle.BundleError) as error:
        named(given)
    assert f"ZMQ_BUNDLE_FROM={given}: " in str(error.value)
    assert reason in str(error.value)
    # That is about an import.
    assert "LIBZMQ_PATH" not in str(error.value)
    assert len(str(error.value).splitlines()) == 1
    assert os.listdir(package) == []


def test_never_counts_more(named, bundle, package, tmp_path, library, monkeypatch):
    """never bundles nothing, whatever is named."""
    monkeypatch.setenv("ZMQ_BUNDLE", "never")
    monkeypatch.setenv("ZMQ_BUNDLE_FROM", library.path)
    assert bundle.prepare(package, tmp_path / "build") is None


# --- what is decided ------------------------------------------------------------------------------


def test_always(bundle, no_index, package, tmp_path, library, monkeypatch):
    """always bundles, also on a machine that has libzmq, and leaves it in the source tree."""
    monkeypatch.setenv("ZMQ_BUNDLE", "always")
    monkeypatch.setenv("LIBZMQ_PATH", library.path)
    make_pyzmq_wheel(no_index, library)
    folder = bundle.prepare(package, tmp_path / "build")
    assert folder == package / "_libzmq"
    assert sorted(os.listdir(package)) == ["_libzmq"]
    origin = json.loads((folder / "ORIGIN.json").read_text())
    assert origin["libzmq"] == ".".join(map(str, library.version))


def test_fetched_once(bundle, no_index, package, tmp_path, library, monkeypatch):
    """A recorded library that is in the source tree and loads is used without a download."""
    monkeypatch.setenv("ZMQ_BUNDLE", "always")
    wheel = make_pyzmq_wheel(no_index, library)
    bundle.unpack(wheel, package / "_libzmq")
    pin = bundle.Pin("any", wheel.name, bundle.sha256(wheel), "")
    monkeypatch.setattr(bundle, "PINS", (pin,))
    wheel.unlink()
    monkeypatch.setattr(bundle, "find_pip", lambda: pytest.fail("pip was looked for"))
    assert bundle.prepare(package, tmp_path / "build") == package / "_libzmq"


def test_other_library_is_replaced(bundle, no_index, package, tmp_path, library, monkeypatch):
    """What was named for an earlier build, or recorded then, gives way to what is recorded now."""
    monkeypatch.setenv("ZMQ_BUNDLE", "always")
    bundle.fetch(package / "_libzmq", library.path)
    wheel = make_pyzmq_wheel(no_index, library)
    folder = bundle.prepare(package, tmp_path / "build")
    assert json.loads((folder / "ORIGIN.json").read_text())["wheel"] == wheel.name


def test_other_library_serves(bundle, package, tmp_path, library, monkeypatch):
    """What an earlier build left is better than nothing, where nothing else can be had."""
    monkeypatch.setenv("ZMQ_BUNDLE", "always")
    bundle.fetch(package / "_libzmq", library.path)
    assert bundle.prepare(package, tmp_path / "build") == package / "_libzmq"


def test_broken_library_is_replaced(bundle, no_index, package, tmp_path, library, monkeypatch):
    """A library in the source tree that does not load is fetched anew."""
    monkeypatch.setenv("ZMQ_BUNDLE", "always")
    make_pyzmq_wheel(no_index, library)
    (package / "_libzmq").mkdir()
    (package / "_libzmq" / "libzmq.so.5").write_text("no library")
    folder = bundle.prepare(package, tmp_path / "build")
    assert "error" not in bundle.probe_folder(folder)
    assert not (folder / "libzmq.so.5").exists()


def test_source_that_cannot_be_written(bundle, no_index, package, tmp_path, library, monkeypatch):
    """Where the source tree cannot be written, the library goes to the build's own folder."""
    monkeypatch.setenv("ZMQ_BUNDLE", "always")
    monkeypatch.setattr(bundle.os, "access", lambda path, how: False)
    make_pyzmq_wheel(no_index, library)
    folder = bundle.prepare(package, tmp_path / "build")
    assert folder == tmp_path / "build" / "_libzmq"
    assert os.listdir(package) == []


def test_never(bundle, no_index, package, tmp_path, library, monkeypatch):
    """never bundles nothing, whatever there is to bundle."""
    monkeypatch.setenv("ZMQ_BUNDLE", "never")
    wheel = make_pyzmq_wheel(no_index, library)
    bundle.unpack(wheel, package / "_libzmq")
    assert bundle.prepare(package, tmp_path / "build") is None


def test_auto_with_libzmq(bundle, no_index, package, tmp_path, library, monkeypatch):
    """auto bundles nothing when this machine has a libzmq that loads."""
    monkeypatch.setenv("LIBZMQ_PATH", library.path)
    make_pyzmq_wheel(no_index, library)
    assert bundle.prepare(package, tmp_path / "build") is None


def test_auto_without_libzmq(bundle, no_index, package, tmp_path, library, monkeypatch):
    """auto bundles when this machine has no libzmq that loads."""
    monkeypatch.setenv("LIBZMQ_PATH", str(tmp_path / "nothing"))
    make_pyzmq_wheel(no_index, library)
    assert bundle.prepare(package, tmp_path / "build") == package / "_libzmq"


def test_auto_with_nothing_to_fetch(bundle, package, tmp_path, monkeypatch, capsys):
    """auto warns and goes on when there is nothing to bundle."""
    monkeypatch.setenv("LIBZMQ_PATH", str(tmp_path / "nothing"))
    assert bundle.prepare(package, tmp_path / "build") is None
    assert "WARNING: no libzmq here, and none could be bundled" in capsys.readouterr().out
    assert os.listdir(package) == []


def test_always_with_nothing_to_fetch(bundle, package, tmp_path, monkeypatch):
    """always fails when there is nothing to bundle, with pip's reason."""
    monkeypatch.setenv("ZMQ_BUNDLE", "always")
    with pytest.raises(bundle.BundleError, match=r"no pyzmq wheel for this platform: .*pyzmq"):
        bundle.prepare(package, tmp_path / "build")


def test_library_that_does_not_load(bundle, no_index, package, tmp_path, library, monkeypatch):
    """A libzmq that does not load here is not bundled."""
    monkeypatch.setenv("ZMQ_BUNDLE", "always")
    broken = tmp_path / "libzmq.so.5"
    broken.write_text("no library")
    attempt = type(library.tried[-1])("system", str(broken))
    described = type("Library", (), {"path": str(broken), "tried": (attempt,)})
    make_pyzmq_wheel(no_index, described)
    with pytest.raises(bundle.BundleError, match="does not load"):
        bundle.prepare(package, tmp_path / "build")
    assert os.listdir(package) == []


def test_unknown_word(bundle, package, tmp_path, monkeypatch):
    """A ZMQ_BUNDLE that is none of the three words is an error that names them."""
    monkeypatch.setenv("ZMQ_BUNDLE", "yes")
    with pytest.raises(bundle.BundleError, match="must be auto, always or never"):
        bundle.prepare(package, tmp_path / "build")
