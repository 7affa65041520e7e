"""Runs the AWS CLI once for each line of standard input, a JSON object with `env` and `args`, in one process: its
imports take longer than its work. Answers each with a line that holds the exit code."""

import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout

from awscli.clidriver import create_clidriver
from awscli.customizations.eks import update_kubeconfig

kept = dict(os.environ)
for line in sys.stdin:
    call = json.loads(line)
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(call["env"])
    # Made of the home folder when the module is loaded.
    update_kubeconfig.DEFAULT_PATH = os.path.expanduser(os.path.join("~", ".kube", "config"))
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = create_clidriver().main(call["args"]) or 0
    print(json.dumps({"code": code, "said": said.getvalue()}), flush=True)
