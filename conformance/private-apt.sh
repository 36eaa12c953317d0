# shellcheck shell=sh
# Sourced by the scripts that fetch Debian's packages: an apt of our own (lists, cache, status), so that nothing is installed on the
# machine, with the machine's own mirrors and another suite's name in them.

program=$(basename "$0")
die() { echo "$program: $*" >&2; exit 1; }
say() { echo "$program: $*" >&2; }

# shellcheck disable=SC2034  # for the scripts
default_cache=${JKMOD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/jkmod}

# Reads the package lists of $suite for $arch to below $cache; sets $work, and exports APT_CONFIG.
# shellcheck disable=SC2154  # the scripts set them
private_apt() {
    for tool in apt-get dpkg-deb; do
        command -v "$tool" >/dev/null || die "$tool is needed (a Debian machine)"
    done

    work=$cache/apt/$suite-$arch
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/empty"
    : >"$work/status"
    keyring=
    for k in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
        [ -r "$k" ] && { keyring="[signed-by=$k] "; break; }
    done
    mirrors=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ "^[a-z+]+:/") print $i }
             $1 == "URIs:" { for (i = 2; i <= NF; i++) print $i }' | sort -u)
    : >"$work/sources.list"
    for m in $mirrors; do
        case $m in
            */debian-security|*/debian-security/)
                case $suite in
                    sid|unstable|testing|experimental) ;;
                    *) echo "deb $keyring$m $suite-security main" >>"$work/sources.list" ;;
                esac ;;
            */debian|*/debian/) echo "deb $keyring$m $suite main" >>"$work/sources.list" ;;
        esac
    done
    [ -s "$work/sources.list" ] || die "no Debian mirror in this machine's apt sources"
    cat >"$work/apt.conf" <<CONF
Dir::State "$work";
Dir::State::Lists "$work/lists";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "$work/empty";
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "";
CONF
    export APT_CONFIG="$work/apt.conf"

    say "reading the package lists of $suite for $arch"
    if ! apt-get -qq update >"$work/update.log" 2>&1; then
        # Most often a mirror that is being synchronised. The suite itself holds kernels too.
        say "not all package lists can be read, see $work/update.log: going on without $suite-security"
        sed -i "/ $suite-security main/d" "$work/sources.list"
        apt-get -qq update >"$work/update.log" 2>&1 || die "apt-get update failed, see $work/update.log"
    fi
}
