# SPDX-License-Identifier: LGPL-2.1-or-later
# How the scripts of this directory install and build. Bash, to be sourced.
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Debian's libopencv-dev would bring four hundred packages along, for modules that are not used.
build_packages=(g++ meson pkgconf libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  libopencv-core-dev libopencv-imgproc-dev libopencv-video-dev libhwy-dev libpng-dev
  libturbojpeg0-dev libjson-glib-dev)
# To decode files, and to read messages from Python.
run_packages=(gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-libav
  python3-gi gir1.2-gstreamer-1.0)
# Files are compiled together, which takes half as long: no name may be given twice in those of a target.
joined=(--unity=on --unity-size=16)
cannot_make_root=125  # how tools/in-root ends where it can make none

say() { echo "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# need_root COMMAND: sets `sudo` to what has to stand before a command that needs root; asks first,
# naming COMMAND.
need_root() {
  sudo=()
  ((EUID != 0)) || return 0
  if [[ -t 0 ]] && command -v sudo >/dev/null; then
    read -rp "Run 'sudo $*'? [Y/n] " answer
    [[ ${answer:-y} == [Yy]* ]] || die "cannot go on without it"
    sudo=(sudo)
  elif [[ -n ${CI:-} ]] && sudo -n true 2>/dev/null; then
    sudo=(sudo -n)
  else
    die "run this as root first: $*"
  fi
}

# Installs those of the Debian packages named that are missing.
install_packages() {
  local package missing=() log=2
  if ! command -v apt-get >/dev/null; then
    say "This is not Debian. Needed is what these packages of Debian hold: $*"
    return
  fi
  for package; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  say "Missing packages: ${missing[*]}"
  need_root "apt-get install --no-install-recommends ${missing[*]}"
  [[ -t 2 ]] || exec {log}>/dev/null
  # A source that cannot be reached need not be the one that has the packages.
  "${sudo[@]}" apt-get -qq update >&2 || true
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y install --no-install-recommends \
    "${missing[@]}" >&"$log" || die "apt-get failed"
}

# build DIRECTORY [OPTION...] [-- TARGET...]: configures with Meson and compiles, all or the targets.
build() {
  local dir=$1 log again=() options=()
  shift
  while (($#)) && [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  say "Building in $dir"
  [[ ! -f $dir/build.ninja ]] || again=(--reconfigure)
  if ! log=$(meson setup "${again[@]}" "$dir" "$root" "${options[@]}" 2>&1); then
    say "$log"
    die "the build cannot be configured"
  fi
  ninja -C "$dir" "${@:2}" >&2 || die "the build failed"
}

# Sets `clip` to the path of vtest.avi: people who cross a yard, seen by a surveillance camera. It
# comes in Debian's opencv-doc, a large package whose files minimal systems do not install: so it is
# taken out of the package, and tree.avi with it, leaves in the wind, which lies beside it.
find_clip() {
  local name=usr/share/doc/opencv-doc/examples/data/vtest.avi dir=$root/build/clip file
  local tree=${name%vtest.avi}tree.avi
  clip=/$name
  [[ ! -f $clip ]] || return 0
  clip=$dir/$name
  [[ ! -f $clip ]] || return 0
  command -v apt-get >/dev/null || die "no vtest.avi: this is not Debian"
  say "Fetching vtest.avi (from Debian's package opencv-doc, 100 MB)"
  mkdir -p "$dir" && cd "$dir"
  if ! apt-get -qq -o APT::Sandbox::User=root download opencv-doc >&2; then
    need_root apt-get update
    "${sudo[@]}" apt-get -qq update >&2
    apt-get -qq -o APT::Sandbox::User=root download opencv-doc >&2
  fi
  dpkg-deb --fsys-tarfile opencv-doc_*.deb | tar -x --wildcards "./$name*" "./$tree*"
  for file in "$clip" "$dir/$tree"; do
    [[ ! -f $file.gz ]] || gunzip "$file.gz"
  done
  rm opencv-doc_*.deb
  cd "$OLDPWD"
}
