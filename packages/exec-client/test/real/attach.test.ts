import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startSsmEmulator, type SsmEmulator } from '@hawser/emulators/ssm';
import { createAwsApi, type AwsApi } from '@hawser/ssm-channel/aws';
import { attachToExecution } from '../../src/attach/attach.js';
import type { AttachGrant } from '../../src/contract/index.js';

const sentinel = 'hawser-0123456789abcdef';

describe('a session into a running task', () => {
  let emulator: SsmEmulator;
  let api: AwsApi;
  beforeAll(async () => {
    emulator = await startSsmEmulator({ seed: 1 });
    api = createAwsApi({ endpointUrl: emulator.endpoint, region: emulator.region, env: emulator.env });
  });
  afterAll(async () => {
    api[Symbol.dispose]();
    await emulator.close();
  });

  /** What a service grants: the far side prints the line with the exit code, as its runner has it do. */
  async function grant(command?: string): Promise<AttachGrant> {
    const target = emulator.targets.find(({ id }) => id.startsWith('ecs:'))!.id;
    const [cluster = '', task = ''] = target.slice(4).split('_');
    const work = command === undefined ? 'PS1="$ " /bin/sh' : `sh -c "${command}"`;
    const far = `sh -c '${work}; printf "\\n%s %s\\n" ${sentinel} $?'`;
    const { sessionId, streamUrl, tokenValue } = await api.executeCommand(
      { cluster, task, container: 'app', command: far },
      {},
    );
    return {
      protocol: 'ssm',
      session_id: sessionId,
      stream_url: streamUrl,
      token: tokenValue,
      target,
      region: emulator.region,
      expires: new Date().toISOString(),
      sentinel,
    };
  }

  test('ends with the true exit code of a command, which is not seen', async () => {
    const output = new PassThrough();
    const shown = text(output);
    const end = await attachToExecution({
      grant: await grant('echo over there; exit 7'),
      isCommand: true,
      input: new PassThrough(),
      output,
    });
    output.end();
    expect(end).toEqual({ reason: 'ended', exitCode: 7 });
    expect(await shown).toBe('over there\r\n');
  });

  test('is a shell that is typed into, and goes on when the link was cut', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    const states: string[] = [];
    let shown = '';
    let hasCut = false;
    output.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      if (!hasCut && shown.includes('sum-42')) {
        hasCut = true;
        emulator.gateway.cut(undefined, { reset: true });
        input.write('echo after-$((1+1)); exit 3\n');
      }
    });
    const attached = attachToExecution({
      grant: await grant(),
      api,
      input,
      output,
      onState: ({ state }) => states.push(state),
      tuning: { resume: { firstMs: 1, longestMs: 5 } },
    });
    input.write('echo sum-$((20+22))\n');
    expect(await attached).toEqual({ reason: 'ended', exitCode: 3 });
    expect(shown).toContain('after-2');
    expect(shown).not.toContain(sentinel);
    expect(states).toContain('resuming');
  });

  test('can be left, and is lost when nobody may resume it', async () => {
    const leave = new AbortController();
    const output = new PassThrough();
    output.once('data', () => leave.abort());
    const left = await attachToExecution({
      grant: await grant(),
      input: new PassThrough(),
      output,
      signal: leave.signal,
    });
    expect(left).toEqual({ reason: 'left' });
    const other = new PassThrough();
    const lost = attachToExecution({
      grant: await grant(),
      input: new PassThrough(),
      output: other,
      tuning: { resume: { firstMs: 1, longestMs: 2, giveUpAfterMs: 20 } },
    });
    other.once('data', () => emulator.gateway.cut(undefined, { reset: true }));
    await expect(lost).rejects.toMatchObject({ code: 'HAWSER_EXEC_UNREACHABLE' });
  });
});
