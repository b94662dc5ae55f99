# SPDX-License-Identifier: BSD-3-Clause
"""packaging/wheels.py: the set of wheels, each looked into, and the one for this machine run."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import re
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.tags import mac_platforms

from zmq._ctypes import loader, signatures

from .conftest import FOR_ARM, ROOT, Home, find_python, pip, run
from .formats import describe, exports, imports

pytestmark = pytest.mark.packaging

VERSION = "27.3.0"

# End of the wheel's name -> system as the loader calls it, format, processors, libzmq, and licences
TEXTS = {"LICENSE.libsodium.txt", "LICENSE.zeromq.txt"}
GNU = {"LICENSE.GPL-3.txt", "LICENSE.GCC-exception.txt"}
WINDOWS = {"LICENSE.LESSER", "LICENSE.GPL-3.txt", "LICENSE.libsodium.txt", "LICENSE.vcruntime.txt"}
SET = {
    "manylinux_2_26_x86_64.manylinux_2_28_x86_64": ("linux", "ELF", {"x86_64"}, "4.3.5", TEXTS),
    "manylinux_2_26_aarch64.manylinux_2_28_aarch64": ("linux", "ELF", {"aarch64"}, "4.3.5", TEXTS),
    "musllinux_1_2_x86_64": ("linux", "ELF", {"x86_64"}, "4.3.5", TEXTS | GNU),
    "musllinux_1_2_aarch64": ("linux", "ELF", {"aarch64"}, "4.3.5", TEXTS | GNU),
    "macosx_10_15_universal2": ("darwin", "Mach-O", {"x86_64", "arm64"}, "4.3.5", TEXTS),
    "win_amd64": ("win32", "PE", {"amd64"}, "4.3.4", WINDOWS),
    "win32": ("win32", "PE", {"x86"}, "4.3.4", WINDOWS),
}
LINKED_IN = {
    f"LICENSE.{name}.txt" for name in ("libcxx", "libcxxabi", "libunwind", "mingw-w64", "zig")
}
OF_ARM = {"LICENSE.LESSER.txt", "LICENSE.GPL-3.txt", "LICENSE.libsodium.txt"} | LINKED_IN
DRAFTS_NOT_BOUND = {name for name in signatures.NOT_BOUND if name.startswith("zmq_poller_")} | {
    "zmq_msg_init_buffer"
}
if FOR_ARM:
    SET["win_arm64"] = ("win32", "PE", {"arm64"}, "4.3.4", OF_ARM)


@pytest.fixture(params=SET)
def inside(request, wheel_set):
    """One wheel of the set with a library: what is expected of it, and its files."""
    path = wheel_set[0] / f"zmq_ctypes-{VERSION}-py3-none-{request.param}.whl"
    with zipfile.ZipFile(path) as archive:
        return SET[request.param], {name: archive.read(name) for name in archive.namelist()}


def pure_files(wheel_set):
    with zipfile.ZipFile(wheel_set[0] / f"zmq_ctypes-{VERSION}-py3-none-any.whl") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def libraries(files):
    folder = "zmq/_libzmq/"
    names = (name for name in files if name.startswith(folder) and "/licenses/" not in name)
    return {name[len(folder) :]: files[name] for name in names if not name.endswith(".json")}


def test_the_set(wheel_set):
    """There is a pure wheel and one for each platform, each is listed with its libzmq."""
    folder, printed = wheel_set
    names = {f"zmq_ctypes-{VERSION}-py3-none-{platform}.whl" for platform in ("any", *SET)}
    assert set(os.listdir(folder)) == names
    listed = {line.split()[-1]: line.split()[3] for line in printed.splitlines() if "KiB" in line}
    assert listed == {
        name: SET.get(name[:-4].split("-")[-1], [None] * 3 + ["none"])[3] for name in names
    }


def test_windows_on_arm(wheel_set):
    """pip takes the wheel for it if there is one; if not the pure one, and the list says what to do."""
    folder, printed = wheel_set
    target = ["--platform", "win_arm64", "--python-version", "3.13", "--only-binary", ":all:"]
    links = ["--no-index", "--find-links", folder, "--no-deps", "--dry-run", "--report", "-"]
    target += ["--target", folder / "nowhere", "--quiet", "--ignore-installed"]
    report = json.loads(pip("install", *target, *links, "zmq-ctypes"))
    (taken,) = (each["download_info"]["url"] for each in report["install"])
    assert taken.endswith("-py3-none-win_arm64.whl" if FOR_ARM else "-py3-none-any.whl")
    for text in (
        "no wheel for win_arm64: ",
        "windows_arm64.py",
        "vcpkg install zeromq:arm64-windows",
    ):
        assert (text in printed) is not bool(FOR_ARM)


@pytest.mark.parametrize("change", [None, "other bytes", "amd64", "another file"])
def test_another_folder_for_windows_on_arm(change, bundle, tmp_path):
    """Only what windows_arm64.py has built for that is taken, whole and alone."""
    given = tmp_path / "given"
    given.mkdir()
    if change:
        (given / "libzmq.dll").write_bytes(b"MZ")
        program = "import json, windows_arm64; print(json.dumps(windows_arm64.SOURCES))"
        sources = json.loads(run(sys.executable, "-c", program, cwd=ROOT / "packaging").stdout)
        digest = hashlib.sha256(b"MZ").hexdigest()
        processor = "x86_64" if change == "amd64" else "aarch64"
        facts = {"sources": sources, "libzmq": "4.3.4", "sha256": digest, "processor": processor}
        bundle.note_origin(given, **facts)
    if change == "other bytes":
        (given / "libzmq.dll").write_bytes(b"MZ and more")
    elif change == "another file":
        (given / "more.dll").write_bytes(b"MZ")
    program = ROOT / "packaging" / "wheels.py"
    done = run(sys.executable, program, tmp_path / "set", given, check=False)
    assert done.returncode == 1
    assert ("not what windows_arm64.py leaves" if change else "has not filled it") in done.stdout
    assert not (tmp_path / "set").exists()


def test_the_pure_one(wheel_set):
    """The pure wheel says that it is one, and holds no library."""
    files = pure_files(wheel_set)
    assert libraries(files) == {}
    text = files[f"zmq_ctypes-{VERSION}.dist-info/WHEEL"].decode()
    assert "Root-Is-Purelib: true" in text
    assert "Tag: py3-none-any" in text


def test_tags(inside, wheel_set):
    """WHEEL has the tags of the name, one a line, and says that the wheel is for a platform."""
    _, files = inside
    lines = files[f"zmq_ctypes-{VERSION}.dist-info/WHEEL"].decode().splitlines()
    tags = {line.split()[1] for line in lines if line.startswith("Tag: ")}
    platforms = {tag.split("-")[-1] for tag in tags}
    assert tags == {f"py3-none-{platform}" for platform in platforms}
    assert any(set(name.split(".")) == platforms for name in SET)
    assert "Root-Is-Purelib: false" in lines


def test_record(inside):
    """RECORD lists every file with its size and hash, itself without."""
    _, files = inside
    record = f"zmq_ctypes-{VERSION}.dist-info/RECORD"
    rows = list(csv.reader(io.StringIO(files[record].decode())))
    assert sorted(name for name, _, _ in rows) == sorted(files)
    for name, digest, size in rows:
        if name == record:
            assert (digest, size) == ("", "")
            continue
        real = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest()).rstrip(b"=")
        assert (digest, size) == (f"sha256={real.decode()}", str(len(files[name])))


def test_the_rest_is_the_pure_one(inside, wheel_set):
    """But for the library, the tags and RECORD, a wheel holds what the pure one does."""
    _, files = inside
    differ = {name for name, content in pure_files(wheel_set).items() if files.get(name) != content}
    assert {Path(name).name for name in differ} == {"WHEEL", "RECORD"}
    assert all(name.startswith("zmq/_libzmq/") for name in set(files) - set(pure_files(wheel_set)))


def test_library_inside(inside):
    """Every library is of the platform's format and processors, and the loader there finds libzmq."""
    (system, kind, processors, _, texts), files = inside
    found = libraries(files)
    assert {name: describe(content) for name, content in found.items()} == dict.fromkeys(
        found, (kind, processors)
    )
    ranked = [name for name in found if loader._rank(system, name) is not None]
    assert len(ranked) == 1
    assert b"zmq_ctx_new\0" in found[ranked[0]]
    linked_in = "LICENSE.libcxx.txt" in texts
    assert any(name.lower().startswith("libsodium") for name in found) is not linked_in


