# Runs `aws eks get-token` of the real AWS CLI once per line of JSON on stdin, at a frozen time, and prints what it printed
# as one line of JSON. One process for all cases: the CLI takes a second to start.
# A line: {"now": seconds, "env": {...}, "args": [...]}
# A line {"endpoints": [{"Region": ..., "UseFIPS": ..., "UseDualStack": ...}, ...]} asks the rules of the CLI for STS's hosts.
import contextlib, datetime, io, json, os, sys

import awscli.botocore.auth, awscli.botocore.endpoint_provider, awscli.botocore.session
import awscli.clidriver, awscli.customizations.eks.get_token

base = dict(os.environ)
for line in sys.stdin:
    case = json.loads(line)
    if "endpoints" in case:
        loader = awscli.botocore.session.get_session().get_component("data_loader")
        rules = awscli.botocore.endpoint_provider.EndpointProvider(
            loader.load_service_model("sts", "endpoint-rule-set-1"), loader.load_data("partitions")
        )
        resolve = lambda asked: rules.resolve_endpoint(UseGlobalEndpoint=False, **asked).url
        print(json.dumps([resolve(asked) for asked in case["endpoints"]]), flush=True)
        continue
    os.environ.clear()
    os.environ.update({**base, **case["env"]})
    frozen = datetime.datetime.fromtimestamp(case["now"], datetime.timezone.utc).replace(tzinfo=None)
    for module in [module for module in sys.modules.values() if "get_current_datetime" in vars(module)]:
        module.get_current_datetime = lambda *_: frozen
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = awscli.clidriver.create_clidriver().main(["eks", "get-token", "--output", "json", *case["args"]])
    print(json.dumps({"code": code, "reply": json.loads(printed.getvalue())}), flush=True)
