#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Build a libzmq with its draft API out of Debian's (or Ubuntu's) source package, to try the package
# on; nobody publishes one.
#
#   packaging/build_draft_libzmq.sh some/folder
#
# leaves libzmq.so in the folder, for LIBZMQ_PATH. Needs apt-get, cmake, make and a C++ compiler, and
# no rights: apt's own lists stay as they are. Takes about a minute on two processors. Nothing is
# built when the folder holds one already.

set -eu
[ $# = 1 ] || { sed -n '3,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
[ ! -e "$folder/libzmq.so" ] || exit 0
work=$(mktemp -d "${TMPDIR:-/tmp}/draft-libzmq.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{parts,lists/partial,cache/archives/partial,source,build}

# The machine's own archives, asked for sources instead of packages.
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    case $list in
    *.sources) sed 's/^Types: *deb *$/Types: deb-src/' "$list" >"$work/parts/$(basename "$list")" ;;
    *.list) [ ! -f "$list" ] || sed -n 's/^deb /deb-src /p' "$list" >"$work/parts/$(basename "$list")" ;;
    esac
done
apt() {
    apt-get -qq -o APT::Sandbox::User=root -o Dir::Etc::SourceList=/dev/null \
        -o Dir::Etc::SourceParts="$work/parts" -o Dir::State::Lists="$work/lists" \
        -o Dir::Cache="$work/cache" "$@"
}

cd "$work"
apt update || true # an archive without sources is no matter as long as another one has this
apt source --download-only --tar-only zeromq3
tar -xf zeromq3_*.orig.tar.* -C source --strip-components=1

cd build
CXXFLAGS="-O1 -w" cmake ../source -DENABLE_DRAFTS=ON -DENABLE_CURVE=ON -DWITH_LIBSODIUM=OFF \
    -DWITH_TLS=OFF -DBUILD_STATIC=OFF -DBUILD_TESTS=OFF -DWITH_PERF_TOOL=OFF -DWITH_DOCS=OFF \
    -DENABLE_CPACK=OFF -DCMAKE_BUILD_TYPE=None >cmake.log 2>&1 || { tail -n 40 cmake.log >&2; exit 1; }
make -j"$(getconf _NPROCESSORS_ONLN)" libzmq >make.log 2>&1 || { tail -n 40 make.log >&2; exit 1; }
cp -L lib/libzmq.so "$folder/libzmq.so"
echo "$folder/libzmq.so"