@pytest.mark.skipif(not FOR_ARM, reason="ZMQ_TEST_WIN_ARM64 names no library for Windows on ARM")
def test_library_for_windows_on_arm(wheel_set):
    """It has every function that the one for amd64 has but for drafts, and needs only Windows' own."""
    folder, _ = wheel_set
    dlls = []
    for platform in ("win_amd64", "win_arm64"):
        with zipfile.ZipFile(folder / f"zmq_ctypes-{VERSION}-py3-none-{platform}.whl") as archive:
            names = [name for name in archive.namelist() if "/_libzmq/libzmq" in name]
            dlls += [archive.read(name) for name in names]
    amd64, arm64 = dlls
    drafts = {row.name for row in signatures.FUNCTIONS if row.draft} | DRAFTS_NOT_BOUND
    assert exports(arm64) <= exports(amd64)
    assert exports(amd64) - exports(arm64) == exports(amd64) & drafts
    assert {"zmq_msg_send", "zmq_curve_keypair", "zmq_proxy"} <= exports(arm64)
    own = {"advapi32.dll", "iphlpapi.dll", "kernel32.dll", "ws2_32.dll"}
    needed = {name for name in imports(arm64) if not name.startswith("api-ms-win-crt-")}
    assert needed <= own


def test_musl_and_glibc(inside):
    """A library for musl needs musl, one for glibc needs glibc."""
    (system, *_), files = inside
    if system != "linux":
        return
    musl = "libstdc++" in " ".join(libraries(files))
    for content in libraries(files).values():
        assert (b"libc.musl-" in content) is musl
        assert (b"libc.so.6\0" in content) is not musl


