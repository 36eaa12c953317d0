# shellcheck shell=sh
# Sourced by the scripts that need other programs; they have die and say.

# install_packages PACKAGE...: installs Debian's packages if this is run by root on a Debian machine; else ends, and says which they are.
install_packages() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        die "not all is here that is needed; on a Debian machine: apt-get install --no-install-recommends $*"
    fi
    say "installing $*"
    log=$(mktemp)
    if ! { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "apt-get install failed"
    fi
    rm -f "$log"
}
