#!/bin/sh
# Makes a task ready before its command: exchanges the one-time token for the payload, clones, applies work that is in
# no commit, and leaves for run.sh what that needs. It alone sees the token and git's credentials.
#
# Environment: HAWSER_ENDPOINT, HAWSER_EXEC_ID, HAWSER_EXEC_ATTEMPT, HAWSER_EXEC_TOKEN, HAWSER_IMAGE (of the command) and
# HAWSER_RUN_SH (the text of run.sh). HAWSER_DIR and HAWSER_WORKSPACE are where the volumes lie.
#
# What fails is reported with its reason; the exit code says it too, because the service may be out of reach:
# 20 payload, 21 clone_auth, 22 ref_not_found, 23 clone_failed, 24 network.
set -u
umask 022

dir=${HAWSER_DIR:-/exec}
workspace=${HAWSER_WORKSPACE:-/workspace}
busybox=$dir/bin/busybox
once=$dir/once
private=$(mktemp -d) || exit 23
payload=$private/payload
report_token=
LC_ALL=C
GIT_TERMINAL_PROMPT=0
GIT_ALLOW_PROTOCOL=https:ssh:http:git:file
# A server that says nothing for a minute is given up.
GIT_HTTP_LOW_SPEED_LIMIT=1
GIT_HTTP_LOW_SPEED_TIME=60
export LC_ALL GIT_TERMINAL_PROMPT GIT_ALLOW_PROTOCOL GIT_HTTP_LOW_SPEED_LIMIT GIT_HTTP_LOW_SPEED_TIME
trap 'rm -rf "$private"' EXIT

say() {
  printf 'hawser: %s\n' "$*"
}

field() {
  if [ -e "$payload/$1" ]; then
    cat "$payload/$1"
  fi
}

# Text as a JSON string.
json() {
  # shellcheck disable=SC2016
  printf '%s' "$1" | "$busybox" tr -d '\000-\010\013-\037\177' | "$busybox" awk '
    {
      n = split($0, part, "\\")
      line = part[1]
      for (i = 2; i <= n; i++) line = line "\\\\" part[i]
      n = split(line, part, "\"")
      line = part[1]
      for (i = 2; i <= n; i++) line = line "\\\"" part[i]
      n = split(line, part, "\t")
      line = part[1]
      for (i = 2; i <= n; i++) line = line " " part[i]
      all = all (NR > 1 ? "\\n" : "") line
    }
    END { printf "\"%s\"", all }'
}

# A call to the service: method, path, file for the answer, file of the body or nothing. Prints the status; 000 when there
# was no answer. Headers and addresses come to curl in a file, because arguments can be seen by others.
call() {
  {
    printf 'url = "%s%s"\nrequest = "%s"\noutput = "%s"\n' "$HAWSER_ENDPOINT" "$2" "$1" "$3"
    if [ -n "${4-}" ]; then
      printf 'header = "Content-Type: application/json"\ndata-binary = "@%s"\n' "$4"
    else
      printf 'header = "X-Job-Token: %s"\n' "$HAWSER_EXEC_TOKEN"
    fi
  } >"$private/curl"
  curl --config "$private/curl" --silent --show-error --proto '=http,https' --max-time 60 --connect-timeout 20 \
    --retry "${HAWSER_RETRIES:-4}" --retry-connrefused --write-out '%{http_code}'
}

# event, then members of the body
report() {
  [ -n "$report_token" ] || return 0
  printf '{"token":"%s","attempt":%s,"event":"%s","at":%s000%s}' \
    "$report_token" "$HAWSER_EXEC_ATTEMPT" "$1" "$(date +%s)" "${2-}" >"$private/report"
  call POST "/executions/$HAWSER_EXEC_ID/report" "$private/answer" "$private/report" >"$private/status" 2>/dev/null || :
}

# reason code, exit code, sentence
fail() {
  say "$3"
  report failed ",\"reason_code\":\"$1\",\"reason\":$(json "$3")"
  exit "$2"
}

