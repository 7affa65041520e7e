import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { makeTemplate } from '../../src/aws/template/template.js';

describeReal('cfn-lint', (path) => {
  test('has nothing to say about the template, and does speak', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hawser-template-'));
    try {
      const template = makeTemplate({ version: '1.2.3' });
      const broken = { ...template, Resources: { ...template.Resources, Table: { Type: 'AWS::DynamoDB::Table' } } };
      const files = { 'template.json': template, 'broken.json': broken };
      for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
      const { stdout } = spawnSync(
        path('cfn-lint'),
        ['--format', 'parseable', '--regions', 'us-east-1', 'eu-central-1', '--', ...Object.keys(files)],
        { cwd: folder, encoding: 'utf8' },
      );
      expect(stdout.match(/^.*template\.json.*$/gm)).toBe(null);
      expect(stdout).toMatch(/^broken\.json:.*KeySchema/m);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
