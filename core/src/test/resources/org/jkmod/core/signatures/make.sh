#!/bin/sh
# Makes the certificates (*.der) and the signatures of the file "body" (*.p7) that ModuleSignatureTest reads. The private keys are
# thrown away, so a run replaces all. Made with OpenSSL 3.0.
set -e
cd "$(dirname "$0")"
keys=$(mktemp -d)
printf 'The body of a module, which no loader will ever load.' > body

self() { # name, how to make the key
    name=$1
    shift
    openssl req -new -x509 -nodes -newkey "$@" -keyout "$keys/$name.key" -out "$keys/$name.pem" -subj "/CN=Test $name" \
        -days 36500 -addext keyUsage=critical,digitalSignature -addext basicConstraints=critical,CA:TRUE
    openssl x509 -in "$keys/$name.pem" -outform DER -out "$name.der"
}
sign() { # signature, key, options
    name=$1
    key=$2
    shift 2
    openssl cms -sign -binary -in body -outform DER -out "$name.p7" -signer "$keys/$key.pem" -inkey "$keys/$key.key" "$@"
}

self rsa rsa:2048
self stranger rsa:1024
for curve in 256 384 521; do
    self p$curve ec -pkeyopt ec_paramgen_curve:P-$curve
done

# A key whose certificate the RSA key signed.
openssl req -new -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout "$keys/child.key" -out "$keys/child.csr" -subj "/CN=Test child"
printf 'basicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid,issuer:always\n' > "$keys/extensions"
openssl x509 -req -in "$keys/child.csr" -CA "$keys/rsa.pem" -CAkey "$keys/rsa.key" -set_serial 0x1234 -out "$keys/child.pem" -days 36500 \
    -extfile "$keys/extensions"

# As scripts/sign-file does.
for key in rsa stranger p256 p384 p521; do
    sign $key $key -noattr -nocerts -md sha256
done
sign rsa-sha1 rsa -noattr -nocerts -md sha1
sign rsa-sha512 rsa -noattr -nocerts -md sha512
sign rsa-sha3 rsa -noattr -nocerts -md sha3-256
sign rsa-keyid rsa -noattr -nocerts -md sha256 -keyid

# With certificates.
sign stranger-certificate stranger -noattr -md sha256
sign child child -noattr -md sha256
sign child-nocerts child -noattr -nocerts -md sha256

# What the kernel does not want of a module.
sign attributes rsa -nocerts -md sha256
sign data rsa -noattr -nocerts -md sha256 -nodetach
sign two rsa -noattr -nocerts -md sha256 -signer "$keys/stranger.pem" -inkey "$keys/stranger.key"

# A name that the kernel's registry does not know.
openssl req -new -x509 -nodes -newkey rsa:1024 -keyout "$keys/odd.key" -out "$keys/odd.pem" -subj "/DC=odd/CN=Test odd" -days 36500
sign odd odd -noattr -nocerts -md sha256
rm -r "$keys"
