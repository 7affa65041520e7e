import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { awsCheck, type AwsCheckOptions, type AwsCheckResult, type Verdict } from '@hawser/contexts';

/** What a check of a test found: by id, and as a whole. */
export interface Checked {
  readonly result: AwsCheckResult;
  readonly found: Readonly<Record<string, Verdict>>;
  /** `pass identity` and the like, in order. */
  readonly states: readonly string[];
}

/** Runs the checks in a home of their own. */
export async function checked(options: Partial<AwsCheckOptions>): Promise<Checked> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'hawser-check-')));
  try {
    const check = awsCheck({
      region: 'eu-west-1',
      home,
      directory: home,
      timeoutMs: 20_000,
      ...options,
      env: options.env ?? {},
    });
    const verdicts: Verdict[] = [];
    for await (const one of check) verdicts.push(one);
    return {
      result: await check.result(),
      found: Object.fromEntries(verdicts.map((one) => [one.id, one])),
      states: verdicts.map(({ state, id }) => `${state} ${id}`),
    };
  } finally {
    if (options.home === undefined) await rm(home, { recursive: true, force: true });
  }
}
