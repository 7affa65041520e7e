import { serveLocal } from '@hawser/k8s-sessions/local';
import { createSessionsClient, attach } from '@hawser/k8s-sessions/client';
import * as node from '@hawser/k8s-sessions/client/node';
import { pageFolder } from '@hawser/sessions-web';
import { fileURLToPath } from 'node:url';
const t0 = performance.now();
const local = await serveLocal({ folder: '/tmp/se-gw/data', pageFolder: fileURLToPath(new URL('../../../../apps/sessions-web/dist', import.meta.url)), runnerProgram: [process.execPath, fileURLToPath(new URL('local-runner.mjs', import.meta.url))],
  env: { PATH: process.env.PATH, LANG: 'C.UTF-8' }, version: '0.0.0', port: 0, isolation: process.argv[2] ?? 'auto', onLog: (l) => console.log('LOG', l), trouble: console.error });
console.log('up', performance.now() - t0, local.url, local.isolation);
const h = { authorization: `Bearer ${local.apiKey}`, 'content-type': 'application/json' };
await new Promise(r => setTimeout(r, 1500));
for (let i = 0; i < 5; i++) {
  const t1 = performance.now();
  const res = await fetch(`${local.url}/api/sessions`, { method: 'POST', headers: h, body: JSON.stringify({ command: 'echo hello; exit 5' }) });
  const created = await res.json();
  if (!res.ok) { console.log(res.status, created); break; }
  const t2 = performance.now();
  let first;
  const view = await attach({ url: local.url, session: created.sessionId, ticket: created.token, whole: true, openSocket: node.nodeSockets(), onOutput: (d) => { first ??= performance.now(); if (i===0) console.log(JSON.stringify(Buffer.from(d).toString())) }, onState: (s) => i===0 && console.log('state', s.link, s.session) });
  const end = await view.ended;
  console.log('create', (t2 - t1).toFixed(0), 'first byte', (first - t1).toFixed(0), 'end', (performance.now() - t1).toFixed(0), JSON.stringify(end));
  await new Promise(r => setTimeout(r, 1000));
}
await local.close();
