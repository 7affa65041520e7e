import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extension } from '../counter.js';

test('names everything after the environment', async () => {
  const files = await extension.files({ name: 'my_env', prefix: 'My', title: 'My Env', dashed: 'my-env' });
  assert.match(files['openenv.yaml'] ?? '', /^name: my_env$/m);
  assert.match(files['server/app.py'] ?? '', /class MyEnvironment\(Environment\)/);
  assert.equal(
    Object.values(files).some((text) => text.includes('undefined')),
    false,
  );
});
