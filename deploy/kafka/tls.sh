# What a broker with TLS has in addition: certificates, users, two listeners, and an authorizer. To be sourced; the
# node at hand lies in `dir`.

# A key and a certificate for it. `signer` is the name of the authority; none signs itself.
certificate() {
  local name=$1 signer=$2 extensions=$3
  local by=(-CA "$tls/$signer.pem" -CAkey "$tls/$signer.key")
  [[ -n $signer ]] || by=()
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj "/CN=$name" -addext "$extensions" "${by[@]}" \
    -keyout "$tls/$name.key" -out "$tls/$name.pem" 2>>"$dir/log"
}

# `ca` signs the broker and its clients; `stranger` is an authority that signs neither.
make_certificates() {
  mkdir -p "$tls"
  (
    umask 077
    certificate ca "" "keyUsage=critical,keyCertSign,cRLSign"
    certificate stranger "" "keyUsage=critical,keyCertSign,cRLSign"
    certificate broker ca "subjectAltName=IP:127.0.0.1,DNS:localhost"
    certificate client ca "extendedKeyUsage=clientAuth"
    cat "$tls/broker.key" "$tls/broker.pem" "$tls/ca.pem" >"$tls/keystore.pem"
    openssl rand -hex 16 >"$tls/password"
  ) || { tail -n 20 "$dir/log" >&2; fail "openssl could not make the certificates"; }
}

# The user `airshed` comes in through the first listener with its password, and any client with a
# certificate through the second.
tls_properties() {
  local sasl=$1 mutual=$2
  echo "127.0.0.1:$sasl" >"$tls/sasl"
  echo "127.0.0.1:$mutual" >"$tls/mutual"
  cat <<END
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL
ssl.keystore.type=PEM
ssl.keystore.location=$tls/keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location=$tls/ca.pem
listener.name.sasl.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.mutual.ssl.client.auth=required
END
}

# Lists say who may do what. Whoever comes without security is this machine, and sets them.
acl_properties() {
  cat <<END
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=false
END
}

# Gives the user another password, by the listener without security.
set_password() {
  local password=$1
  run_java -cp "$libs/*" -XX:TieredStopAtLevel=1 kafka.admin.ConfigCommand \
    --bootstrap-server "$(cat "$dir/address")" --alter --entity-type users --entity-name airshed \
    --add-config "SCRAM-SHA-512=[iterations=4096,password=$password]" >>"$dir/log" 2>&1 \
    || { tail -n 20 "$dir/log" >&2; fail "the password could not be changed"; }
}
