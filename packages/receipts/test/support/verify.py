# Verifies receipts, with what DSSE, RFC 8785 and RFC 8032 say and nothing of ours: reads
# {"key": PEM, "cases": [envelope …]} and prints a list of booleans.
import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

given = json.load(sys.stdin)
key = serialization.load_pem_public_key(given["key"].encode())
der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
key_id = hashlib.sha256(der).hexdigest()


def is_good(envelope):
    payload = base64.b64decode(envelope["payload"], validate=True)
    kind = envelope["payloadType"].encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    claim = json.loads(payload)
    # Keys of claims are ASCII, and their numbers whole: here this is RFC 8785.
    canonical = json.dumps(claim, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    (signature,) = envelope["signatures"]
    try:
        key.verify(base64.b64decode(signature["sig"], validate=True), signed)
    except InvalidSignature:
        return False
    return signature["keyid"] == key_id and canonical == payload


print(json.dumps([is_good(envelope) for envelope in given["cases"]]))
