import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AttachGrant, ExecutionRecord, ExecutionStarted, LogPage } from '@hawser/exec-client/contract';
import { openSession } from '@hawser/ssm-channel';
import { type LambdaService, startLambdaService } from '../support/lambda-service.js';

let service: LambdaService;
beforeAll(async () => {
  service = await startLambdaService({ settings: { enableAttach: true } });
});
afterAll(() => service.close());

async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${service.endpoint}${path}`, {
    method,
    headers: { 'x-api-key': service.apiKey },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return response.json();
}

/** Resolves when the command has said that it runs, and the record says so too. */
async function running(id: string): Promise<void> {
  let cursor = '';
  for (;;) {
    const page = (await call('GET', `/executions/${id}/logs?wait=1&cursor=${encodeURIComponent(cursor)}`)) as LogPage;
    cursor = page.cursor;
    const record = (await call('GET', `/executions/${id}`)) as ExecutionRecord;
    if (record.phase === 'running') return;
    expect(record.phase).toMatch(/accepted|provisioning|preparing/);
  }
}

test('a command is let into a running task, its exit code comes back, and a task that was not asked for it stays closed', async () => {
  const start = async (attachable: boolean): Promise<string> => {
    const request = { no_repo: true, command: 'echo begun; sleep 600', attachable, grace_seconds: 1 };
    return ((await call('POST', '/executions', request)) as ExecutionStarted).execution_id;
  };
  const [open, closed] = await Promise.all([start(true), start(false)]);
  await Promise.all([running(open), running(closed)]);
  expect(await call('POST', `/executions/${closed}/attach`, {})).toMatchObject({ code: 'not_attachable' });

  const grant = (await call('POST', `/executions/${open}/attach`, {
    command: `printf '%s|' "it's" "a  b"; pwd; exit 9`,
  })) as AttachGrant;
  expect(grant).toMatchObject({
    protocol: 'ssm',
    region: 'us-east-1',
    target: expect.stringMatching(/^ecs:hawser-test_[0-9a-f]{32}_[0-9a-f]{32}-\d+$/),
  });
  const session = await openSession({
    start: { sessionId: grant.session_id, streamUrl: grant.stream_url, tokenValue: grant.token },
    target: grant.target,
  });
  let said = '';
  for await (const part of session.stdout as AsyncIterable<Buffer>) {
    said += part.toString();
    if (said.includes(`${grant.sentinel} 9`)) break;
  }
  expect(said.replaceAll('\r', '')).toContain(`it's|a  b|/workspace\n\n${grant.sentinel} 9`);
  await session.terminate();
  await Promise.all([open, closed].map((id) => call('POST', `/executions/${id}/cancel`, {})));
});
