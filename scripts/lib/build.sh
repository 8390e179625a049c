# shellcheck shell=bash
# Building, for the other scripts. Sourced from the project's root.

# What the project's own tests build with, for the line that ends a failed build.
tested_compilers='g++ 12 with clang 14 (Debian 12), g++ 14 with clang 19 (Debian 13)'

# Warnings are errors in CI only: a newer compiler warns of more, and nobody's build shall end there.
# Nothing is precompiled there, so that no missing include is hidden.
setup_options=()
[[ -z ${CI-} ]] || setup_options=(-Dwerror=true -Db_pch=false)

# build_into FOLDER [meson setup option]... [-- target...]
build_into() {
  local folder=$1 options=() start=$SECONDS
  shift
  while [[ $# -gt 0 && $1 != -- ]]; do
    options+=("$1")
    shift
  done
  if [[ ! -f $folder/build.ninja ]]; then
    meson setup "$folder" "${setup_options[@]}" "${options[@]}" >&2 || build_failed || return 1
  fi
  meson compile -C "$folder" "${@:2}" >&2 || build_failed || return 1
  [[ $((SECONDS - start)) -lt 5 ]] || echo "scripts/${0##*/}: built in $((SECONDS - start)) s" >&2
}

build_failed() {
  echo "scripts/${0##*/}: the build failed (above). Found: g++ $(version_of "${CXX:-c++}" -dumpfullversion)," \
    "clang $(version_of clang -dumpversion), meson $(version_of meson --version). Tested: $tested_compilers" >&2
  return 1
}
version_of() {
  "$@" 2>/dev/null | head -n 1 | grep . || echo none
}

# build_for_guests FOLDER [meson setup option]... [-- target...]: with the libraries inside, where they can be linked so;
# otherwise the guest gets them beside the program (payload.sh).
build_for_guests() {
  local log why one options=()
  for one in "${@:2}"; do
    [[ $one != -- ]] || break
    options+=("$one")
  done
  if [[ ! -f $1/build.ninja ]]; then
    log=$(meson setup "$1" -Dprefer_static=true "${setup_options[@]}" "${options[@]}" 2>&1) || {
      # The error of meson/meson.build. Whatever else is wrong is so for the other build, too, which tells.
      why=$(grep -m 1 -o -- '-Dprefer_static=true cannot link here: .*package)' <<<"$log" || true)
      [[ -z $why ]] || echo "scripts/${0##*/}: $why: guests get the shared libraries" >&2
      rm -rf "$1/meson-private" # what was asked for in vain is kept there
    }
  fi
  build_into "$@"
}
