import { mkdtemp, rm } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { findEnvironment, type FoundEnvironment } from '../env/discover.js';
import { HfPushError } from '../errors.js';
import { runProgram, type RunOptions } from '../process/run.js';
import { stageEnvironment } from '../stage/stage.js';
import { writeStaging } from '../stage/write.js';
import { validateEnvironment, type ValidateOptions } from '../validate/validate.js';
import type { ValidationReport } from '../validate/types.js';

/** What to test. */
export interface TestOptions extends ValidateOptions {
  /** Build the image too, with the first of docker and podman that answers. */
  readonly docker?: boolean;
  /** Is shown what the tests and the build print, as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** How a step of the test went. */
export interface TestStep {
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped, or how it failed. */
  readonly reason?: string;
  /** The end of what was printed. */
  readonly output?: string;
}

/** How an environment's test went. */
export interface TestReport {
  readonly environment: string;
  /** Whether nothing failed; what was skipped did neither. */
  readonly passed: boolean;
  readonly validation: ValidationReport;
  readonly unitTests: TestStep;
  /** Only when it was asked for. */
  readonly build?: TestStep;
}

/**
 * Tests an environment on this machine: validates it, runs its tests with pytest, and builds its image if asked to.
 * How that went is in the report. An engine that is asked for and not there is an error: nothing is passed silently.
 *
 * @throws HfPushError HAWSER_HF_ENV_NOT_FOUND, HAWSER_HF_BAD_INPUT, HAWSER_HF_LOCAL_FILE; HAWSER_HF_TOOL_MISSING when
 * neither docker nor podman answers.
 */
export async function testEnvironment(options: TestOptions): Promise<TestReport> {
  const { docker = false, onOutput, ...rest } = options;
  const run: RunOptions = { onOutput, signal: rest.signal };
  const engine = docker ? await findEngine(rest.signal) : undefined;
  const found = findEnvironment(rest);
  const validation = await validateEnvironment(rest);
  const unitTests = await runPytest(found, rest.python ?? 'python3', run);
  const build = engine === undefined ? undefined : await buildImage(engine, options, validation, run);
  return {
    environment: found.name,
    passed: validation.passed && unitTests.outcome !== 'failed' && build?.outcome !== 'failed',
    validation,
    unitTests,
    ...(build && { build }),
  };
}

/** What a failed test is as an error; undefined for one that passed. */
export function testError({ environment, validation, unitTests, build }: TestReport): HfPushError | undefined {
  const failed = [
    ...(validation.passed ? [] : [`${validation.summary.errors} errors in its validation`]),
    ...[unitTests, build].flatMap((step) => (step?.outcome === 'failed' ? [step.reason ?? 'a step failed'] : [])),
  ];
  if (failed.length === 0) return undefined;
  return new HfPushError('HAWSER_HF_TEST_FAILED', `The test of ${environment} failed: ${failed.join('; ')}.`, {
    details: { environment, failed },
  });
}

async function findEngine(signal: AbortSignal | undefined): Promise<string> {
  const tried: string[] = [];
  for (const engine of ['docker', 'podman']) {
    // oxlint-disable-next-line no-await-in-loop -- the second is asked only when the first does not answer
    const { code } = await runProgram(engine, ['info', '--format', '{{.Name}}'], { signal });
    if (code === 0) return engine;
    tried.push(code === 'missing' ? `${engine} is not here` : `${engine} does not answer`);
  }
  throw new HfPushError('HAWSER_HF_TOOL_MISSING', `No image can be built: ${tried.join(', and ')}.`, {
    hint: 'Start docker or podman, or test without --docker: hawser hf validate predicts the build.',
    details: { tools: ['docker', 'podman'] },
  });
}

async function runPytest({ folder, root }: FoundEnvironment, python: string, run: RunOptions): Promise<TestStep> {
  if (!hasTests(folder)) return { outcome: 'skipped', reason: 'there are no tests' };
  const { code: hasPytest } = await runProgram(python, ['-c', 'import pytest'], { signal: run.signal });
  if (hasPytest === 'missing') return { outcome: 'skipped', reason: `${python} is not here` };
  if (hasPytest !== 0) return { outcome: 'skipped', reason: 'pytest is not installed' };
  const { code, output } = await runProgram(
    python,
    ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--rootdir', folder, folder],
    {
      ...run,
      cwd: folder,
      env: {
        // As server.app of its folder, as a package of its name, and as one below src/.
        PYTHONPATH: [folder, dirname(folder), join(root, 'src'), process.env['PYTHONPATH'] ?? '']
          .filter(Boolean)
          .join(delimiter),
        PYTHONDONTWRITEBYTECODE: '1',
      },
    },
  );
  if (code === 0) return { outcome: 'passed', output };
  // pytest's own code for this.
  if (code === 5) return { outcome: 'skipped', reason: 'there are no tests', output };
  return { outcome: 'failed', reason: `pytest ended with ${code}`, output };
}

function hasTests(folder: string): boolean {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.some(
    (entry) =>
      (entry.isDirectory() && /^tests?$/.test(entry.name)) ||
      (entry.isFile() && /^test_.*\.py$|_test\.py$/.test(entry.name)),
  );
}

async function buildImage(
  engine: string,
  { from, environment, baseImage, exclude }: TestOptions,
  validation: ValidationReport,
  run: RunOptions,
): Promise<TestStep> {
  if (!validation.passed) return { outcome: 'skipped', reason: 'its validation found errors' };
  const staged = await stageEnvironment({
    from,
    environment,
    spaceName: validation.environment,
    ...(baseImage !== undefined && { baseImage }),
    ...(exclude && { exclude }),
  });
  const above = await mkdtemp(join(tmpdir(), 'hawser-hf-build-'));
  try {
    const context = await writeStaging(staged, join(above, 'context'));
    const { code, output } = await runProgram(engine, ['build', '--quiet', context], run);
    return code === 0
      ? { outcome: 'passed', output }
      : { outcome: 'failed', reason: `${engine} build ended with ${code}`, output };
  } finally {
    await rm(above, { recursive: true, force: true });
  }
}
