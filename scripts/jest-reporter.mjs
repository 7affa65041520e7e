// Prints `N passed, N failed` as the last line of the run, after jest's own summary. A run of every test that could hold
// output to the published schemas of `--json` also fails for each schema that nothing was held to:
// apps/cli/test/support/held.ts leaves the marks.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './workspace.mjs';

const patienceMs = 5000;
const app = join(root, 'apps/cli');

export default class ClosingLine {
  #marks;
  #isNarrowed;
  #unheld = [];

  constructor(/** @type {{ testNamePattern?: string }} */ config = {}) {
    this.#isNarrowed = Boolean(config.testNamePattern);
  }

  onRunStart() {
    this.#marks = mkdtempSync(join(tmpdir(), 'hawser-held-'));
    // Workers take it from here.
    process.env.HAWSER_TEST_SCHEMAS_HELD = this.#marks;
  }

  onRunComplete(_contexts, results) {
    if (!this.#isNarrowed && ranAll(results)) this.#unheld = unheld(this.#marks);
    rmSync(this.#marks, { recursive: true, force: true });
    for (const name of this.#unheld)
      process.stdout.write(`✗ No test holds what a command prints to apps/cli/schemas/${name}\n`);
    // A suite that could not be loaded ran no test, and still is a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + this.#unheld.length;
    process.once('exit', () => {
      process.stdout.write(`\n${results.numPassedTests} passed, ${failed} failed\n`);
    });
    // What a suite left behind has failed it already; it must not keep the run from ending.
    setTimeout(() => process.exit(results.success ? 0 : 1), patienceMs).unref();
  }

  /** What makes jest itself end with 1. */
  getLastError() {
    return this.#unheld.length > 0 ? new Error(`No test holds output to ${this.#unheld.join(', ')}.`) : undefined;
  }
}

/** Whether every test of the command line ran, and none was left out for want of its counterpart. */
function ranAll({ testResults }) {
  const folder = join(app, 'test');
  const ran = new Map(testResults.map((result) => [result.testFilePath, result]));
  // A sandbox of mutated packages is without it.
  if (!existsSync(folder)) return false;
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => ran.get(join(folder, path)))
    .every((result) => result && result.numPendingTests + result.numTodoTests === 0);
}

function unheld(marks) {
  return readdirSync(join(app, 'schemas')).filter(
    (name) => name.endsWith('.json') && !existsSync(join(marks, name.slice(0, -'.json'.length))),
  );
}
