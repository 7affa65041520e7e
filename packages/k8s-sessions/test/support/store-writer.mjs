// Writes sessions one after another until it is killed, telling each that was taken: node store-writer.mjs FILE
import { randomUUID } from 'node:crypto';
import { openStore } from '@hawser/k8s-sessions/store';

const [, , file, text] = process.argv;
const row = JSON.parse(text);
const store = await openStore({ file });
for (;;) {
  const id = randomUUID();
  await store.createSession({
    session: { ...row, id },
    payload: new Uint8Array(1_000),
    payloadExpiresAt: 1,
    event: { actor: 'k', kind: 'session.created' },
    idempotency: { key: id, requestHash: 'h', expiresAt: row.createdAt + 1 },
  });
  process.stdout.write(`${id}\n`);
}
