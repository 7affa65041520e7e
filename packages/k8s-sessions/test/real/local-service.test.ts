import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attach, createSessionsClient, type View } from '../../src/client/index.js';
import { nodeSockets } from '../../src/client/node.js';
import { findLocalService } from '../../src/local/index.js';
import { describeReal } from '../../../../test/support/counterparts.js';
import { patient } from '../../../../test/support/patience.js';
import { Program } from '../../../../test/support/program.js';
import { endRuns } from '../../../../test/support/end-runs.js';

const program = fileURLToPath(new URL('../support/local-service.mjs', import.meta.url));
const planted = 'planted-prompt-8c1f';

interface Ready {
  readonly url: string;
  readonly apiKey: string;
  readonly isolation: { readonly kind: string; readonly note: string };
}

let folder: string;
let service: Program;
let ready: Ready;

async function start(isolation = 'process'): Promise<void> {
  service = new Program(process.execPath, [program, folder, isolation, join(folder, 'page')], { env: process.env });
  ready = JSON.parse((await service.shows(/^\{.*\}$/m))[0]) as Ready;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-local-'));
  mkdirSync(join(folder, 'page'));
  writeFileSync(join(folder, 'page', 'index.html'), '<!doctype html>');
  await start();
});
afterAll(async () => {
  service.child.kill('SIGTERM');
  await service.ended;
  endRuns(folder);
  rmSync(folder, { recursive: true, force: true });
});

