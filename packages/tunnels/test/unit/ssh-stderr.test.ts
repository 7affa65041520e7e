import { expect, test } from '@jest/globals';
import { classifyEnd, openRefused } from '../../src/providers/ssh-stderr.js';
import { OpenRefusal } from '../../src/providers/ssh-wire.js';

const names = { host: 'bastion', authCommand: 'ssh -- bastion true' };

// What OpenSSH 9.2 printed when each was brought about, and two texts of its source that need special keys or servers.
test.each([
  ['auth', 'root@127.0.0.1: Permission denied (publickey).'],
  ['auth', 'Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\nDisconnected from 10.0.0.1'],
  ['hostkey-unknown', 'Host key verification failed.'],
  [
    'hostkey-unknown',
    'No ED25519 host key is known for h and you have requested strict checking.\nHost key verification failed.',
  ],
  ['hostkey-changed', '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.'],
  ['hostkey-changed', '@ WARNING: REVOKED HOST KEY DETECTED! @\nHost key verification failed.'],
  ['config', 'command-line: line 0: Bad configuration option: nonsense'],
  ['config', '/home/me/.ssh/config line 3: keyword Port extra arguments at end of line'],
  ['config', 'Bad owner or permissions on /home/me/.ssh/config'],
  ['resolve', 'ssh: Could not resolve hostname no.such.invalid: Name or service not known'],
  ['refused', 'ssh: connect to host 127.0.0.1 port 1: Connection refused'],
  ['unreachable', 'ssh: connect to host 10.213.2.2 port 22: Network is unreachable'],
  ['unreachable', 'ssh: connect to host 10.0.0.9 port 22: No route to host'],
  ['timeout', 'ssh: connect to host 10.213.1.2 port 22: Connection timed out'],
  ['timeout', 'Connection timed out during banner exchange\nConnection to 127.0.0.1 port 80 timed out'],
  ['timeout', 'Timeout, server 10.213.1.2 not responding.'],
  ['closed', 'kex_exchange_identification: read: Connection reset by peer\nConnection reset by 127.0.0.1 port 22'],
  ['closed', 'Connection to bastion closed by remote host.'],
  [
    'proxy-failed',
    'channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed\nConnection closed by UNKNOWN port 65535',
  ],
  [
    'proxy-failed',
    '/bin/bash: line 1: exec: nonexistent: not found\nkex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535',
  ],
  [
    'refused',
    'ssh: connect to host gate port 1: Connection refused\r\nkex_exchange_identification: Connection closed by remote host\nConnection closed by UNKNOWN port 65535',
  ],
  ['auth', 'me@gate: Permission denied (publickey).\nConnection closed by UNKNOWN port 65535'],
  ['other', 'something nobody has seen before'],
])('%s: %s', (cause, stderr) => {
  expect(classifyEnd({ code: 255, signal: null, stderr: `${stderr}\n`, wasUp: false }, names).cause).toBe(cause);
});

test('what a person can mend is permanent, and comes with the command; what the network can mend is not', () => {
  const of = (stderr: string): ReturnType<typeof classifyEnd> =>
    classifyEnd({ code: 255, signal: null, stderr, wasUp: false }, names);
  expect(of('x@y: Permission denied (publickey).')).toMatchObject({ permanent: true, authCommand: names.authCommand });
  expect(of('Host key verification failed.')).toMatchObject({ permanent: true, authCommand: names.authCommand });
  const changed = of(
    'REMOTE HOST IDENTIFICATION HAS CHANGED\n  ssh-keygen -f "/k h" -R "[h]:22"\nHost key verification failed.',
  );
  expect(changed).toMatchObject({
    permanent: true,
    hint: expect.stringContaining('ssh-keygen -f "/k h" -R "[h]:22"'),
  });
  expect(changed).not.toHaveProperty('authCommand');
  expect(of('Connection refused')).toMatchObject({ permanent: false });
});

test('how it ended tells before what it said', () => {
  const end = { code: null, signal: 'SIGKILL' as const, stderr: 'Permission denied (publickey).', wasUp: true };
  expect(classifyEnd(end, names)).toMatchObject({ cause: 'killed', message: 'The ssh process was killed by SIGKILL.' });
  expect(classifyEnd({ code: 0, signal: null, stderr: '', wasUp: true }, names).cause).toBe('killed');
  expect(classifyEnd({ code: 255, signal: null, stderr: '', wasUp: false }, names)).toMatchObject({
    cause: 'other',
    message: 'ssh ended with 255 and said nothing',
  });
});

test.each([
  [OpenRefusal.administrativelyProhibited, 'open failed', 'forward-denied'],
  [OpenRefusal.unknownChannelType, '', 'forward-denied'],
  [OpenRefusal.connectFailed, 'Connection refused', 'target-refused'],
  [OpenRefusal.connectFailed, 'Name or service not known', 'resolve'],
  [OpenRefusal.connectFailed, 'Connection timed out', 'timeout'],
  [OpenRefusal.connectFailed, 'No route to host', 'unreachable'],
  [OpenRefusal.connectFailed, '', 'target-refused'],
  [OpenRefusal.resourceShortage, '', 'other'],
])('a channel refused for reason %i, %s: %s', (reason, text, cause) => {
  expect(openRefused('db:5432', reason, text)).toMatchObject({ cause, permanent: false });
});
