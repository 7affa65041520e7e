import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { runToEnd } from '../../../../test/support/run-to-end.js';

const emit = `
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
from openlineage.client.uuid import generate_new_uuid
run = Run(str(generate_new_uuid()))
OpenLineageClient().emit(
    RunEvent(eventType=RunState.START, eventTime='2026-01-01T00:00:00Z', run=run, job=Job('n', 'j'), producer='https://example.com/p')
)
`;

describeReal('openlineage', (path) => {
  test.each([
    ['an origin, as env write takes it', '', '/api/v1/lineage'],
    ['a path, which env write refuses, to a page that is not there', '/api/v1', '/api/api/v1/lineage'],
  ])('the client of OpenLineage joins %s', async (_what, suffix, expected) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      request.resume().on('end', () => response.end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const OPENLINEAGE_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}${suffix}`;
    const ended = await runToEnd(path('openlineage'), ['-c', emit], { env: { OPENLINEAGE_URL } });
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect([ended.code, asked, ended.stderr.includes('Traceback')]).toEqual([0, [expected], false]);
  });
});
