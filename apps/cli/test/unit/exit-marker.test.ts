import { execFileSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { markExitCode } from '../../src/session/exit-marker.js';

const nonce = '0b1e4f6a';

/** What comes out when the output of a marked command arrives in these pieces. */
async function pass(pieces: readonly Buffer[]): Promise<{ text: Buffer; exitCode: number | undefined }> {
  const marked = markExitCode('true', nonce);
  const text = await buffer(Readable.from(pieces).pipe(marked.filter));
  return { text, exitCode: marked.exitCode() };
}

describe('the mark that carries an exit code', () => {
  test('a shell makes it, and it carries the exit code of the command', async () => {
    const { words, filter, exitCode } = markExitCode('echo out; (exit 42)');
    const [program = '', ...args] = words;
    const output = execFileSync(program, args);
    expect(output.length).toBeGreaterThan('out\n'.length);
    expect((await buffer(Readable.from([output]).pipe(filter))).toString()).toBe('out\n');
    expect(exitCode()).toBe(42);
  });

  test('is taken out wherever it is cut, and no other byte is', async () => {
    const mark = Buffer.from(`\u001b]7719;${nonce};7\u0007`);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 60 }),
        fc.uint8Array({ maxLength: 20 }),
        fc.array(fc.nat({ max: 120 }), { maxLength: 8 }),
        async (before, after, cuts) => {
          const whole = Buffer.concat([before, mark, after]);
          const at = [0, ...cuts.map((cut) => cut % (whole.length + 1)).toSorted((a, b) => a - b), whole.length];
          const pieces = at.slice(1).map((end, index) => whole.subarray(at[index], end));
          const { text, exitCode } = await pass(pieces.filter((piece) => piece.length > 0));
          expect(text).toEqual(Buffer.concat([before, after]));
          expect(exitCode).toBe(7);
        },
      ),
    );
  });

  test('what only begins like it comes out at the end', async () => {
    const { text, exitCode } = await pass([Buffer.from(`out\u001b]7719;${nonce}`)]);
    expect(text.toString()).toBe(`out\u001b]7719;${nonce}`);
    expect(exitCode).toBeUndefined();
  });
});
