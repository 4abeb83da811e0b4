#!/bin/sh
# Starts or stops a three-node cluster for tests, on this host's ports 2111 to 2113, without TLS, in memory.
#
#   docs/cluster.sh start IMAGE     for example the vendor's image of EventStoreDB 24.10 or KurrentDB 25
#   docs/cluster.sh stop
#
# Never for data: nothing is kept, and nobody is asked for a password.
set -eu

stop() {
    for node in 1 2 3; do
        docker rm --force "yimen-cluster-$node" >/dev/null 2>&1 || true
    done
}

start() {
    image=$1
    # Both products read the same settings, each under its own name.
    case $image in
        *kurrent*) name=KURRENTDB ;;
        *) name=EVENTSTORE ;;
    esac
    stop
    for node in 1 2 3; do
        seeds=
        for other in 1 2 3; do
            [ "$other" = "$node" ] || seeds="$seeds${seeds:+,}127.0.0.1:211$other"
        done
        docker run --detach --name "yimen-cluster-$node" --network host \
            --env "${name}_CLUSTER_SIZE=3" \
            --env "${name}_DISCOVER_VIA_DNS=false" \
            --env "${name}_GOSSIP_SEED=$seeds" \
            --env "${name}_NODE_IP=127.0.0.1" \
            --env "${name}_NODE_PORT=211$node" \
            --env "${name}_REPLICATION_IP=127.0.0.1" \
            --env "${name}_REPLICATION_PORT=111$node" \
            --env "${name}_INSECURE=true" \
            --env "${name}_MEM_DB=true" \
            "$image" >/dev/null
    done
    echo 'export YIMEN_TEST_ESDB="esdb://127.0.0.1:2111,127.0.0.1:2112,127.0.0.1:2113?tls=false"'
}

case ${1:-} in
    start) start "${2:?name the image}" ;;
    stop) stop ;;
    *)
        sed -n '2,7s/^# \{0,1\}//p' "$0"
        exit 64
        ;;
esac
