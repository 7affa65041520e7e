import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveLocal, type LocalService } from '@hawser/k8s-sessions/local';
import type { CreatedSession, CreateSessionRequest } from '@hawser/k8s-sessions/protocol';
import { pageFolder } from '@hawser/sessions-web';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const runner = fileURLToPath(
  new URL('../../../../packages/k8s-sessions/test/support/local-runner.mjs', import.meta.url),
);
/** Where the browser is told that `localhost` is: the network that can be cut. */
const network = '127.0.0.3';

/** Less than a test has, so that a wait in vain tells what there was instead. */
const patienceMs = 20_000;

/** Local mode, a network in front of it that can be cut, and a browser. */
export interface World {
  /** The service under the name that leads through the network. */
  readonly url: string;
  readonly port: number;
  create(request: CreateSessionRequest): Promise<CreatedSession>;
  /** A page of its own person: other cookies, other settings. */
  person(options?: BrowserContextOptions): Promise<Page>;
  /** Closes the pages of all persons: what nobody looks at any more is not to be drawn. */
  leave(): Promise<void>;
  /** Ends every connection, and takes no other until `mend`. */
  cut(): void;
  mend(): void;
  /** What pages complained of: errors of scripts, and what the policy for contents refused. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Starts it. */
export async function openWorld(chromiumPath: string): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'sw-'));
  const service = await serveLocal({
    folder,
    pageFolder,
    runnerProgram: [process.execPath, runner],
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, LANG: 'C.UTF-8' },
    port: 0,
    isolation: 'process',
    version: '0.0.0',
  });
  const port = Number(new URL(service.url).port);
  const between = await openNetwork(port);
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', `--host-resolver-rules=MAP localhost ${network}`],
  });
  const complaints: string[] = [];
  return {
    url: `http://localhost:${port}`,
    port,
    create: (request) => create(service, request),
    person: (options) => newPerson(browser, complaints, options),
    leave: async () => void (await Promise.all(browser.contexts().map((context) => context.close()))),
    cut: () => between.cut(),
    mend: () => between.mend(),
    complaints,
    async close() {
      await browser.close();
      await between.close();
      await stopSessions(service);
      await service.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function create(service: LocalService, request: CreateSessionRequest): Promise<CreatedSession> {
  const answer = await ask(service, '', { method: 'POST', body: JSON.stringify(request) });
  const created = (await answer.json()) as CreatedSession;
  if (!answer.ok) throw new Error(JSON.stringify(created));
  return { ...created, terminalUrl: created.terminalUrl.replace('127.0.0.1', 'localhost') };
}

function ask(service: LocalService, path: string, options: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${service.apiKey}`, 'content-type': 'application/json' };
  return fetch(`${service.url}/api/sessions${path}`, { ...options, headers });
}

async function stopSessions(service: LocalService): Promise<void> {
  const { sessions } = (await (await ask(service, '')).json()) as {
    sessions: { sessionId: string; exit: object | null }[];
  };
  const running = sessions.filter(({ exit }) => exit === null);
  for (const { sessionId } of running) await ask(service, `/${sessionId}?grace=0`, { method: 'DELETE' });
  for (const { sessionId } of running) await ask(service, `/${sessionId}/wait?until=exited&timeout=20`);
}

async function newPerson(browser: Browser, complaints: string[], options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 640 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/i.test(message.text())) complaints.push(message.text());
  });
  return page;
}

async function openNetwork(port: number): Promise<{ cut(): void; mend(): void; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server: Server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, network, resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    cut() {
      isCut = true;
      drop();
    },
    mend: () => (isCut = false),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        drop();
      }),
  };
}

/** Waits until the terminal of a page shows a text, or what a pattern matches. */
export async function shows(page: Page, wanted: string | RegExp, screen = '#screen'): Promise<void> {
  const source = typeof wanted === 'string' ? wanted.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`) : wanted.source;
  const look = (): Promise<unknown> =>
    page.waitForFunction(
      ([where, pattern]) =>
        new RegExp(pattern!, 'm').test(document.querySelector<HTMLElement>(`${where} .xterm-rows`)?.innerText ?? ''),
      [screen, source],
    );
  await look().catch(async (error: unknown) => {
    throw new Error(`instead of ${source}: ${(await page.innerText('body').catch(String)).trim()}`, { cause: error });
  });
}

/** The rows of a page's terminal, without what is empty at their ends. */
export function rows(page: Page, screen = '#screen'): Promise<string[]> {
  return page.evaluate(
    (where) =>
      [...document.querySelectorAll<HTMLElement>(`${where} .xterm-rows > div`)].map((row) => row.innerText.trimEnd()),
    screen,
  );
}
