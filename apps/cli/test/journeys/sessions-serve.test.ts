import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { useSessions } from '../support/sessions.js';

const hawser = useSessions();

test('serve says what it does not protect from, shows the page, and comes back where it was after kill -9', async () => {
  const first = hawser.start(['sessions', 'serve', '--isolation', 'process']);
  const banner = (await first.until(/^[^]*Ctrl-C ends it/))[0];
  const { url, apiKey } = hawser.service();
  expect(banner).toContain(`Sessions of this machine are served at ${url}`);
  expect(banner).toContain('There is no isolation');
  expect(banner).toContain(`export HAWSER_SESSIONS_API_KEY=${apiKey}`);

  const page = await fetch(`${url}/ws/11111111-1111-4111-8111-111111111111`);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const [asset] = /\/ws\/assets\/main-\w+\.js/.exec(await page.text()) ?? [];
  const script = await fetch(`${url}${asset}`);
  expect([script.status, (await script.text()).length > 1000]).toEqual([200, true]);

  const second = await hawser.run(['sessions', 'serve', '--json']);
  expect(second).toMatchObject({ exitCode: 1, json: { error: { code: 'HAWSER_SESSIONS_LOCAL_FAILED' } } });

  const running = hawser.start(['sessions', 'run', 'echo started; sleep 2; echo over; exit 6']);
  await running.until(/started/);
  first.kill('SIGKILL');
  await first.ended;
  const third = hawser.start(['sessions', 'serve', '--json', '--isolation', 'process']);
  await third.until(/\{.*\}/);
  expect(hawser.service()).toMatchObject({ url, apiKey });
  expect(await running.ended).toMatchObject({ stdout: 'started\r\nover\r\n', exitCode: 6 });
});

test('a service that does not start says why in the words of what stopped it, with its hint', async () => {
  const data = join(hawser.home, 'open');
  const key = join(data, 'hawser/receipt-key.pem');
  mkdirSync(join(data, 'hawser'), { recursive: true });
  writeFileSync(key, '', { mode: 0o644 });
  const end = await hawser.run(['sessions', 'run', '--json', 'true'], { env: { XDG_DATA_HOME: data } });
  expect(end).toMatchObject({
    exitCode: 125,
    json: {
      error: {
        code: 'HAWSER_SESSIONS_LOCAL_FAILED',
        message: `The sessions service of this machine did not start: Others may read or write the key ${key} (mode 0644).`,
        hint: expect.stringContaining(`chmod 600 ${key}`),
      },
    },
  });
});
