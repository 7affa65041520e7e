import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openStore } from '@hawser/state-store';
import { netDocument } from '../../src/supervisor/net-document.js';
import type { NetDocument } from '../../src/supervisor/seam.js';

const golden: NetDocument = {
  supervisor: {
    instance: '0123456789abcdef',
    identity: { pid: 4711, start: '42', boot: 'b', namespace: '1', host: 'h', machine: 'm' },
    socket: '/run/user/1000/hawser/0123456789ab/0123456789abcdef/s',
    startedAt: '2025-10-31T08:00:00.000Z',
  },
  tunnels: [
    {
      name: 'prefect',
      set: 'staging',
      via: 'ssh-bastion',
      local: { host: '127.0.0.1', port: 4200 },
      to: 'prefect.staging.internal:4200',
      env: { PREFECT_API_URL: 'http://127.0.0.1:4200/api' },
      createdAt: '2025-10-31T08:00:01.000Z',
    },
  ],
  ports: { marquez: 5001 },
};

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp('/tmp/hn-doc-');
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('net.json is written as readers were promised', async () => {
  await inFolder(async (folder) => {
    const store = openStore({ from: folder, env: { HAWSER_STATE_DIR: folder } });
    await store.document(netDocument).update(() => golden);
    const file = JSON.parse(await readFile(join(folder, 'net.json'), 'utf8')) as Record<string, unknown>;
    expect(file).toMatchObject({ kind: 'net', version: 2, revision: 1 });
    const fixture = new URL('../fixtures/net.json', import.meta.url);
    expect(file['data']).toEqual(JSON.parse(await readFile(fixture, 'utf8')));
  });
});

test('sessions of the design this began with become tunnels nobody stands behind, and their ports are remembered', async () => {
  await inFolder(async (folder) => {
    await mkdir(folder, { recursive: true });
    const ports = { local_port: 4201, remote_host: 'prefect.staging.internal', remote_port: 4200 };
    const sessions = [
      {
        label: '20251031T080000Z',
        via: 'ssm',
        command: ['aws', 'ssm', 'start-session'],
        pid: 1,
        created_at: '2025-10-31T08:00:00+00:00',
        metadata: { prefect: ports, marquez: { local_port: 'none' } },
      },
      { label: 7, via: 'ssh-bastion', metadata: null },
    ];
    await writeFile(join(folder, 'net.json'), JSON.stringify({ sessions }));
    const { data } = await openStore({ from: folder, env: { HAWSER_STATE_DIR: folder } })
      .document(netDocument)
      .read();
    expect(data).toEqual({
      tunnels: [
        {
          name: 'prefect',
          set: '20251031T080000Z',
          via: 'ssm',
          local: { host: '127.0.0.1', port: 4201 },
          to: 'prefect.staging.internal:4200',
          env: {},
          createdAt: '2025-10-31T08:00:00+00:00',
        },
      ],
      ports: { prefect: 4201 },
    });
  });
});
