#!/usr/bin/env bash
# Runs upstream Kubernetes' own tests of kubectl (test/cmd/*.sh) against the simulated cluster.
#   KUBERNETES=DIR   a git repository (bare or not) that holds Kubernetes 1.36's sources, at its root or below
#                    deps/github.com/openshift/kubernetes
#   WORK=DIR         where to write (default: ${TMPDIR:-/tmp}/upstream-kubectl-tests)
#   run.sh [-m bare|full] [FUNCTION…]     bare: a control plane alone, as upstream runs them; full: with a worker and its kubelet
# Results in $WORK/out: summary.txt, failures.md, failed.txt, asserts.jsonl, kubectl.jsonl
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mode=bare
[[ ${1:-} == -m ]] && { mode=$2; shift 2; }
: "${KUBERNETES:?set KUBERNETES to a git repository with the sources of Kubernetes 1.36}"
WORK=${WORK:-${TMPDIR:-/tmp}/upstream-kubectl-tests}
mkdir -p "$WORK"
export TCMD_SRC=$WORK/upstream TCMD_STATE=$WORK/state TCMD_OUT=$WORK/out
[[ $mode == bare ]] || TCMD_OUT=$WORK/out-$mode
if [[ ! -d $TCMD_SRC/test/cmd ]]; then
  mkdir -p "$TCMD_SRC"
  below=deps/github.com/openshift/kubernetes/
  strip=4
  git -C "$KUBERNETES" cat-file -e "HEAD:${below}test/cmd" 2>/dev/null || { below=; strip=0; }
  # With --worktree-attributes archive looks at these folders alone: of others a mirror may lack big files.
  git -C "$KUBERNETES" archive --worktree-attributes HEAD "${below}test/cmd" "${below}test/fixtures" "${below}test/e2e/testing-manifests" "${below}hack/lib" "${below}hack/testdata" | tar x -C "$TCMD_SRC" --strip-components=$strip
fi
tcmd=$(cargo build --quiet --manifest-path "$here/Cargo.toml" --message-format json | jq -r '.executable | strings')
rm -rf "$TCMD_STATE" "$TCMD_OUT"
mkdir -p "$TCMD_STATE/bin" "$TCMD_OUT/logs"
# A copy, so that a build beside the run changes nothing of it.
cp "$tcmd" "$TCMD_STATE/tcmd"
tcmd=$TCMD_STATE/tcmd
for name in kubectl sleep date; do ln -s "$tcmd" "$TCMD_STATE/bin/$name"; done
"$tcmd" serve "$TCMD_STATE/socket" "$TCMD_OUT/kubectl.jsonl" 2> "$TCMD_OUT/logs/server" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
while [[ ! -S $TCMD_STATE/socket ]]; do /usr/bin/sleep 0.05; done
functions=("$@")
(( ${#functions[@]} )) || mapfile -t functions < <(grep -v '^#' "$here/functions.txt" | awk 'NF {print $1}')
: > "$TCMD_OUT/asserts.jsonl"
for fn in "${functions[@]}"; do
  "$tcmd" reset "$mode"
  began=$(/usr/bin/date +%s%N)
  PATH="$TCMD_STATE/bin:$PATH" timeout 900 bash "$here/one.sh" "$fn" < /dev/null > "$TCMD_OUT/logs/$fn" 2>&1 || echo "$fn: ended with $?" >&2
  echo "$fn $(( ($(/usr/bin/date +%s%N) - began) / 1000000 ))" >> "$TCMD_OUT/times"
done
"$tcmd" quit
python3 "$here/report.py" "$TCMD_OUT" "$here/verdicts.tsv"
