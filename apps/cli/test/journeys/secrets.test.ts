import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { target, useEmulator } from '../support/emulator.js';
import { useHawser } from '../support/hawser.js';
import { openWorkshop } from '../support/hub.js';

/** Planted where secrets live: none of them may be seen anywhere. */
const planted = {
  accessKey: 'plantedSecretAccessKey/0123456789abcdefgh',
  sessionToken: 'IQoJb3JpZ2luX2VjPLANTEDsessionTOKEN0123456789abcdefghijklmnop',
  otherToken: 'planted-token-of-somebody-else-0123456789',
};
const credentials = {
  accessKeyId: 'AKIAPLANTED000000000',
  secretAccessKey: planted.accessKey,
  sessionToken: planted.sessionToken,
};

const hawser = useHawser();
const aws = useEmulator({ credentials });
const env = (): Record<string, string> => ({
  ...aws.env,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: planted.accessKey,
  AWS_SESSION_TOKEN: planted.sessionToken,
  SOME_SERVICE_TOKEN: planted.otherToken,
});

beforeAll(async () => {
  await mkdir(join(hawser.home, '.aws'), { recursive: true });
  await writeFile(
    join(hawser.home, '.aws/credentials'),
    `[default]\naws_access_key_id = AKIAPLANTED000000000\naws_secret_access_key = ${planted.accessKey}\n`,
  );
});

/** Every way to end: done, refused, mistyped, unreachable, and each with everything that is said about it. */
const commands: readonly (readonly string[])[] = [
  ['ssm', 'list'],
  ['ssm', 'run', target, '--', 'true'],
  ['ssm', 'run', 'worker', '--', 'true'],
  ['ssm', 'run', target, '--endpoint-url', 'http://127.0.0.1:1', '--', 'true'],
  ['ssm', 'start', `tag:Name=${planted.otherToken}`],
  ['ssm', 'start', target, `--${planted.otherToken}`],
  [planted.otherToken],
  ['ssm', 'sessions', '--history'],
  ['ssm', 'forward', target, '--remote-port', planted.otherToken],
  ['doctor'],
  ['ecs', 'exec', 'default/0123456789abcdef0123456789abcdef/app', '--', 'true'],
];

describe('planted secrets', () => {
  test.each(commands)('are nowhere in what %j says, nor with --debug, nor with --json', async (...command) => {
    for (const flags of [[], ['--debug'], ['--json'], ['--json', '--debug']]) {
      const at = command.indexOf('--') < 0 ? command.length : command.indexOf('--');
      const { stdout, stderr } = await hawser.run([...command.slice(0, at), ...flags, ...command.slice(at)], {
        env: env(),
      });
      for (const secret of Object.values(planted)) expect(stdout + stderr).not.toContain(secret);
      // The tokens of sessions are secrets, too.
      for (const { id } of aws.emulator.sessions) expect(stdout + stderr).not.toMatch(new RegExp(`${id}.{0,40}AAEAA`));
    }
  });
});

describe('planted secrets of Hugging Face', () => {
  const token = 'hf_plantedTokenOfSomebody0123456789abc';
  const value = 'planted-value-of-a-secret-0123456789';

  test.each([
    ['push', 'echo_env', '--secret', 'API_KEY', '--wait'],
    ['push', 'echo_env', 'coding_env', '--secret', 'API_KEY'],
    ['push', 'echo_env', '--secret', 'API_KEY', '--dry-run'],
    ['push', 'echo_env', '--secret', 'API_KEY', '--repo-id', 'not-mine/at-all'],
    ['push', 'echo_env', '--secret', `API_KEY=${value}`],
    ['plan', 'echo_env', '--secret', 'API_KEY'],
    ['whoami'],
    ['status', 'nothing'],
    ['login', '--token-stdin'],
    ['logout'],
  ])('are nowhere in what hf %s %s %s %s %s says', async (...words) => {
    const { run, hub } = await openWorkshop(hawser, { accounts: [{ name: 'me', token }] });
    const own = { env: { API_KEY: value }, stdin: token };
    for (const flags of [[], ['--debug'], ['--json', '--debug']]) {
      const { stdout, stderr } = await run(['hf', ...words.filter(Boolean), ...flags], own);
      for (const secret of [token, value]) expect(stdout + stderr).not.toContain(secret);
    }
    // A Hub that shows the token around is no reason to pass it on.
    hub.fail({
      path: /whoami/,
      times: 99,
      does: { kind: 'status', status: 400, body: { error: `bad token ${token}` } },
    });
    const { stdout, stderr } = await run(['hf', ...words.filter(Boolean), '--debug'], own);
    for (const secret of [token, value]) expect(stdout + stderr).not.toContain(secret);
  });
});
