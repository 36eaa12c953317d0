#!/bin/sh
# Makes signed.ko and signer.pem, which ModinfoCommandTest and the launcher's class archive read: the smallest object that modinfo reads,
# signed as the kernel's scripts/sign-file does. The private key is thrown away. Made with OpenSSL 3.0 and binutils 2.40.
set -e
cd "$(dirname "$0")"
work=$(mktemp -d)
printf 'license=GPL\0description=A signed module\0parm=debug:Debug level\0parmtype=debug:int\0depends=\0name=signed\0' >"$work/modinfo"
printf '' | as --64 -o "$work/empty.o" -
objcopy --add-section .modinfo="$work/modinfo" --set-section-flags .modinfo=alloc,readonly "$work/empty.o" signed.ko
strip --strip-unneeded --keep-section=.modinfo signed.ko
openssl req -new -x509 -nodes -newkey rsa:2048 -keyout "$work/key" -out signer.pem -subj "/CN=Test signer" -days 36500 \
    -addext keyUsage=critical,digitalSignature -addext basicConstraints=critical,CA:FALSE
openssl cms -sign -binary -in signed.ko -outform DER -out "$work/p7" -signer signer.pem -inkey "$work/key" -noattr -nocerts -md sha256
size=$(wc -c <"$work/p7")
cat "$work/p7" >>signed.ko
printf "$(printf '\\000\\000\\002\\000\\000\\000\\000\\000\\%03o\\%03o\\%03o\\%03o' 0 0 $((size / 256)) $((size % 256)))" >>signed.ko
printf '~Module signature appended~\n' >>signed.ko
rm -r "$work"