# Takes a JSON document apart: strings of known places become files, variables and arguments text for a shell.
take_apart() {
  mkdir -p "$payload/git" "$payload/dirty"
  : >"$once/environment"
  # shellcheck disable=SC2016
  "$busybox" awk -v payload="$payload" -v once="$once" '
    function hex(digits,  i, sum) {
      for (i = 1; i <= 4; i++) sum = sum * 16 + index("0123456789abcdef", tolower(substr(digits, i, 1))) - 1
      return sum
    }
    function utf8(code) {
      if (code < 128) return sprintf("%c", code)
      if (code < 2048) return sprintf("%c%c", 192 + int(code / 64), 128 + code % 64)
      if (code < 65536) return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
      return sprintf("%c%c%c%c", 240 + int(code / 262144), 128 + int(code / 4096) % 64, 128 + int(code / 64) % 64, 128 + code % 64)
    }
    function plain(raw,  part, count, i, text, letter, code) {
      count = split(raw, part, "\\")
      text = part[1]
      for (i = 2; i <= count; i++) {
        if (part[i] == "") {
          text = text "\\" part[++i]
          continue
        }
        letter = substr(part[i], 1, 1)
        if (letter == "u") {
          code = hex(substr(part[i], 2, 4))
          if (code >= 55296 && code < 56320 && part[i] ~ /^u....$/ && part[i + 1] ~ /^u[dD][c-fC-F]/) {
            i++
            code = 65536 + (code - 55296) * 1024 + hex(substr(part[i], 2, 4)) - 56320
          }
          if (code == 0) exit 1
          text = text utf8(code) substr(part[i], 6)
        } else {
          text = text (letter in escaped ? escaped[letter] : letter) substr(part[i], 2)
        }
      }
      return text
    }
    function quoted(text,  part, count, i, out) {
      count = split(text, part, "\047")
      out = "\047" part[1]
      for (i = 2; i <= count; i++) out = out "\047\\\047\047" part[i]
      return out "\047"
    }
    function value(text) {
      if (depth == 2 && key[1] == "env") {
        if (key[2] !~ /^[A-Za-z_][A-Za-z0-9_]*$/) exit 1
        printf "export %s=%s\n", key[2], quoted(text) > (once "/environment")
      } else if (depth == 2 && key[1] == "argv") {
        printf " %s", quoted(text) > (once "/arguments")
      } else if (depth == 1 && key[1] ~ /^[a-z_]+$/) {
        printf "%s", text > (payload "/" key[1])
      } else if (depth == 2 && (key[1] == "git" || key[1] == "dirty") && key[2] ~ /^[a-z_]+$/) {
        printf "%s", text > (payload "/" key[1] "/" key[2])
      }
    }
    function literal() {
      if (word != "" && word != "null") value(word)
      word = ""
    }
    function structure(text,  i, letter) {
      for (i = 1; i <= length(text); i++) {
        letter = substr(text, i, 1)
        if (letter == "{" || letter == "[") {
          depth++
          list[depth] = letter == "["
          key[depth] = 0
          named = list[depth]
        } else if (letter == "}" || letter == "]") {
          literal()
          depth--
        } else if (letter == ",") {
          literal()
          if (list[depth]) key[depth]++
          named = list[depth]
        } else if (letter == ":") {
          named = 1
        } else if (letter !~ /[ \t\r\n]/) {
          word = word letter
        }
      }
    }
    BEGIN {
      RS = "\""
      printf "set -- \"$@\"" > (once "/arguments")
      escaped["n"] = "\n"; escaped["t"] = "\t"; escaped["r"] = "\r"; escaped["b"] = "\b"; escaped["f"] = "\f"
    }
    !inside {
      structure($0)
      inside = 1
      raw = ""
      next
    }
    {
      raw = raw $0
      for (slashes = 0; slashes < length($0) && substr($0, length($0) - slashes, 1) == "\\"; ) slashes++
      if (slashes % 2) {
        raw = raw "\""
        next
      }
      inside = 0
      if (named) value(plain(raw)); else key[depth] = plain(raw)
    }
    END { if (depth != 0) exit 1 }' "$1"
}

