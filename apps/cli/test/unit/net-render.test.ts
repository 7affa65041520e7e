import { describe, expect, test } from '@jest/globals';
import { loadStyle } from '@hawser/cli-kit/start';
import type { TunnelStatus } from '@hawser/tunnels';
import { diagnosisText } from '../../src/net/doctor.js';
import { listText } from '../../src/net/list.js';
import { renderEvent } from '../../src/render/net/event.js';
import { renderOpened } from '../../src/render/net/opened.js';
import { renderStatus } from '../../src/render/net/status.js';
import { sizeOf } from '../../src/render/net/words.js';

const plain = await loadStyle(false);

const healthy: TunnelStatus = {
  spec: {
    name: 'prefect',
    set: 'staging',
    via: { kind: 'ssh-bastion', host: 'bastion.example.com' },
    to: { host: 'prefect.staging.internal', port: 4200 },
    local: { port: 4200 },
  },
  local: { hosts: ['127.0.0.1', '::1'], port: 4200 },
  env: { PREFECT_API_URL: 'http://127.0.0.1:4200/api' },
  link: { state: 'ready', since: '2026-11-21T18:00:00.000Z', connects: 1, pids: [7] },
  probe: { state: 'ok', lastOkAt: '2026-11-21T18:00:01.000Z', latencyMs: { p50: 12.4, p95: 30 } },
  connections: { open: 2, held: 1, total: 9, refused: 0, clients: [] },
  bytes: { in: 1_234, out: 45_678_901 },
  createdAt: '2026-11-21T18:00:00.000Z',
};
const away: TunnelStatus = {
  ...healthy,
  spec: { ...healthy.spec, name: 'db', to: { host: '2001:db8::1', port: 5432 } },
  local: { hosts: ['::1'], port: 15_432 },
  env: {},
  link: {
    state: 'needs-auth',
    since: '2026-11-21T18:00:00.000Z',
    connects: 0,
    pids: [],
    nextTryAt: '2026-11-21T18:05:00.000Z',
    failure: {
      cause: 'auth',
      message: 'bastion.example.com did not let you in.',
      hint: 'Run ssh bastion.example.com.',
      permanent: true,
    },
  },
  probe: { state: 'never' },
  connections: { open: 0, held: 0, total: 0, refused: 0, clients: [] },
  bytes: { in: 0, out: 0 },
};
const lazy: TunnelStatus = {
  ...away,
  spec: { ...healthy.spec, name: 'sock', to: { path: '/run/app.sock' }, local: { path: '/tmp/s' }, lazy: true },
  local: { hosts: [], port: 0, path: '/tmp/s' },
  link: { state: 'idle', since: '2026-11-21T18:00:00.000Z', connects: 0, pids: [] },
};
const unwell: TunnelStatus = { ...healthy, probe: { state: 'failing', message: '/api/ready answers 503.' } };

describe('net status', () => {
  test('is a line for each tunnel, and says below why one is away', () => {
    expect(`\n${renderStatus([healthy, away, lazy, unwell], plain)}\n`).toBe(`
NAME     SET      LOCAL           TO                             VIA          LINK        PROBE     OPEN  IN      OUT
prefect  staging  127.0.0.1:4200  prefect.staging.internal:4200  ssh-bastion  ready       ok 12 ms  2+1   1.2 kB  46 MB
db       staging  [::1]:15432     [2001:db8::1]:5432             ssh-bastion  needs-auth  –         0     0 B     0 B
sock     staging  /tmp/s          unix:/run/app.sock             ssh-bastion  idle        –         0     0 B     0 B
prefect  staging  127.0.0.1:4200  prefect.staging.internal:4200  ssh-bastion  ready       failing   2+1   1.2 kB  46 MB
✗ db: bastion.example.com did not let you in. Tried again at 2026-11-21T18:05:00.000Z.
  Run ssh bastion.example.com.
! prefect: /api/ready answers 503.
`);
  });

  test('colours change no column', async () => {
    const coloured = renderStatus([healthy, away], await loadStyle(true));
    expect(coloured).toContain('\u001b[');
    // oxlint-disable-next-line no-control-regex -- what colours are made of
    expect(coloured.replaceAll(/\u001b\[[0-9;]*m/g, '')).toBe(renderStatus([healthy, away], plain));
  });

  test('says when nothing is open', () => {
    expect(renderStatus([], plain)).toBe('No tunnels are open.');
  });
});

test('net up says where each tunnel begins and ends, and the variables', () => {
  expect(renderOpened([healthy, lazy], plain)).toBe(
    [
      '✓ prefect  127.0.0.1:4200 → prefect.staging.internal:4200',
      '· sock  /tmp/s → unix:/run/app.sock (opens with the first connection)',
      '  PREFECT_API_URL=http://127.0.0.1:4200/api',
    ].join('\n'),
  );
});

test('net list says what needs trust', () => {
  const complaint = { file: 'tunnels.yaml', line: 1, column: 1, message: 'x' };
  const tunnel = { name: 'web', set: 'a', via: 'direct' as const, local: '127.0.0.1:0', to: 'w:80', env: {} };
  expect(listText({ sets: [{ name: 'a', tunnels: [tunnel], untrusted: [complaint] }] }, plain)).toBe(
    [
      'SET  NAME  LOCAL        TO    VIA',
      'a    web   127.0.0.1:0  w:80  direct',
      '! a asks for what needs your trust: hawser net trust',
    ].join('\n'),
  );
  expect(listText({ sets: [] }, plain)).toBe('There is no tunnels.yaml with tunnels here.');
  expect(listText({ tunnels: [] }, plain)).toBe('No tunnels are open.');
});

test('an event is a line', () => {
  const at = '2026-11-21T18:00:00.000Z';
  expect(renderEvent({ at, tunnel: 'prefect', type: 'link', state: 'ready', text: 'ready' }, plain)).toBe(
    '2026-11-21T18:00:00.000Z  prefect       link        ready',
  );
  expect(renderEvent({ at, type: 'sleep', text: 'slept 90 s' }, plain)).toBe(
    '2026-11-21T18:00:00.000Z  –             sleep       slept 90 s',
  );
});

test('net doctor names the hop that fails, and what to do', () => {
  const hops = [
    { hop: 'dns', verdict: 'pass', detail: 'bastion has 10.0.0.1.', ms: 3.6 },
    { hop: 'host-key', verdict: 'skipped', detail: 'Not looked at.' },
    { hop: 'auth', verdict: 'fail', detail: 'No key was taken.', hint: 'Add your key to the agent.' },
  ] as const;
  expect(diagnosisText({ tunnels: [{ name: 'prefect', set: 'staging', ok: false, hops }] }, plain)).toBe(
    [
      'prefect (staging)',
      '  ✓ dns         bastion has 10.0.0.1. (4 ms)',
      '  – host-key    Not looked at.',
      '  ✗ auth        No key was taken.',
      '    Add your key to the agent.',
    ].join('\n'),
  );
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [9_949, '9.9 kB'],
  [9_960, '10 kB'],
  [999_400, '999 kB'],
  [999_600, '1.0 MB'],
  [5e15, '5000 TB'],
])('%d bytes are %s', (bytes, expected) => {
  expect(sizeOf(bytes)).toBe(expected);
});