describe('sessions of this machine', () => {
  test('are served on the loopback address, under its names alone, with a key made at the first start', async () => {
    expect(ready.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(ready.isolation).toEqual({ kind: 'process', note: expect.stringContaining('There is no isolation') });
    expect(statSync(join(folder, 'api-key')).mode & 0o777).toBe(0o600);
    expect(findLocalService(folder)).toEqual({ url: ready.url, apiKey: ready.apiKey });
    expect((await fetch(`${ready.url}/api/sessions`)).status).toBe(401);
    expect(await statusUnder('evil.example')).toBe(421);
    expect(await statusUnder(`localhost:${new URL(ready.url).port}`)).toBe(200);
    const second = new Program(process.execPath, [program, folder, 'process', join(folder, 'page')]);
    expect((await second.ended).code).not.toBe(0);
    expect(second.stderr).toContain('HAWSER_SESSIONS_LOCAL_FAILED');
  });

  test('begin at once, are seen from their first byte, and end with the command’s code', async () => {
    const client = createSessionsClient(ready);
    const created = await client.create({ command: 'printf "%s" "$HAWSER_PROMPT"; exit 5', prompt: planted });
    const watched = await Watched.open(created.sessionId, created.token);
    expect(await watched.view.ended).toMatchObject({ reason: 'exited', exit: { reason: 'nonzero', code: 5 } });
    expect(watched.text).toBe(planted);
    // Whoever comes later sees the same, from the archive; the link itself worked once.
    const late = await client.share(created.sessionId, { role: 'view' });
    const again = await Watched.open(created.sessionId, late.token);
    await again.view.ended;
    expect(again.view.state.archived).toBe(true);
    expect(again.digest).toBe(watched.digest);
    await expect(Watched.open(created.sessionId, created.token)).rejects.toMatchObject({
      code: 'HAWSER_SESSIONS_LINK_USED',
    });
  });

  test.each([
    ['as it was', () => undefined],
    ['before it wrote down which process it had started', (record: string) => rmSync(record)],
    ['and what it wrote down is rubbish', (record: string) => writeFileSync(record, 'rubbish{')],
  ])('go on when the service is killed, and typing with them (%s)', async (_when, spoil) => {
    const client = createSessionsClient(ready);
    const command =
      'stty -echo; echo ready; while read -r line; do echo "got $line"; [ "$line" = end ] && exit 3; done';
    const created = await client.create({ command });
    const watched = await Watched.open(created.sessionId, created.token);
    await watched.shows('ready');
    watched.view.type('one\n');
    await watched.shows('got one');
    service.child.kill('SIGKILL');
    await service.ended;
    spoil(join(folder, 'runs', `hawser-${created.sessionId}-1`, 'process.json'));
    watched.view.type('two\n');
    const { url } = ready;
    await start();
    expect(ready.url).toBe(url);
    await watched.shows('got two');
    // Who is asked in between knows where the runner is.
    const { rows } = await createSessionsClient(ready).screen(created.sessionId);
    expect(rows).toContain('got two');
    watched.view.type('end\n');
    const end = await watched.view.ended;
    expect(end).toMatchObject({ reason: 'exited', exit: { code: 3 } });
    expect(watched.text).toBe('ready\r\ngot one\r\ngot two\r\ngot end\r\n');
    expect(end).toMatchObject({ exit: { digest: watched.digest } });
    const { exit } = await createSessionsClient(ready).wait(created.sessionId);
    expect(exit).toMatchObject({ code: 3, digest: watched.digest });
  });

  test('answer whoever asked before the service stood', async () => {
    service.child.kill('SIGKILL');
    await service.ended;
    // As a runner does that was left behind: it asks again and again, and so at the port's first moment.
    const asked = firstAnswer(`${ready.url}/api/sessions`);
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket' };
    const joining = firstAnswer(`${ready.url}/ws/00000000-0000-4000-8000-000000000000`, upgrade);
    await start();
    const answers = Promise.all([asked, joining]);
    expect(await patient(answers, () => 'who asked before the service stood was never answered')).toEqual([401, 400]);
  });

  test('show their secrets in no argument, no log and no file that tells where they are', async () => {
    const client = createSessionsClient(ready);
    const created = await client.create({ command: 'echo up; sleep 600', prompt: planted });
    const watched = await Watched.open(created.sessionId, created.token);
    await watched.shows('up');
    const runs = readdirSync(join(folder, 'runs')).map((run) => join(folder, 'runs', run));
    const run = runs.find((path) => path.includes(created.sessionId))!;
    const secret = readFileSync(join(run, 'secret'), 'utf8').trim();
    const told = [
      ...processTexts('cmdline'),
      ...['job.json', 'process.json', 'runner.log'].map((file) => readFileSync(join(run, file), 'utf8')),
      readFileSync(join(folder, 'door', 'service.json'), 'utf8'),
      service.text.replaceAll(ready.apiKey, ''),
      service.stderr,
    ].join('\n');
    for (const value of [secret, planted, ready.apiKey, created.token]) expect(told).not.toContain(value);
    await client.stop(created.sessionId, { graceSeconds: 1 });
    expect(await watched.view.ended).toMatchObject({ exit: { reason: 'cancelled' } });
  });
});

describeReal('bubblewrap', () => {
  test('a sandbox hides other people’s files and the service’s own, and is said to be one', async () => {
    const apart = mkdtempSync(join(tmpdir(), 'hawser-local-'));
    const boxed = new Program(process.execPath, [program, apart, 'sandbox', join(folder, 'page')]);
    try {
      const at = JSON.parse((await boxed.shows(/^\{.*\}$/m))[0]) as Ready;
      expect(at.isolation).toEqual({ kind: 'sandbox', note: expect.stringContaining('bubblewrap') });
      const command = `ls ${apart}; cat ${join(apart, 'api-key')}; touch /etc/hawser-was-here; echo kept > file; cat file; exit 4`;
      const created = await createSessionsClient(at).create({ command });
      const watched = await Watched.open(created.sessionId, created.token, at.url);
      expect(await watched.view.ended).toMatchObject({ exit: { code: 4 } });
      expect(watched.text).toContain('kept');
      expect(watched.text).not.toContain('sessions.db');
      expect(watched.text).not.toContain(at.apiKey);
      expect(watched.text).toMatch(/touch: .*Read-only/);
    } finally {
      boxed.child.kill('SIGTERM');
      await boxed.ended;
      endRuns(apart);
      rmSync(apart, { recursive: true, force: true });
    }
  });
});

/** A viewer that keeps the whole log. */
class Watched {
  readonly view: View;
  #text = '';
  readonly #waiting = new Set<() => void>();

  constructor(view: View) {
    this.view = view;
  }

  static async open(session: string, ticket: string, url = ready.url): Promise<Watched> {
    const early: Uint8Array[] = [];
    let take = (data: Uint8Array): void => void early.push(data);
    const view = await attach({
      url,
      session,
      ticket,
      whole: true,
      openSocket: nodeSockets(),
      onOutput: (data) => take(data),
    });
    const watched = new Watched(view);
    take = (data) => {
      watched.#text += Buffer.from(data).toString();
      for (const check of watched.#waiting) check();
    };
    for (const data of early) take(data);
    return watched;
  }

  get text(): string {
    return this.#text;
  }

  get digest(): string {
    return createHash('sha256').update(this.#text).digest('hex');
  }

  async shows(text: string): Promise<void> {
    const awaited = new Promise<void>((resolve) => {
      const check = (): void => {
        if (!this.#text.includes(text)) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
    await patient(awaited, () => `There is no ${text} in ${this.#text}`);
  }
}

/** The status that a request under another name gets. */
async function statusUnder(host: string): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    get(`${ready.url}/healthz`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

/** Asks until somebody listens; the status of the answer to that one request. */
async function firstAnswer(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
  for (;;) {
    const status = await new Promise<number | undefined | 'nobody'>((resolve, reject) => {
      get(url, { headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') resolve('nobody');
        else reject(error);
      });
    });
    if (status !== 'nobody') return status;
  }
}

function processTexts(file: string): readonly string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/${file}`, 'utf8');
      } catch {
        return '';
      }
    });
}