# What went wrong in git, by what it said.
classify() {
  case $(cat "$private/git-said") in
    *'Authentication failed'* | *'could not read Username'* | *'could not read Password'* | *'Permission denied'* | *'HTTP Basic: Access denied'* | *'The requested URL returned error: 401'* | *'The requested URL returned error: 403'* | *'terminal prompts disabled'*)
      fail clone_auth 21 "The git server did not let you in to $1. hawser exec secrets set git/HOST stores credentials for it."
      ;;
    *'Host key verification failed'*)
      fail clone_auth 21 "The git server of $1 showed a host key that is not pinned. Store its known_hosts with its credentials."
      ;;
    *'Repository not found'* | *'repository not found'* | *'does not exist'* | *'The requested URL returned error: 404'* | *'does not appear to be a git repository'* | *"not found"*)
      fail clone_failed 23 "There is no repository $1, or its credentials may not see it."
      ;;
    *'Could not resolve host'* | *'Connection refused'* | *'Connection timed out'* | *'Failed to connect'* | *'Network is unreachable'* | *'Connection reset'*)
      fail network 24 "The git server of $1 could not be reached."
      ;;
    *)
      fail clone_failed 23 "git could not fetch $1: $(tail -n 1 "$private/git-said")"
      ;;
  esac
}

# git, with what it says kept and shown, but for credentials in addresses.
try_git() {
  git "$@" >"$private/git-out" 2>&1
  try_code=$?
  sed 's#://[^/@]*@#://#g' "$private/git-out" >"$private/git-said"
  return "$try_code"
}

is_missing_ref() {
  grep -q -e "couldn't find remote ref" -e 'not our ref' -e 'no such remote ref' -e 'unadvertised object' -e 'Server does not allow request' "$private/git-said"
}

# Gives git what it needs to get in, and to nobody but this host.
credentials() {
  kind=$(field git/kind)
  host=$(field git/host)
  case $kind in
    basic)
      cat >"$1/askpass" <<END
#!$2
case \$1 in
  Username*[/@]"$host"[\':/]*) exec "$busybox" cat "$1/username" ;;
  Password*[/@]"$host"[\':/]*) exec "$busybox" cat "$1/password" ;;
esac
exit 1
END
      field git/username >"$1/username"
      field git/password >"$1/password"
      chmod 700 "$1/askpass"
      ;;
    ssh)
      field git/private_key >"$1/key"
      # A key without a newline at its end is none to ssh.
      [ -z "$(tail -c 1 "$1/key")" ] || echo >>"$1/key"
      chmod 600 "$1/key"
      ;;
  esac
  {
    echo 'github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
    echo 'gitlab.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf'
    echo 'bitbucket.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMzYVa0MuJ2e2gKTKqu+UUO'
    field git/known_hosts
    echo
  } >"$1/known_hosts"
}

ssh_command() {
  printf 'ssh -F /dev/null -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15 -o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=/dev/null -o UserKnownHostsFile=%s' "$1/known_hosts"
  if [ -e "$1/key" ]; then
    printf ' -o IdentitiesOnly=yes -i %s' "$2"
  fi
}

has_commit() {
  git -C "$workspace" cat-file -e "$1^{commit}" 2>/dev/null
}

# Fetches a commit that the server may not give by its name: deeper and deeper, and at last everything.
dig_for() {
  for depth in 50 1000 0; do
    if [ "$depth" -eq 0 ]; then
      how=--unshallow
      [ -e "$workspace/.git/shallow" ] || how=--tags
    else
      how=--depth=$depth
    fi
    try_git -C "$workspace" fetch --quiet --no-recurse-submodules "$how" origin '+refs/heads/*:refs/remotes/origin/*' '+refs/tags/*:refs/tags/*' || classify "$repo"
    found=$(git -C "$workspace" rev-parse --quiet --verify --end-of-options "$1^{commit}" 2>/dev/null) && return 0
  done
  return 1
}

