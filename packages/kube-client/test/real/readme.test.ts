import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { runToEnd } from '../../../../test/support/run-to-end.js';
import { farEnd } from '../support/far-end.js';
import { createWorld, pod } from '../support/world.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the example of the README runs', async () => {
  const [, typed = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${root}/README.md`, 'utf8')) ?? [];
  const example = typed.replace(/^type Pod = .*$/m, '').replace('<Pod>', '');
  await using server = await farEnd((socket) => {
    socket.resume().on('end', () => socket.end('HTTP/1.0 200 OK\r\n\r\nhello from the pod\n'));
  });
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
  await using world = await createWorld({ objects: [pod('web-1'), service] });
  world.kube.servePod({ namespace: 'default', name: 'web-1' }, { 8080: server.port });
  const KUBECONFIG = await world.file('config', world.kube.kubeconfig());
  const ended = await runToEnd(process.execPath, ['--input-type=module', '--eval', example], {
    cwd: root,
    env: { KUBECONFIG, PATH: process.env['PATH'] },
  });
  expect(ended).toEqual({
    code: 0,
    stdout: 'emulated ok\nweb-1\nHTTP/1.0 200 OK\r\n\r\nhello from the pod\n',
    stderr: '',
  });
});
