// Prints `N passed, N failed` as the last line of the run, after jest's own summary. After a run of everything it also
// lists the published schemas that no command's output was held to: apps/cli/test/support/held.ts leaves the marks.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root } from './workspace.mjs';

const patienceMs = 5000;
const marks = join(cache, 'schemas-held');

export default class ClosingLine {
  constructor(/** @type {{ testPathPatterns?: { patterns?: string[] }; testNamePattern?: string }} */ config = {}) {
    const { testPathPatterns, testNamePattern } = config;
    this.isWhole = (testPathPatterns?.patterns ?? []).length === 0 && !testNamePattern;
    if (!this.isWhole) return;
    rmSync(marks, { recursive: true, force: true });
    mkdirSync(marks, { recursive: true });
    // Workers take it from here.
    process.env.HAWSER_TEST_SCHEMAS_HELD = marks;
  }

  onRunComplete(_contexts, results) {
    // A suite that could not be loaded ran no test, and still is a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    if (this.isWhole)
      for (const name of unheld()) process.stdout.write(`Nothing was held to apps/cli/schemas/${name}\n`);
    process.once('exit', () => {
      process.stdout.write(`\n${results.numPassedTests} passed, ${failed} failed\n`);
    });
    // What a suite left behind has failed it already; it must not keep the run from ending.
    setTimeout(() => process.exit(results.success ? 0 : 1), patienceMs).unref();
  }
}

function unheld() {
  const held = new Set(readdirSync(marks));
  const schemas = readdirSync(join(root, 'apps/cli/schemas')).filter((name) => name.endsWith('.json'));
  return schemas.filter((name) => !held.has(name.slice(0, -'.json'.length)));
}
