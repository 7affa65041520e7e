import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDocumentSession } from '@hawser/ssm-channel';
import { TARGET, type World, openWorld, text } from '../support/world.js';

describe('a session that somebody else started', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(async () => {
    await world.close();
  });

  test('of a command is served as streams', async () => {
    const start = await world.start('AWS-StartNonInteractiveCommand', {
      command: ["sh -c 'echo said; exit 3'"],
      separateOutputStream: ['true'],
    });
    const opened = await openDocumentSession({ start, api: world.api, target: TARGET });
    if (opened.kind !== 'streams') throw new Error('expected streams');
    opened.session.stderr.resume();
    expect(await text(opened.session.stdout)).toBe('said\n');
    expect(await opened.session.ended).toMatchObject({ reason: 'exited', exitCode: 3 });
  });

  test('of a forwarded port listens where it is told', async () => {
    await using server = createServer((socket) => void socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const start = await world.start('AWS-StartPortForwardingSession', {
      portNumber: [String((server.address() as AddressInfo).port)],
      localPortNumber: ['0'],
    });
    const opened = await openDocumentSession({ start, api: world.api, target: TARGET, listen: { port: 0 } });
    if (opened.kind !== 'forward') throw new Error('expected a forwarded port');
    const socket = connect({ port: opened.forward.address.port, host: '127.0.0.1' });
    socket.write('there and back');
    const [back] = (await once(socket, 'data')) as [Buffer];
    expect(back.toString()).toBe('there and back');
    socket.destroy();
    await opened.forward.close();
  });

  test('of one stdio connection is served as streams', async () => {
    await using server = createServer((socket) => socket.end('SSH-2.0-here\r\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const start = await world.start('AWS-StartSSHSession', {
      portNumber: [String((server.address() as AddressInfo).port)],
    });
    const opened = await openDocumentSession({ start, api: world.api, target: TARGET });
    if (opened.kind !== 'streams') throw new Error('expected streams');
    opened.session.stdin.end();
    expect(await text(opened.session.stdout)).toBe('SSH-2.0-here\r\n');
    await opened.session.terminate();
  });

  test('with a token nobody gave, and nobody to ask for another, is refused', async () => {
    const start = await world.start();
    const opening = openDocumentSession({ start: { ...start, tokenValue: 'forged' }, target: TARGET });
    await expect(opening).rejects.toMatchObject({ code: 'HAWSER_SSM_TOKEN_REFUSED' });
  });
});
