#!/bin/sh
# Runs one command in any image: what the container of the command is started with, as `busybox sh /exec/run.sh`.
#
# Beside it lie bin/busybox, once/ (what init.sh left: read, then removed) and state/. Both folders are writable for
# everybody, because the image's user may be anybody. Arguments are the image's own entry point, when the command is to
# be given to that. The command never stands in a script: it comes from a file.
#
# Both outputs of the command are one stream, counted and hashed as it was written. What the log driver of ECS would
# lose is then written so that the reader can undo it: an empty line as a lone GS (octal 035), a line above 16,000 bytes
# as pieces that end in US (octal 037), the last line of an output without a newline at its end as such a piece too, and
# a line that itself ends in one of the two with a GS behind it.
#
# The same file is also `--keep` (runs the command and keeps its exit code), `--begin` (becomes the command),
# `--deadline` (stops it) and `--drain` (gives up waiting for those who left its group).
set -u

HAWSER_SHIM_DIR=${0%/*}
HAWSER_SHIM_BUSYBOX=$HAWSER_SHIM_DIR/bin/busybox
HAWSER_SHIM_ONCE=$HAWSER_SHIM_DIR/once
HAWSER_SHIM_STATE=$HAWSER_SHIM_DIR/state

# Says which program is missing, or cannot be run, as far as that can be told from the text of a command and its exit
# code. The shell's own `not found` says nothing of images.
name_missing() {
  "$HAWSER_SHIM_BUSYBOX" tr ';&|()' '\n\n\n\n\n' | while read -r HAWSER_SHIM_WORD _; do
    case $HAWSER_SHIM_WORD in
      '' | *[!A-Za-z0-9_./+-]*) continue ;;
    esac
    if [ "$1" -eq 127 ]; then
      command -v "$HAWSER_SHIM_WORD" >/dev/null 2>&1 && continue
      echo "hawser: $HAWSER_SHIM_WORD is not in the image $HAWSER_SHIM_IMAGE; --image chooses one that has it."
    else
      [ -f "$HAWSER_SHIM_WORD" ] || continue
      echo "hawser: $HAWSER_SHIM_WORD cannot be run in the image $HAWSER_SHIM_IMAGE: it may lack the right to be, or be for another processor."
    fi
    break
  done
}

# The environment of the command is read here. Nobody may ask for names that begin with HAWSER_, so none of it can stand
# in for one of ours.
keep() {
  # A handler, not an ignored signal: what is ignored here would be ignored in the command.
  trap : TERM INT HUP QUIT USR1 USR2
  # What this shell itself says, such as that a child was killed, is not of the command.
  exec 8>"$HAWSER_SHIM_STATE/ended" 9>"$HAWSER_SHIM_STATE/output" >/dev/null 2>&1
  HAWSER_SHIM_IMAGE=$("$HAWSER_SHIM_BUSYBOX" cat "$HAWSER_SHIM_ONCE/image")
  # The dot saves newlines at the end.
  HAWSER_SHIM_WORKDIR=$("$HAWSER_SHIM_BUSYBOX" cat "$HAWSER_SHIM_ONCE/workdir" && echo .)
  HAWSER_SHIM_WORKDIR=${HAWSER_SHIM_WORKDIR%?}
  HAWSER_SHIM_TEXT=
  if [ -e "$HAWSER_SHIM_ONCE/command" ]; then
    HAWSER_SHIM_TEXT=$("$HAWSER_SHIM_BUSYBOX" cat "$HAWSER_SHIM_ONCE/command" && echo .)
    HAWSER_SHIM_TEXT=${HAWSER_SHIM_TEXT%?}
    if [ $# -gt 0 ]; then
      set -- "$HAWSER_SHIM_BUSYBOX" sh -c "exec \"\$@\" $HAWSER_SHIM_TEXT" sh "$@"
    elif [ -x /bin/sh ] && /bin/sh -c : 2>/dev/null; then
      set -- /bin/sh -c "$HAWSER_SHIM_TEXT"
    else
      set -- "$HAWSER_SHIM_BUSYBOX" sh -c "$HAWSER_SHIM_TEXT"
    fi
  else
    # Adds to the arguments that there are.
    # shellcheck source=/dev/null
    . "$HAWSER_SHIM_ONCE/arguments"
    HAWSER_SHIM_TEXT=$1
  fi
  if [ -e "$HAWSER_SHIM_ONCE/key" ]; then
    # ssh refuses a key of one's own that others may read.
    (umask 077 && "$HAWSER_SHIM_BUSYBOX" cat "$HAWSER_SHIM_ONCE/key" >"$HAWSER_SHIM_STATE/key")
  fi
  # shellcheck source=/dev/null
  . "$HAWSER_SHIM_ONCE/environment"
  "$HAWSER_SHIM_BUSYBOX" rm -rf "$HAWSER_SHIM_ONCE"/* 2>/dev/null
  HAWSER_SHIM_CODE=125
  if cd "$HAWSER_SHIM_WORKDIR"; then
    "$HAWSER_SHIM_BUSYBOX" setsid "$HAWSER_SHIM_BUSYBOX" sh "$HAWSER_SHIM_DIR/run.sh" --begin "$@"
    HAWSER_SHIM_CODE=$?
  else
    echo "hawser: there is no folder $HAWSER_SHIM_WORKDIR" >&9
  fi
  case $HAWSER_SHIM_CODE in
    126 | 127) printf '%s\n' "$HAWSER_SHIM_TEXT" | name_missing "$HAWSER_SHIM_CODE" >&9 ;;
  esac
  echo "$HAWSER_SHIM_CODE" >"$HAWSER_SHIM_STATE/code"
}

state() {
  "$HAWSER_SHIM_BUSYBOX" cat "$HAWSER_SHIM_STATE/$1" 2>/dev/null
}

# Signals all of the command. `stop` is written first and the group read then; whoever begins the command does it the
# other way round: no signal falls between the two.
signal_command() {
  : >"$HAWSER_SHIM_STATE/stop"
  HAWSER_SHIM_GROUP=$(state group)
  if [ -n "$HAWSER_SHIM_GROUP" ]; then
    kill -s "$1" -- "-$HAWSER_SHIM_GROUP" 2>/dev/null
  fi
}

case ${1-} in
  --keep)
    shift
    keep "$@"
    exit 0
    ;;
  --begin)
    echo $$ >"$HAWSER_SHIM_STATE/group"
    [ -e "$HAWSER_SHIM_STATE/stop" ] && exit 143
    shift
    # Here, and not where this is started: there the output would take in what that shell says of its child's end.
    exec "$@" >&9 2>&9 8>&- 9>&-
    ;;
  --deadline)
    "$HAWSER_SHIM_BUSYBOX" sleep "$2"
    [ -s "$HAWSER_SHIM_STATE/code" ] && exit 0
    : >"$HAWSER_SHIM_STATE/overdue"
    signal_command TERM
    "$HAWSER_SHIM_BUSYBOX" sleep "$3"
    signal_command KILL
    exit 0
    ;;
  --drain)
    shift
    "$HAWSER_SHIM_BUSYBOX" sleep 5
    kill -s TERM "$1" 2>/dev/null
    # Readers end when the first does, unless it never came to open their pipes.
    "$HAWSER_SHIM_BUSYBOX" sleep 2
    kill -s TERM "$@" 2>/dev/null
    exit 0
    ;;
esac

# Ends a timer, which has a session of its own or is about to.
end_timer() {
  kill -s KILL "$1" 2>/dev/null
  kill -s KILL -- "-$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

# Waits for a child, whatever signals come meanwhile.
wait_for() {
  while kill -s 0 "$1" 2>/dev/null; do
    wait "$1" 2>/dev/null
  done
}

trap 'signal_command TERM' TERM
trap 'signal_command INT' INT
trap 'signal_command HUP' HUP
trap 'signal_command QUIT' QUIT
trap 'signal_command USR1' USR1
trap 'signal_command USR2' USR2

HAWSER_SHIM_NONCE=$("$HAWSER_SHIM_BUSYBOX" cat "$HAWSER_SHIM_ONCE/nonce") || exit 125
read -r HAWSER_SHIM_TIMEOUT HAWSER_SHIM_GRACE <"$HAWSER_SHIM_ONCE/deadline" || exit 125
"$HAWSER_SHIM_BUSYBOX" rm -f "$HAWSER_SHIM_ONCE/nonce"
for HAWSER_SHIM_PIPE in output ended plain hashed counted; do
  "$HAWSER_SHIM_BUSYBOX" mkfifo -m 600 "$HAWSER_SHIM_STATE/$HAWSER_SHIM_PIPE" || exit 125
done

echo "::hawser-exec begin nonce=$HAWSER_SHIM_NONCE"

cd "$HAWSER_SHIM_STATE" || exit 125
"$HAWSER_SHIM_BUSYBOX" cat ended >/dev/null &
HAWSER_SHIM_ENDED=$!
"$HAWSER_SHIM_BUSYBOX" sha256sum <hashed >sha256 &
HAWSER_SHIM_HASH=$!
"$HAWSER_SHIM_BUSYBOX" wc -lc <counted >counts &
HAWSER_SHIM_COUNT=$!
# An RS (octal 036) is put behind the output: a line that it ends was left without a newline.
# shellcheck disable=SC2016
LC_ALL=C "$HAWSER_SHIM_BUSYBOX" awk '
  function write(line, mark,  cut, last) {
    while (length(line) > 16000) {
      cut = 16000
      while (cut > 15990 && index(inside, substr(line, cut + 1, 1))) cut--
      printf "%s\037\n", substr(line, 1, cut)
      line = substr(line, cut + 1)
    }
    last = substr(line, length(line))
    if (mark == "" && (line == "" || last == "\035" || last == "\037")) mark = "\035"
    printf "%s%s\n", line, mark
    fflush()
  }
  BEGIN { for (byte = 128; byte < 192; byte++) inside = inside sprintf("%c", byte) }
  held { write(kept, "") }
  { held = substr($0, length($0)) == "\036" }
  held { kept = $0 }
  !held { write($0, "") }
  END {
    if (length(kept) > 1 && held) {
      write(substr(kept, 1, length(kept) - 1), "\037")
      print 1 >"partial"
    }
  }' <plain &
HAWSER_SHIM_WRITER=$!
exec 7>plain
"$HAWSER_SHIM_BUSYBOX" tee hashed counted <output >&7 7>&- &
HAWSER_SHIM_TEE=$!

"$HAWSER_SHIM_BUSYBOX" setsid "$HAWSER_SHIM_BUSYBOX" sh "$HAWSER_SHIM_DIR/run.sh" --deadline "$HAWSER_SHIM_TIMEOUT" "$HAWSER_SHIM_GRACE" 7>&- &
HAWSER_SHIM_TIMER=$!
# Not in the background: what a shell starts there ignores INT and QUIT for good. The second setsid is the leader of a
# group, so it forks and is done at once; what it forked is waited for through a pipe that it holds.
"$HAWSER_SHIM_BUSYBOX" setsid "$HAWSER_SHIM_BUSYBOX" setsid "$HAWSER_SHIM_BUSYBOX" sh "$HAWSER_SHIM_DIR/run.sh" --keep "$@" 7>&- || {
  # Nobody else will open them.
  : >ended
  : >output
}
wait_for "$HAWSER_SHIM_ENDED"

end_timer "$HAWSER_SHIM_TIMER"
# What the command left behind in its group ends with it, as it does when a container ends.
signal_command KILL
set -- "$HAWSER_SHIM_TEE" "$HAWSER_SHIM_HASH" "$HAWSER_SHIM_COUNT"
"$HAWSER_SHIM_BUSYBOX" setsid "$HAWSER_SHIM_BUSYBOX" sh "$HAWSER_SHIM_DIR/run.sh" --drain "$@" 7>&- &
HAWSER_SHIM_TIMER=$!
for HAWSER_SHIM_CHILD in "$@"; do
  wait_for "$HAWSER_SHIM_CHILD"
done
printf '\036' >&7
exec 7>&-
wait_for "$HAWSER_SHIM_WRITER"
end_timer "$HAWSER_SHIM_TIMER"

# Without a code whoever kept it was killed, together with the command.
HAWSER_SHIM_CODE=$(state code)
HAWSER_SHIM_CODE=${HAWSER_SHIM_CODE:-137}
HAWSER_SHIM_OVERDUE=0
[ -e overdue ] && HAWSER_SHIM_OVERDUE=1
read -r HAWSER_SHIM_LINES HAWSER_SHIM_BYTES <counts
read -r HAWSER_SHIM_SHA256 _ <sha256
if [ -e partial ]; then
  HAWSER_SHIM_LINES=$((HAWSER_SHIM_LINES + 1))
fi
echo "::hawser-exec end nonce=$HAWSER_SHIM_NONCE exit=$HAWSER_SHIM_CODE overdue=$HAWSER_SHIM_OVERDUE lines=$HAWSER_SHIM_LINES bytes=$HAWSER_SHIM_BYTES sha256=$HAWSER_SHIM_SHA256"
[ "$HAWSER_SHIM_OVERDUE" -eq 0 ] || HAWSER_SHIM_CODE=124
exit "$HAWSER_SHIM_CODE"
