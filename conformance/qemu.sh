# shellcheck shell=sh
# Sourced by the scripts that boot kernels. The sourcing script has sourced private-apt.sh and sets $main, the checkout, and $suite, $arch,
# $release, $cache, $cpu, $smp and $keep, as its options say; the functions set $work (a folder that is removed at the end), $root,
# $release, $kernel and $config.
# shellcheck disable=SC2154,SC2034  # see above

here=$main/conformance
# shellcheck source=conformance/packages.sh
. "$here/packages.sh"
case $arch in
    amd64) triple=x86_64-linux-gnu qemu=qemu-system-x86_64 machine=pc console=ttyS0 model=qemu64
        packages='qemu-system-x86 gcc-x86-64-linux-gnu libc6-dev-amd64-cross' ;;
    arm64) triple=aarch64-linux-gnu qemu=qemu-system-aarch64 machine=virt console=ttyAMA0 model=cortex-a57
        packages='qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross' ;;
    riscv64) triple=riscv64-linux-gnu qemu=qemu-system-riscv64 machine=virt console=ttyS0 model=rv64
        packages='qemu-system-misc gcc-riscv64-linux-gnu libc6-dev-riscv64-cross opensbi' ;;
    *) die "$arch is none of amd64, arm64, riscv64" ;;
esac
# The machine's own compiler needs no cross library.
if [ "$(dpkg --print-architecture 2>/dev/null)" = "$arch" ]; then
    packages=$(echo "$packages" | sed "s/gcc-[^ ]*/gcc/; s/libc6-dev-[^ ]*/libc6-dev/")
fi

work=$(mktemp -d)
pid=''
clean() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || :
    if [ -n "$keep" ]; then say "all is in $work"; else rm -rf "$work"; fi
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

compile() { "$triple-gcc" -O2 -static -o "$work/init" "$here/init/init.c" >"$work/compile.log" 2>&1; }
provide() {
    missing=''
    command -v "$qemu" >/dev/null || missing=$packages
    compile || missing=$packages
    command -v cpio >/dev/null || missing="$missing cpio"
    [ -n "${JAVA_HOME-}" ] || command -v javac >/dev/null || missing="$missing default-jdk-headless"
    command -v mvn >/dev/null || missing="$missing maven"
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086  # one word a package
    install_packages $missing
    compile || { cat "$work/compile.log" >&2; die "$here/init/init.c can't be compiled"; }
}

# The number of the plan's line that the kernel is at; all ones, in decimal, after the last.
position() { od -A n -t u8 -N 8 "$work/shared" | tr -d ' '; }
done_position=18446744073709551615

# Boots the kernel and waits until it has done all, died, or hung.
boot() {
    rm -f "$work/shared"
    truncate -s 512M "$work/shared"
    "$qemu" -machine "$machine,accel=tcg" -cpu "${cpu:-$model}" -smp "$smp" -m 2G -nodefaults -no-reboot -display none \
        -serial "file:$work/console.txt" -kernel "$kernel" -initrd "$work/initramfs" -append "$append" \
        -object "memory-backend-file,id=shared,size=512M,share=on,mem-path=$work/shared" \
        -device ivshmem-plain,memdev=shared >"$work/qemu.log" 2>&1 &
    pid=$!
    last='' still=0
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        at=$(position)
        if [ "$at" = "$last" ]; then still=$((still + 1)); else still=0; fi
        last=$at
        if [ "$at" = "$done_position" ] && [ "$still" -gt 10 ]; then break; fi
        if [ "$still" -gt 180 ]; then
            say "nothing has happened for three minutes"
            break
        fi
    done
    kill "$pid" 2>/dev/null || :
    wait "$pid" 2>/dev/null || :
    pid=''
}

# Fetches the kernel.
find_kernel() {
    # shellcheck disable=SC2046  # two words
    set -- $("$here/fetch-kernel" "$suite" "$arch" --cache "$cache" ${release:+--release "$release"})
    [ $# -eq 2 ] || die "no kernel"
    root=$1 release=$2
    kernel='' config=''
    for f in "$root/boot/vmlinuz-$release" "$root/boot/vmlinux-$release" "$root/lib/modules/$release/vmlinuz"; do
        if [ -r "$f" ]; then kernel=$f; break; fi
    done
    for f in "$root/boot/config-$release" "$root/lib/modules/$release/config"; do
        if [ -r "$f" ]; then config=$f; break; fi
    done
    [ -n "$kernel" ] || die "no kernel in $root"
    [ -n "$config" ] || die "no configuration in $root"
}

# Packs $work/root as the kernel's first file system.
pack() { (cd "$work/root" && find . | cpio -o -H newc --quiet) | gzip -1 >"$work/initramfs"; }
