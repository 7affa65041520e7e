# The official client as a whole process: FOLDER to the Space NAME.
import json, re, sys
from huggingface_hub import HfApi

folder, name = sys.argv[1:3]
api = HfApi()
space = api.whoami()["name"] + "/" + name
api.create_repo(space, repo_type="space", space_sdk="docker", exist_ok=True)
commit = api.upload_folder(repo_id=space, repo_type="space", folder_path=folder)
peak = re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]
print(json.dumps({"commit": commit.oid, "rss": int(peak) / 1024}))
