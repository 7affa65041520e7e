import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { Program } from '../../../../test/support/program.js';
import { folderWith } from '../support/folders.js';
import { startHub } from '../support/hub.js';

const library = new URL('../../dist/index.js', import.meta.url).href;
const script = `
import { discoverToken } from ${JSON.stringify(library)};
const { env } = process;
console.log((await discoverToken({ env, home: env.HOME }))?.token);
`;

/** A home folder with a token that runs out, and processes that want it. */
async function useToken(): Promise<{
  readonly hub: Awaited<ReturnType<typeof startHub>>;
  readonly folder: string;
  readonly start: () => Program;
}> {
  const hub = await startHub();
  const home = folderWith({
    '.cache/huggingface/token': 'hf_old',
    '.cache/huggingface/stored_tokens': '[ann]\nhf_token = hf_old\nrefresh_token = r\nexpires_at = 5\n\n',
  });
  const env = { PATH: process.env['PATH'], HOME: home, HF_ENDPOINT: hub.endpoint };
  return {
    hub,
    folder: join(home, '.cache/huggingface'),
    start: () =>
      new Program(process.execPath, ['--input-type=module', '-e', script], {
        env,
        cwd: fileURLToPath(new URL('.', import.meta.url)),
        input: '',
      }),
  };
}

const renewed = {
  kind: 'status',
  status: 200,
  body: { access_token: 'hf_new', refresh_token: 'r2', expires_in: 864_000 },
} as const;

test('a token is renewed once, however many processes ask at once', async () => {
  const { hub, folder, start } = await useToken();
  // A second renewal would be refused: the Hub takes each refresh token once.
  hub.fail({ path: /^\/oauth\/token/, does: renewed });
  const programs = Array.from({ length: 4 }, start);
  const ended = await Promise.all(programs.map(async (program) => [(await program.ended).code, program.text.trim()]));
  expect(ended).toEqual(programs.map(() => [0, 'hf_new']));
  expect(hub.requests.map(({ path }) => path)).toEqual(['/oauth/token']);
  expect(readdirSync(folder).toSorted()).toEqual(['stored_tokens', 'token']);
});

test('a process that is killed while it renews a token holds nobody up, and breaks nothing', async () => {
  const { hub, folder, start } = await useToken();
  hub.fail({ path: /^\/oauth\/token/, does: { kind: 'stall' } });
  const killed = start();
  await hub.requested(({ path }) => path === '/oauth/token');
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(readFileSync(join(folder, 'token'), 'utf8')).toBe('hf_old');
  hub.fail({ path: /^\/oauth\/token/, does: renewed });
  await using next = start();
  expect(await next.ended).toEqual({ code: 0, signal: null });
  expect(next.text.trim()).toBe('hf_new');
  expect(readFileSync(join(folder, 'stored_tokens'), 'utf8')).toMatch(
    /^\[ann\]\nhf_token = hf_new\nrefresh_token = r2\nexpires_at = \d+\n\n$/,
  );
  expect(readdirSync(folder).toSorted()).toEqual(['stored_tokens', 'token']);
});
