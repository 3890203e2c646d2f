# Finds a JDK of at least release 25, and Maven. Sourced by ./kelvin and ./dev; only built-in
# commands on the usual path, because ./kelvin pays for each process it starts.

# True when $1 is the home of a JDK that is new enough, by its own "release" file.
is_jdk() {
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  while IFS='=' read -r key value; do
    if [ "$key" = JAVA_VERSION ]; then
      value=${value#\"}
      value=${value%%[!0-9]*}
      [ "${value:-0}" -ge 25 ]
      return
    fi
  done <"$1/release"
  return 1
}

# The directory that has the bin directory of program $1, as PATH has it.
home_of() {
  found=$(command -v "$1") && found=$(readlink -f "$found") || return 1
  found=${found%/*}
  echo "${found%/*}"
}

# Sets "jdk". Arguments are directories to look at before any other.
find_jdk() {
  if [ -n "${KELVIN_JAVA_HOME:-}" ]; then
    jdk=$KELVIN_JAVA_HOME
    is_jdk "$jdk" && return
    echo "kelvin: KELVIN_JAVA_HOME is $jdk, which is no JDK of release 25 or newer." >&2
    exit 3
  fi
  for jdk in "$@" "${JAVA_HOME:-}"; do
    is_jdk "$jdk" && return
  done
  for jdk in "$(home_of javac)" "$(home_of java)" /usr/lib/jvm/* /usr/java/* /opt/* /opt/*/* \
    "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/*; do
    is_jdk "$jdk" && return
  done
  {
    echo "kelvin: there is no JDK of release 25 or newer."
    echo "Looked at KELVIN_JAVA_HOME, JAVA_HOME, PATH, /usr/lib/jvm, /usr/java, /opt, ~/.sdkman, ~/.jdks."
    advise_jdk
    echo "Or unpack one anywhere (https://adoptium.net/temurin/releases) and set KELVIN_JAVA_HOME."
  } >&2
  exit 3
}

# Says how to get a JDK on this distribution.
advise_jdk() {
  distribution
  case $family in
    *debian*)
      cat <<END
To get one, as root:
  apt-get update && apt-get install -y ca-certificates wget
  mkdir -p /etc/apt/keyrings
  wget -qO /etc/apt/keyrings/adoptium.asc https://packages.adoptium.net/artifactory/api/gpg/key/public
  echo 'deb [signed-by=/etc/apt/keyrings/adoptium.asc] https://packages.adoptium.net/artifactory/deb $codename main' >/etc/apt/sources.list.d/adoptium.list
  apt-get update && apt-get install -y temurin-25-jdk
END
      ;;
    *fedora* | *rhel*) echo "To get one, as root: dnf install java-25-openjdk-devel" ;;
    *suse*) echo "To get one, as root: zypper install java-25-openjdk-devel" ;;
    *arch*) echo "To get one, as root: pacman -S jdk-openjdk" ;;
  esac
}

# Sets "mvn".
find_mvn() {
  for mvn in "${MAVEN_HOME:-/nowhere}/bin/mvn" "${M2_HOME:-/nowhere}/bin/mvn" "$(command -v mvn)" \
    /usr/share/maven/bin/mvn /opt/maven*/bin/mvn /opt/apache-maven*/bin/mvn \
    "${HOME:-}/.sdkman/candidates/maven/current/bin/mvn"; do
    [ -x "$mvn" ] && return
  done
  echo "kelvin: there is no Maven (looked at MAVEN_HOME, M2_HOME, PATH, /usr/share, /opt, ~/.sdkman)." >&2
  distribution
  case $family in
    *debian*) echo "To get it, as root: apt-get update && apt-get install -y maven" >&2 ;;
    *fedora* | *rhel*) echo "To get it, as root: dnf install maven" >&2 ;;
    *suse*) echo "To get it, as root: zypper install maven" >&2 ;;
    *arch*) echo "To get it, as root: pacman -S maven" >&2 ;;
    *) echo "It is at https://maven.apache.org/download.cgi; set MAVEN_HOME to where it is." >&2 ;;
  esac
  exit 3
}

# Sets "family" and "codename" from os-release(5).
distribution() {
  family=
  codename=
  if [ -r /etc/os-release ]; then
    family=$(. /etc/os-release && echo "${ID:-} ${ID_LIKE:-}")
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  fi
}
