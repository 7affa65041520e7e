import { badRequest } from './status.js';

/** Every message starts so (Kubernetes API concepts, "Kubernetes Protobuf encoding"). */
const magic = Buffer.from('k8s\0');

/** Names of fields by number, or of the message that a field holds. */
interface Schema {
  readonly [number: number]: readonly [name: string, inner?: Schema];
}

const resourceAttributes: Schema = {
  1: ['namespace'],
  2: ['verb'],
  3: ['group'],
  4: ['version'],
  5: ['resource'],
  6: ['subresource'],
  7: ['name'],
};

/** `runtime.Unknown` around a review (authorization/v1 generated.proto); a review of the subject has no fields of its own. */
const unknown: Schema = {
  2: [
    'raw',
    {
      2: [
        'spec',
        { 1: ['resourceAttributes', resourceAttributes], 2: ['nonResourceAttributes', { 1: ['path'], 2: ['verb'] }] },
      ],
    },
  ],
};

/** kubectl asks its reviews in protobuf, and takes an answer in JSON. */
export function readReview(body: Buffer): unknown {
  if (!body.subarray(0, magic.length).equals(magic)) throw badRequest('the object provided is unrecognized');
  return decode(body.subarray(magic.length), unknown)['raw'] ?? {};
}

/** Fields that the schema does not name are passed over (Protocol Buffers, "Encoding"). */
function decode(bytes: Buffer, schema: Schema): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw badRequest('the object provided is unrecognized');
  };
  while (at < bytes.length) {
    const key = varint();
    const wireType = key & 7;
    if (wireType === 0) varint();
    else if (wireType === 2) {
      const length = varint();
      const content = bytes.subarray(at, (at += length));
      const [name, inner] = schema[key >> 3] ?? [];
      if (name) message[name] = inner ? decode(content, inner) : content.toString('utf8');
    } else throw badRequest('the object provided is unrecognized');
  }
  return message;
}
