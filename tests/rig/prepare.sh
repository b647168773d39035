#!/usr/bin/env bash
# Brings what a part needs from outside; says nothing when all is there.
#
#   prepare.sh PART...    build, valgrind, kafka; a part in $SKIP is left out
#
# On Debian and Ubuntu, as root, what is missing is installed. Elsewhere it is named, with the way
# to install it, and the script fails.
set -euo pipefail

packages=() remedies=()

# need PACKAGE REMEDY: to be installed.
need() {
  packages+=("$1")
  remedies+=("  $2")
}

has() { command -v "$1" > /dev/null 2>&1; }

java_major() {
  local java=${JAVA_HOME:+$JAVA_HOME/bin/java}
  "${java:-java}" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1
}

# Puts the oldest Java that Kafka runs on and this system has in the place of the word.
name_java() {
  local at version package=default-jre-headless
  for version in 25 21 17; do
    if apt-cache show "openjdk-$version-jre-headless" > /dev/null 2>&1; then
      package=openjdk-$version-jre-headless
    fi
  done
  for at in "${!packages[@]}"; do
    [[ ${packages[at]} != java ]] || packages[at]=$package
  done
}

need_build() {
  has cc || need gcc "a C compiler (cc)"
  has c++ || need g++ "a C++ compiler (c++)"
  has make || need make "make"
  # For TLS and SASL towards Kafka.
  if has pkg-config; then
    pkg-config --exists libssl || need libssl-dev "OpenSSL with its headers"
    pkg-config --exists libsasl2 || need libsasl2-dev "Cyrus SASL with its headers"
  else
    need pkg-config "pkg-config"
    need libssl-dev "OpenSSL with its headers"
    need libsasl2-dev "Cyrus SASL with its headers"
  fi
  if ! has cargo; then
    echo "missing: Rust, from https://rustup.rs; the version is taken from rust-toolchain.toml" >&2
    exit 1
  fi
}

need_valgrind() {
  has valgrind || need valgrind "valgrind"
}

need_kafka() {
  local major
  major=$(has java || [[ -n ${JAVA_HOME:-} ]] && java_major || true)
  ((${major:-0} >= 17)) || need java "Java 17 or later, or JAVA_HOME pointing to it"
  has mvn || need maven "Maven (mvn)"
  has openssl || need openssl "the program openssl"
  # A clock of its own for the connector.
  compgen -G '/usr/lib*/**/faketime/libfaketimeMT.so.1' > /dev/null \
    || compgen -G '/usr/lib*/faketime/libfaketimeMT.so.1' > /dev/null \
    || need libfaketime "libfaketime"
  # Aerospike's own client runs in an environment of its own.
  python3 -c 'import ensurepip, venv' > /dev/null 2>&1 || need python3-venv "Python 3 with its venv module"
}

for part in "$@"; do
  [[ " ${SKIP:-} " == *" $part "* ]] || "need_$part"
done
((${#packages[@]})) || exit 0

if has apt-get && ((EUID == 0)); then
  echo "installing by apt-get: ${packages[*]}"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  export DEBIAN_FRONTEND=noninteractive
  {
    apt-get update
    name_java
    apt-get install --yes --no-install-recommends "${packages[@]}"
  } > "$log" 2>&1 || {
    cat "$log" >&2
    exit 1
  }
  exit
fi

{
  echo "missing:"
  printf '%s\n' "${remedies[@]}"
  name_java
  echo "Debian and Ubuntu: sudo apt-get install ${packages[*]}"
} >&2
exit 1