# Leaves what was asked for in `found`.
fetch() {
  found=
  wanted=$(field commit)
  [ -n "$wanted" ] || wanted=$(field dirty/base)
  [ -n "$wanted" ] || wanted=$(field ref)
  case $wanted in
    '')
      try_git -C "$workspace" fetch --quiet --no-recurse-submodules --no-tags --depth=1 origin HEAD || {
        is_missing_ref && fail ref_not_found 22 "The repository $repo has no HEAD: is it empty?"
        classify "$repo"
      }
      ;;
    *)
      case $wanted in
        -* | +*) fail ref_not_found 22 "This is no name of a branch, tag or commit: $wanted" ;;
      esac
      git check-ref-format --allow-onelevel "$wanted" || fail ref_not_found 22 "This is no name of a branch, tag or commit: $wanted"
      looks_like_commit=
      case $wanted in
        *[!0-9a-f]*) ;;
        ???????*) looks_like_commit=1 ;;
      esac
      # A branch first, as people mean; then what else has the name; then a commit that the server gives by its name.
      if ! try_git -C "$workspace" fetch --quiet --no-recurse-submodules --no-tags --depth=1 origin "refs/heads/$wanted"; then
        is_missing_ref || classify "$repo"
        if ! try_git -C "$workspace" fetch --quiet --no-recurse-submodules --no-tags --depth=1 origin "$wanted"; then
          is_missing_ref || classify "$repo"
          if [ -z "$looks_like_commit" ] || ! dig_for "$wanted"; then
            fail ref_not_found 22 "The repository $repo has no branch, tag or commit $wanted. Was it pushed?"
          fi
          return
        fi
      fi
      ;;
  esac
  found=$(git -C "$workspace" rev-parse --verify 'FETCH_HEAD^{commit}') || fail ref_not_found 22 "$wanted of $repo is no commit."
}

# The difference that was sent with the request, on top of its base; and proof that it came to the tree that was meant.
apply_dirty() {
  if [ -e "$payload/dirty/diff" ]; then
    { "$busybox" base64 -d <"$payload/dirty/diff" | "$busybox" gunzip -c >"$private/diff"; } 2>/dev/null \
      || fail payload 20 'The changes that were sent with the request cannot be read.'
  fi
  if [ -s "$private/diff" ]; then
    git -C "$workspace" apply --index --binary --whitespace=nowarn "$private/diff" 2>"$private/git-said" \
      || fail payload 20 "The changes that were sent do not fit the commit $found: $(head -n 1 "$private/git-said")"
  fi
  git -C "$workspace" add --all || fail payload 20 'The files that were sent cannot be added.'
  tree=$(git -C "$workspace" write-tree)
  [ "$tree" = "$(field dirty/tree)" ] || fail payload 20 "The work tree came to $tree, and not to $(field dirty/tree) as it was sent."
  git -C "$workspace" reset --quiet
  say "applied the changes of $(field dirty/files) files: tree $tree"
}

mkdir -p "$once" "$dir/state" "$workspace"
if [ ! -x "$busybox" ]; then
  say "there is no static shell in $busybox"
  exit 20
fi
for tool in git curl; do
  command -v "$tool" >/dev/null || {
    say "the image of the init container has no $tool"
    exit 20
  }
done

status=$(call GET "/executions/$HAWSER_EXEC_ID/payload" "$private/answer" 2>"$private/curl-said")
case $status in
  200) ;;
  000)
    say "the service could not be reached: $(tail -n 1 "$private/curl-said")"
    exit 24
    ;;
  410 | 5??)
    # Another attempt has another token.
    say "the service did not hand out the payload: $status $(head -c 500 "$private/answer")"
    exit 24
    ;;
  *)
    say "the service did not hand out the payload: $status $(head -c 500 "$private/answer")"
    exit 20
    ;;
