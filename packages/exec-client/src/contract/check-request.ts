import type { ExecutionRequest } from './execution.js';
import { checkCommand, checkEnvironment, checkWorkdir } from './check-command.js';
import { checkDirty, checkNotify, checkSource } from './check-parts.js';
import { fargateSize } from './fargate.js';
import { isExecutionId } from './ids.js';
import { requestLimits, type RequestLimits } from './limits.js';
import {
  checkFlag,
  checkInteger,
  checkText,
  checkWord,
  isObject,
  newProblems,
  type Problems,
  type RequestProblem,
} from './problems.js';
import { refProblem } from './ref.js';
import { repositoryProblem } from './repository.js';

/** What came of looking at a body: the request, or all that is wrong with it. */
export type CheckedRequest =
  | { readonly request: ExecutionRequest; readonly problems?: undefined }
  | { readonly request?: undefined; readonly problems: readonly RequestProblem[] };

type Check = (problems: Problems, path: string, value: unknown, limits: RequestLimits) => void;

const imageName =
  /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/i;

/** One check for each field: a field that is not here is none. */
const fields: Readonly<Record<keyof ExecutionRequest, Check>> = {
  execution_id: (problems, path, value) => {
    if (typeof value !== 'string' || !isExecutionId(value)) {
      problems.add(path, 'must be exec_, 14 digits, _ and 8 to 12 letters of base32 in lower case');
    }
  },
  repo: (problems, path, value, limits) => {
    if (typeof value !== 'string') return problems.add(path, 'must be text');
    const problem = repositoryProblem(value, limits.repoSchemes);
    if (problem) problems.add(path, problem);
  },
  no_repo: checkFlag,
  branch: (problems, path, value) => {
    if (typeof value !== 'string') return problems.add(path, 'must be text');
    const problem = refProblem(value);
    if (problem) problems.add(path, problem);
  },
  // Looked at together with argv, and env together with secrets: see below.
  command: () => undefined,
  argv: () => undefined,
  env: () => undefined,
  secrets: () => undefined,
  image: (problems, path, value) => {
    checkText(problems, path, value, {
      most: 255,
      pattern: imageName,
      like: 'must be the name of an image, e.g. hashicorp/terraform:1.6 or name@sha256:…',
    });
  },
  entrypoint: (problems, path, value) => checkWord(problems, path, value, ['shell', 'image']),
  timeout_seconds: (problems, path, value, limits) => checkInteger(problems, path, value, 1, limits.maxTimeoutSeconds),
  grace_seconds: (problems, path, value) => checkInteger(problems, path, value, 0, requestLimits.graceSeconds),
  workdir: checkWorkdir,
  lock: (problems, path, value) => {
    checkText(problems, path, value, {
      most: 128,
      pattern: /^\S(?:.*\S)?$/u,
      like: 'must not begin or end with a space',
    });
  },
  lock_policy: (problems, path, value) => checkWord(problems, path, value, ['fail', 'wait', 'replace']),
  lock_timeout_seconds: (problems, path, value) => checkInteger(problems, path, value, 0, 604_800),
  labels: checkLabels,
  role: (problems, path, value, limits) => {
    const arn = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;
    if (!checkText(problems, path, value, { most: 2048, pattern: arn, like: "must be a role's ARN" })) return;
    if (limits.allowedRoles && !limits.allowedRoles.includes(value)) {
      problems.add(path, 'is not among the roles that this backend allows');
    }
  },
  cpu: (problems, path, value) => {
    if (typeof value !== 'number' || !fargateSize({ cpu: value })) {
      problems.add(path, 'must be 256, 512, 1024, 2048, 4096, 8192 or 16384');
    }
  },
  memory: (problems, path, value) => {
    if (typeof value !== 'number' || !fargateSize({ memory: value })) {
      problems.add(path, 'must be a number of MiB that Fargate knows, from 512 to 122,880');
    }
  },
  disk: (problems, path, value) => checkInteger(problems, path, value, 21, 200),
  platform: (problems, path, value) => checkWord(problems, path, value, ['auto', 'X86_64', 'ARM64']),
  retries: (problems, path, value) => checkInteger(problems, path, value, 0, 2),
  notify: checkNotify,
  git_credentials: (problems, path, value) => checkWord(problems, path, value, ['clone', 'run']),
  attachable: checkFlag,
  dirty: checkDirty,
  isolation: (problems, path, value) => checkWord(problems, path, value, ['auto', 'process', 'sandbox', 'container']),
  runner: (problems, path, value) => {
    const like = 'must be the name of a runner: lower-case letters, digits and dashes';
    checkText(problems, path, value, { most: 64, pattern: /^[a-z][a-z0-9-]*$/, like });
  },
  source: checkSource,
};

/**
 * Holds a body of POST /executions to everything that can be said without asking anybody: kinds, lengths, grammars, and
 * what fields say of each other. All problems are found at once. A field that is not known is one, so that a misspelt
 * `lock` never runs unlocked.
 */
export function checkExecutionRequest(body: unknown, limits: RequestLimits): CheckedRequest {
  const problems = newProblems();
  if (!isObject(body)) return { problems: [{ path: '', message: 'must be a JSON object' }] };
  for (const [name, value] of Object.entries(body)) {
    if (!Object.hasOwn(fields, name)) problems.add(name, 'is not a field of an execution');
    else fields[name as keyof ExecutionRequest](problems, name, value, limits);
  }
  checkCommand(problems, body);
  checkEnvironment(problems, body);
  checkTogether(problems, body);
  return problems.list.length > 0 ? { problems: problems.list } : { request: body };
}

function checkTogether(problems: Problems, body: Readonly<Record<string, unknown>>): void {
  if (body['no_repo'] === true) {
    for (const name of ['repo', 'branch', 'dirty', 'workdir']) {
      if (body[name] !== undefined) problems.add(name, 'cannot go together with no_repo');
    }
  } else if (body['repo'] === undefined) {
    problems.add('repo', 'is missing: give an address, or no_repo: true');
  }
  if (body['runner'] !== undefined && ![undefined, 'auto'].includes(body['isolation'] as string | undefined)) {
    problems.add('runner', 'cannot go together with an isolation: it is what the command is run by');
  }
  const { cpu, memory } = body;
  if (typeof cpu === 'number' && typeof memory === 'number' && fargateSize({ cpu }) && fargateSize({ memory })) {
    if (!fargateSize({ cpu, memory })) problems.add('memory', `of ${memory} MiB cannot go with ${cpu} CPU units`);
  }
}

function checkLabels(problems: Problems, path: string, value: unknown): void {
  if (!isObject(value)) return problems.add(path, 'must be an object of text');
  const entries = Object.entries(value);
  if (entries.length > requestLimits.labels) problems.add(path, `must be at most ${requestLimits.labels}`);
  for (const [name, text] of entries) {
    const here = `${path}.${name}`;
    if (!/^[A-Za-z0-9][\w./-]{0,62}$/.test(name)) {
      problems.add(here, 'must be named with 1 to 63 letters, digits, _ . / and -, a letter or digit first');
    }
    checkText(problems, here, text, { least: 0, most: 256 });
  }
}
