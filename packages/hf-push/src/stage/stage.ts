import { HfPushError, type HfPushErrorCode } from '../errors.js';
import type { Finding, Staged, StageOptions } from '../tree/types.js';
import { prepareEnvironment } from './prepare.js';

/**
 * Makes the tree of a Space from an environment: finds it, decides its layout by what its Dockerfile copies, leaves out
 * what is ignored, edits Dockerfile and README, hashes every file and predicts the build. Touches nothing, asks nobody,
 * and has the same result for the same files.
 *
 * @throws HfPushError HAWSER_HF_ENV_NOT_FOUND; HAWSER_HF_SECRET_FOUND, naming file and line and never the secret;
 * HAWSER_HF_UNSAFE_FILE for links that lead outside, names that cannot be published and the like; HAWSER_HF_ENV_INVALID
 * for what would not build or what the Hub would refuse; HAWSER_HF_LOCAL_FILE; HAWSER_HF_BAD_INPUT.
 */
export async function stageEnvironment(options: StageOptions): Promise<Staged> {
  const { staged } = await prepareEnvironment(options);
  refuseErrors(staged);
  return staged;
}

/** The kinds of finding by the beginning of their rule; a secret is told of before anything else. */
const codes: readonly (readonly [prefix: string, code: HfPushErrorCode, hint?: string])[] = [
  ['secret/', 'HAWSER_HF_SECRET_FOUND'],
  ['file/', 'HAWSER_HF_UNSAFE_FILE'],
];

function refuseErrors({ name, findings }: Staged): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const [prefix, code] = codes.find(([each]) => errors.some(({ rule }) => rule.startsWith(each))) ?? [
    '',
    'HAWSER_HF_ENV_INVALID' as const,
  ];
  const told = errors.filter(({ rule }) => rule.startsWith(prefix));
  const [first] = told;
  const more = told.length > 1 ? ` There are ${told.length - 1} more.` : '';
  throw new HfPushError(code, `${name} cannot be pushed: ${first?.message ?? ''}${more}`, {
    ...(first?.hint !== undefined && { hint: first.hint }),
    details: { environment: name, findings: told.map(plain) },
  });
}

/** A finding as details of an error hold it. */
function plain({ rule, message, path, line }: Finding): Record<string, string | number> {
  return { rule, message, ...(path !== undefined && { path }), ...(line !== undefined && { line }) };
}
