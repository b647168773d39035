#!/usr/bin/env bash
# Writes the stores in tests/corpus anew, with Java's keytool and openssl. They are valid for a
# hundred years; the tests know their passwords: "changeit", and "changekey" for keys in JKS and JCEKS.
set -euo pipefail
cd "$(dirname "$0")/corpus"
rm -f -- *

days=36500
password=(-storepass changeit -noprompt)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

openssl ecparam -name prime256v1 -genkey -noout -out "$work/ca.key"
openssl req -x509 -new -key "$work/ca.key" -days "$days" -subj "/CN=Store tests CA" -out ca.pem
openssl ecparam -name prime256v1 -genkey -noout -out sec1.key
openssl req -new -key sec1.key -subj "/O=Aeroduct/CN=server.test" -out "$work/server.csr"
openssl x509 -req -in "$work/server.csr" -CA ca.pem -CAkey "$work/ca.key" -set_serial 2 -days "$days" \
  -extfile <(echo "subjectAltName=DNS:server.test") -out server.pem
openssl pkcs8 -topk8 -nocrypt -in sec1.key -out "$work/pkcs8.key"
cat "$work/pkcs8.key" server.pem ca.pem > whole.pem

# A key of PEM, by the algorithms of openssl.
for suite in "aes256 -v2 aes-256-cbc" "sha1prf -v2 aes-128-cbc -v2prf hmacWithSHA1" "scrypt -scrypt" \
  "des3 -v2 des3" "v1des3 -v1 PBE-SHA1-3DES" "v1des -v1 PBE-MD5-DES"; do
  read -r name options <<< "$suite"
  # shellcheck disable=SC2086
  openssl pkcs8 -topk8 -in sec1.key $options -passout pass:changeit -provider legacy -provider default \
    -out "$work/encrypted.key"
  cat server.pem ca.pem "$work/encrypted.key" > "encrypted-$name.pem"
done
# More iterations than anybody needs.
openssl pkcs8 -topk8 -in sec1.key -iter 6000000 -passout pass:changeit -out "$work/slow.key"
cat "$work/slow.key" server.pem > encrypted-slow.pem
openssl genrsa -traditional -out "$work/rsa.key" 2048
openssl req -x509 -new -key "$work/rsa.key" -days "$days" -subj "/CN=rsa.test" -out "$work/rsa.pem"
cat "$work/rsa.key" "$work/rsa.pem" > pkcs1.pem
openssl rsa -traditional -in "$work/rsa.key" -aes128 -passout pass:changeit -out "$work/old.key"
cat "$work/old.key" "$work/rsa.pem" > old-encryption.pem

# PKCS#12 of openssl: as it is now, as it was, for trust alone, and without a check sum.
export=(openssl pkcs12 -export -passout pass:changeit)
"${export[@]}" -inkey sec1.key -in server.pem -certfile ca.pem -name server -out openssl.p12
"${export[@]}" -legacy -inkey sec1.key -in server.pem -certfile ca.pem -name server -out openssl-legacy.p12
"${export[@]}" -nokeys -in ca.pem -out openssl-trust.p12
"${export[@]}" -nomac -inkey sec1.key -in server.pem -certfile ca.pem -name server -out openssl-nomac.p12
"${export[@]}" -keypbe PBE-SHA1-RC4-128 -legacy -inkey sec1.key -in server.pem -out openssl-rc4.p12

# The same key in the stores of Java.
import=(keytool -importkeystore -srckeystore openssl.p12 -srcstoretype PKCS12 -srcstorepass changeit -srcalias server
  -deststorepass changeit -noprompt)
"${import[@]}" -deststoretype JKS -destkeypass changekey -destkeystore java.jks
"${import[@]}" -deststoretype JCEKS -destkeypass changekey -destkeystore java.jceks
"${import[@]}" -deststoretype PKCS12 -destkeystore java.p12
"${import[@]}" -J-Dkeystore.pkcs12.legacy -deststoretype PKCS12 -destkeystore java-legacy.p12
"${import[@]}" -deststoretype JKS -destalias second -destkeypass changekey -destkeystore two.jks
"${import[@]}" -deststoretype JKS -destalias third -destkeypass changekey -destkeystore two.jks
for type in jks jceks; do
  keytool -importcert -alias ca -file ca.pem -storetype "$type" -keystore "trust.$type" "${password[@]}"
done
keytool -importcert -alias ca -file ca.pem -storetype PKCS12 -keystore trust.p12 "${password[@]}"
keytool -importcert -alias ca -file ca.pem -storetype PKCS12 -keystore open.p12 "${password[@]}" \
  -J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE -J-Dkeystore.pkcs12.macAlgorithm=NONE
cp java.p12 secret.p12
keytool -genseckey -alias secret -keyalg AES -keysize 128 -storetype PKCS12 -keystore secret.p12 "${password[@]}"
cp trust.jceks secret.jceks
keytool -genseckey -alias secret -keyalg AES -keysize 128 -storetype JCEKS -keystore secret.jceks "${password[@]}" \
  -keypass changekey
