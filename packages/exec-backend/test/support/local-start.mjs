// Starts executions, says their ids, and stays until it is killed. Arguments: folder, then the requests as JSON.
import { fileURLToPath } from 'node:url';
import { openLocalBackend } from '@hawser/exec-backend/local';

const [folder, ...requests] = process.argv.slice(2);
const supervisor = [process.execPath, fileURLToPath(new URL('local-supervisor.mjs', import.meta.url))];
const backend = await openLocalBackend({ folder, supervisor, version: '0.0.0-test' });
for (const body of requests) {
  const headers = { 'x-api-key': backend.apiKey, 'content-type': 'application/json' };
  const answer = await backend.handle(
    new Request('http://local.invalid/executions', { method: 'POST', headers, body }),
  );
  process.stdout.write(`${(await answer.json()).execution_id}\n`);
}
setInterval(() => undefined, 1 << 30);
