# What a single broker and a cluster share: Java, the jars of Apache Kafka, and the life of one
# node. To be sourced; the node at hand lies in `dir`.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../target}
mkdir -p "$target/kafka"
libs=$target/kafka/jars-$(cksum <"$here/pom.xml" | cut -d' ' -f1)
fast_start="-Xms128m -Xmx768m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto"
inside=()

say() { echo "${0##*/}: $*" >&2; }
fail() { say "$*"; exit 1; }

java_major() {
  java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1
}

has_java() {
  command -v java >/dev/null && [[ $(java_major) =~ ^[0-9]+$ ]] && (( $(java_major) >= 17 ))
}

# Installs what is missing where that is allowed, else says what to install.
need_tools() {
  local missing=()
  has_java || missing+=(java)
  [[ -d $libs ]] || command -v mvn >/dev/null || missing+=(maven)
  [[ -z ${tls:-} ]] || command -v openssl >/dev/null || missing+=(openssl)
  (( ${#missing[@]} )) || return 0
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    fail "please install ${missing[*]}: a Java 17 runtime, Maven, OpenSSL (Debian: apt-get install openjdk-17-jre-headless maven openssl)"
  fi
  say "installing ${missing[*]}"
  apt-get -qq update >&2
  local packages=() package
  for package in "${missing[@]}"; do
    case $package in
      maven | openssl) packages+=("$package") ;;
      java)
        if apt-cache show openjdk-17-jre-headless >/dev/null 2>&1; then
          packages+=(openjdk-17-jre-headless)
        else
          packages+=(default-jre-headless)
        fi ;;
    esac
  done
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${packages[@]}" >&2
  has_java || fail "the java found first on PATH is older than 17"
}

# Fetches the jars once for each version of the pom.
need_jars() {
  [[ -d $libs ]] && return 0
  say "fetching the jars of Apache Kafka"
  local fetched=$libs.$$
  if ! mvn -B -q -ntp -f "$here/pom.xml" dependency:copy-dependencies \
      -DoutputDirectory="$fetched" >&2; then
    rm -rf "$fetched"
    fail "Maven could not fetch the jars named in deploy/kafka/pom.xml"
  fi
  # Another start may have been quicker; its jars are the same.
  mv -T "$fetched" "$libs" 2>/dev/null || rm -rf "$fetched"
}

# A pid file may outlive its process and its number find another owner: the process must name
# our configuration.
is_running() {
  [[ -s $dir/pid ]] || return 1
  local pid args
  pid=$(cat "$dir/pid")
  if [[ -d /proc/self ]]; then
    args=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || return 1
  else
    args=$(ps -o args= -p "$pid") || return 1
  fi
  [[ $args == *"$dir/server.properties"* ]]
}

# A run of the storage tool, with what it prints.
storage_tool() {
  run_java -cp "$libs/*" -XX:TieredStopAtLevel=1 kafka.tools.StorageTool "$@"
}

run_java() {
  java -Dlog4j2.configurationFile="$here/log4j2.properties" "$@"
}

# `inside` is a command that runs the node elsewhere, such as in a network namespace.
launch() {
  local options
  read -r -a options <<<"${KAFKA_JVM_OPTS:-$fast_start}"
  setsid "${inside[@]}" java -Dlog4j2.configurationFile="$here/log4j2.properties" "${options[@]}" \
    -cp "$libs/*" kafka.Kafka "$dir/server.properties" \
    >>"$dir/log" 2>&1 </dev/null &
  local pid=$!
  echo "$pid" >"$dir/pid"
  # Until it runs Java, the new process has the arguments of this script.
  while ! is_running && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

started_count() { grep -c 'Kafka Server started' "$dir/log" || [[ $? == 1 ]]; }

await_end() {
  local tenths=$1
  while (( tenths > 0 )) && is_running; do sleep 0.1; tenths=$(( tenths - 1 )); done
  ! is_running
}

stop_hard() {
  if is_running; then kill -9 "$(cat "$dir/pid")"; await_end 100; fi
  rm -f "$dir/pid"
}

stop_gently() {
  if is_running; then
    kill "$(cat "$dir/pid")"
    await_end 200 || stop_hard
  fi
  rm -f "$dir/pid"
}

# Prints the comment at the head of the script that runs.
print_usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; }
