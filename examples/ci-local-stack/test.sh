#!/bin/sh
# Stands for tests of your own: each line meets one part, by the variables that the job was given and nothing else.
set -eu
test "$(hawser ssm run i-0123456789abcdef0 -- echo reached)" = reached
test "$(hawser exec --no-repo 'echo ran')" = ran
hawser sessions run -- true
hawser hf whoami | grep -q hawser
hawser aws check --json | grep -q '"ok":true'
if command -v kubectl >/dev/null; then kubectl get namespace default; fi
echo "all parts were met"