esac
unset HAWSER_EXEC_TOKEN
if ! take_apart "$private/answer"; then
  report_token=$(field report_token)
  fail payload 20 'The payload cannot be read.'
fi
rm -f "$private/answer" "$private/curl"
report_token=$(field report_token)
report preparing

repo=$(field repo)
found=
tree=
git_credentials=$(field git_credentials)
{
  # shellcheck disable=SC2016
  printf 'export HOME="${HOME:-%s}"\n' "$dir/state"
} >>"$once/environment"
if [ -n "$repo" ]; then
  case $repo in
    -*) fail clone_failed 23 "This is no address of a repository: $repo" ;;
  esac
  shown=$(printf '%s' "$repo" | sed 's#://[^/@]*@#://#')
  mkdir -m 700 "$private/git"
  credentials "$private/git" /bin/sh
  GIT_SSH_COMMAND=$(ssh_command "$private/git" "$private/git/key")
  export GIT_SSH_COMMAND
  if [ -e "$private/git/askpass" ]; then
    GIT_ASKPASS=$private/git/askpass
    export GIT_ASKPASS
  fi
  say "cloning $shown"
  try_git init --quiet "$workspace" || classify "$shown"
  git -C "$workspace" config core.autocrlf false
  git -C "$workspace" remote add origin -- "$repo" 2>/dev/null || git -C "$workspace" remote set-url origin "$repo"
  repo_url=$repo
  repo=$shown
  fetch
  try_git -C "$workspace" checkout --quiet --detach "$found" || classify "$repo"
  repo=$repo_url
  branch=$(field ref)
  say "checked out $found${branch:+ ($branch)}"
  if [ -e "$payload/dirty/tree" ]; then
    apply_dirty
  else
    tree=$(git -C "$workspace" rev-parse 'HEAD^{tree}')
  fi
  {
    printf 'export HAWSER_EXEC_COMMIT=%s\n' "$found"
    # The folder belongs to another user than the image's may be.
    # shellcheck disable=SC2016
    printf 'if [ -z "${GIT_CONFIG_COUNT-}" ]; then export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="%s"; fi\n' "$workspace"
  } >>"$once/environment"
  if [ "$git_credentials" = run ]; then
    mkdir -p "$dir/git"
    credentials "$dir/git" "$busybox sh"
    if [ -e "$dir/git/askpass" ]; then
      chmod 755 "$dir/git/askpass"
      chmod 644 "$dir/git/username" "$dir/git/password"
      printf 'export GIT_ASKPASS="%s"\n' "$dir/git/askpass" >>"$once/environment"
    fi
    if [ -e "$dir/git/key" ]; then
      mv "$dir/git/key" "$once/key"
      chmod 644 "$once/key"
      : >"$dir/git/key"
    fi
    printf 'export GIT_SSH_COMMAND="%s"\n' "$(ssh_command "$dir/git" "$dir/state/key")" >>"$once/environment"
  fi
  chmod -R a+rwX "$workspace"
else
  git_credentials=clone
fi
chmod 1777 "$workspace"

workdir=$(field workdir)
if [ -n "$workdir" ] && [ ! -d "$workspace/$workdir" ]; then
  fail payload 20 "There is no folder $workdir in the repository."
fi
printf '%s' "$workspace${workdir:+/$workdir}" >"$once/workdir"
printf '%s' "${HAWSER_IMAGE:-of this run}" >"$once/image"
field nonce >"$once/nonce"
printf '%s %s\n' "$(field timeout_seconds)" "$(field grace_seconds)" >"$once/deadline"
if [ -e "$payload/command" ]; then
  cp "$payload/command" "$once/command"
fi
printf '%s\n' "$HAWSER_RUN_SH" >"$dir/run.sh"
chmod 755 "$dir" "$dir/bin" "$busybox" "$dir/run.sh"
# Whoever reads these once takes them away.
chmod 777 "$once" "$dir/state"
chmod 644 "$once"/*
report prepared "${found:+,\"commit\":\"$found\"}${tree:+,\"tree\":\"$tree\"}"
say 'ready'