def test_licences_and_origin(inside):
    """The licence texts lie beside the libraries, and so does where these came from."""
    (_, _, _, version, texts), files = inside
    folder = "zmq/_libzmq/licenses/"
    named = {name[len(folder) :] for name in files if name.startswith(folder)}
    assert named == texts
    origin = json.loads(files["zmq/_libzmq/ORIGIN.json"])
    assert (origin["libzmq"], origin["pinned"]) == (version, True)
    digests = {
        name: hashlib.sha256(content).hexdigest() for name, content in libraries(files).items()
    }
    assert origin["files"] == digests


def test_sizes_in_the_pages(wheel_set):
    """What the pages say of sizes is so, to a tenth."""
    text = (ROOT / "docs" / "install.rst").read_text(encoding="utf-8")
    (pure,) = wheel_set[0].glob("*-any.whl")
    (bundled,) = wheel_set[0].glob("*-manylinux*_x86_64.whl")
    with zipfile.ZipFile(bundled) as archive:
        installed = sum(each.file_size for each in archive.infolist())
    for told, size in (
        (r"Without libzmq the wheel has (\d+) KiB", pure.stat().st_size),
        (r"wheel, KiB +(\d+)", bundled.stat().st_size),
        (r"installed, KiB +(\d+)", installed),
    ):
        assert int(re.search(told, text)[1]) == pytest.approx(size / 1024, rel=0.1), told


@pytest.mark.parametrize("machine", ["x86_64", "arm64"])
def test_one_for_both_kinds_of_mac(machine):
    """pip takes the wheel for macOS on either processor."""
    assert "macosx_10_15_universal2" in set(mac_platforms((12, 0), machine))


# --- run ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["3.9", "3.10", "3.11", "3.12", "3.13", "pypy3"])
def test_runs_on_every_python(name, wheel, hiding, tmp_path):
    """The same file serves each Python, with nothing else installed and no libzmq on the machine."""
    home = Home(tmp_path / "home", find_python(name))
    home.pip("install", "-q", "--no-index", wheel)
    done = run(*hiding, home.python, "-I", "-W", "error", "-m", "zmq", cwd=tmp_path)
    origin = [pin for pin in SET if wheel.stem.endswith(pin)]
    assert f"libzmq {SET[origin[0]][3]} at {home.site_packages()}" in done.stdout
    assert "out of pyzmq-" in done.stdout
    assert "everything came back" in done.stdout
