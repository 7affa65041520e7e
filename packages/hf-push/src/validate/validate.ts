import { isWebInterfaceOn, webInterfaceOf, webVariable } from '../dockerfile/web-interface.js';
import { prepareEnvironment, type Prepared } from '../stage/prepare.js';
import type { Finding } from '../tree/types.js';
import { checkPyproject } from './pyproject.js';
import { checkFiles, checkPython } from './structure.js';
import { inOrder, summarize, type ValidationReport } from './types.js';

/** What to validate. */
export interface ValidateOptions {
  /** Where to look for environments: `src/envs/`, `envs/` and `./` below it. */
  readonly from: string;
  /** The environment's name, or a path to its folder. */
  readonly environment: string;
  /** Judges what a push with this base image would make. */
  readonly baseImage?: string;
  /** Patterns that a push would leave out, as in .gitignore. */
  readonly exclude?: readonly string[];
  /** Python 3 for the syntax of models, client and server. Default `python3` of the PATH. */
  readonly python?: string;
  readonly signal?: AbortSignal;
}

/**
 * Says everything that is known about an environment without asking anybody and without a container engine: structure,
 * manifest, pyproject.toml, Python's syntax, README, the Dockerfile as it would be pushed, what would be copied, ports,
 * links and names, secrets. What is wrong is in the report; a check that cannot be made is in it as skipped.
 *
 * @throws HfPushError HAWSER_HF_ENV_NOT_FOUND, HAWSER_HF_BAD_INPUT, HAWSER_HF_LOCAL_FILE.
 */
export async function validateEnvironment(options: ValidateOptions): Promise<ValidationReport> {
  const { python = 'python3', signal, ...rest } = options;
  const prepared = await prepareEnvironment({ ...rest, spaceName: 'any', ...(signal && { signal }) });
  const { project, staged } = prepared;
  const { findings: ofPython, skipped } = await checkPython(project, { python, signal });
  const findings = inOrder([
    ...staged.findings,
    ...checkFiles(project),
    ...checkPyproject(project),
    ...ofPython,
    ...checkWebInterface(prepared),
  ]);
  const summary = summarize(findings);
  return {
    environment: staged.name,
    folder: staged.folder,
    layout: staged.layout,
    passed: summary.errors === 0,
    findings,
    skipped,
    summary,
  };
}

/** What the Dockerfile says by itself, and whether the edit of a push takes. */
function checkWebInterface({ project, model }: Prepared): readonly Finding[] {
  const { dockerfile, model: written } = project;
  if (!dockerfile || !written?.final) return [];
  const said = webInterfaceOf(written);
  if (said === undefined || isWebInterfaceOn(said)) return [];
  const isMended = isWebInterfaceOn(webInterfaceOf(model));
  return [
    {
      rule: 'dockerfile/web-interface-off',
      severity: isMended ? 'note' : 'error',
      message: `The Dockerfile sets ${webVariable} to ${said}: a push sets it to true.`,
      hint: 'Push with --no-interface to leave it as it is.',
      path: dockerfile.path,
    },
  ];
}
