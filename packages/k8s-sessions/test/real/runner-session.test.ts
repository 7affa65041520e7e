import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { gunzipSync } from 'node:zlib';
import { assignmentOf } from '../support/memory-control.js';
import { startRunner } from '../support/started-runner.js';

describe('a session from its assignment to its end', () => {
  test('the command runs at once, and a viewer gets every byte, its exit and the close', async () => {
    await using runner = await startRunner(
      assignmentOf({
        command: 'read x; echo "got $x"; seq 1 3000; exit 5',
        prompt: 'hello',
        size: { cols: 100, rows: 30 },
      }),
    );
    const viewer = await runner.view({}, { whole: true });
    expect((await viewer.frame('hello')).hello).toMatchObject({ role: 'control', epoch: runner.control.self!.epoch });
    await viewer.frame('ready');
    viewer.type('line\r');
    const { exit } = await viewer.frame('exit');
    expect(exit).toMatchObject({ reason: 'nonzero', code: 5, signal: null });
    expect(viewer.digest).toBe(exit.digest);
    expect(viewer.text().toString()).toContain('got line\r\n1\r\n2\r\n');
    expect(await runner.status).toBe(5);
    expect(await viewer.closed).toBe(1000);

    const { control } = runner;
    expect(control.phases.map(({ state }) => state)).toEqual(['running', 'draining']);
    const shipped = Buffer.concat(control.segments.map(({ body }) => gunzipSync(body)));
    expect(createHash('sha256').update(shipped).digest('hex')).toBe(exit.digest);
    expect(control.exits).toHaveLength(1);
    expect(control.exits[0]).toMatchObject({ code: 5, digest: exit.digest, segments: control.segments.length });
    expect(control.exits[0]!.keyboard).toMatchObject([
      { viewer: 'v1', bytes: 5, sha256: createHash('sha256').update('line\r').digest('hex') },
    ]);
  });
});
