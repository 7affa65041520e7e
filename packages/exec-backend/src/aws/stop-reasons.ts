import type { ReasonCode } from '@hawser/exec-client/contract';
import { containers } from './names.js';

/** What DescribeTasks says of one container. */
export interface StoppedContainer {
  readonly name?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly reason?: string | undefined;
}

/** What DescribeTasks says of a task that stopped. */
export interface StoppedTask {
  readonly stopCode?: string | undefined;
  readonly stoppedReason?: string | undefined;
  readonly containers?: readonly StoppedContainer[] | undefined;
}

/** What it means. */
export interface StopVerdict {
  /** Of the command. */
  readonly exitCode?: number;
  /** Missing when the command ended with 0, or by itself with another code that says nothing more. */
  readonly reasonCode?: ReasonCode;
  /** One sentence for people, with what AWS said. */
  readonly reason?: string;
  /** Whether the command may have begun. */
  readonly began: boolean;
  /** Whether another attempt may do better; never when the command may have begun. */
  readonly retryable: boolean;
}

/** Exit codes of `init.sh`: what it says when it cannot reach the service to say more. */
const initExitCodes: Readonly<Record<number, ReasonCode>> = {
  20: 'payload',
  21: 'clone_auth',
  22: 'ref_not_found',
  23: 'clone_failed',
  24: 'network',
};

const initSentences: Readonly<Record<number, string>> = {
  20: 'The task could not take its payload; the log of init says why.',
  21: 'The git server did not let the clone in; the log of init says more.',
  22: 'The repository has no such branch, tag or commit.',
  23: 'The repository could not be cloned; the log of init says why.',
  24: 'The service or the git server could not be reached from the task.',
};

interface Rule {
  readonly when: RegExp;
  readonly code: ReasonCode;
  readonly retryable: boolean;
  readonly says: string;
}

/**
 * What AWS's words mean before a command begins; the first that fits is taken.
 *
 * @see Amazon ECS Developer Guide, "Amazon ECS stopped tasks error messages", and its pages on CannotPullContainer,
 * ResourceInitializationError and API failure reasons
 */
const rules: readonly Rule[] = [
  {
    when: /descriptor matching platform|no match(?:ing manifest)? for platform|no matching manifest|exec format error/i,
    code: 'image_platform',
    retryable: false,
    says: 'The image is not made for the processor of the task; --platform chooses another.',
  },
  {
    when: /no space left on device/i,
    code: 'image_pull',
    retryable: false,
    says: 'The image does not fit on the disk of the task; --disk gives it more.',
  },
  {
    when: /CannotPull.*(?:toomanyrequests|too many requests|\b429\b|rate limit|rate exceeded)/is,
    code: 'image_pull',
    retryable: true,
    says: 'The registry of the image limits how often it is asked.',
  },
  {
    when: /CannotPull.*(?:not found|manifest unknown|does not exist|name unknown|invalid reference)/is,
    code: 'image_pull',
    retryable: false,
    says: 'There is no such image.',
  },
  {
    when: /CannotPull.*(?:denied|unauthorized|no basic auth|forbidden|\b40[13]\b|not authorized)/is,
    code: 'image_pull',
    retryable: false,
    says: 'The registry of the image refused the task.',
  },
  {
    when: /CannotPull.*(?:i\/o timeout|dial tcp|deadline exceeded|connection (?:reset|refused)|no such host|\bEOF\b|TLS handshake|\b50[0234]\b|request canceled)/is,
    code: 'network',
    retryable: true,
    says: 'The registry of the image could not be reached from the task.',
  },
  { when: /CannotPull/i, code: 'image_pull', retryable: false, says: 'The image could not be pulled.' },
  {
    when: /OutOfMemory|OOMKilled/i,
    code: 'out_of_memory',
    retryable: false,
    says: 'The task had too little memory to become ready; --memory gives it more.',
  },
  {
    when: /ResourceInitializationError.*log group does not exist|CreateLogStream|failed to (?:create|initialize) (?:Cloudwatch|logging driver)/is,
    code: 'permission',
    retryable: false,
    says: 'The log of the task could not be opened; hawser exec doctor looks at the log group.',
  },
  {
    when: /AccessDenied|not authorized to|unable to assume|UnauthorizedOperation|explicit deny/i,
    code: 'permission',
    retryable: false,
    says: 'AWS refused the task a permission.',
  },
  {
    when: /ResourceInitializationError.*(?:timeout|timed out|deadline exceeded|connection issue|dial tcp|send request failed|network connect)/is,
    code: 'network',
    retryable: true,
    says: 'The task could not reach what it needs to start; look at its subnets.',
  },
  {
    when: /network interface|RESOURCE:ENI|\bENI\b/i,
    code: 'network',
    retryable: true,
    says: 'The task got no network interface.',
  },
  {
    when: /limit on the number of|vCPU limit|quota|LimitExceeded|concurrent (?:tasks|vCPU)/i,
    code: 'quota',
    retryable: true,
    says: 'A quota of the account is used up.',
  },
  {
    when: /throttl|rate exceeded|TooManyRequests/i,
    code: 'quota',
    retryable: true,
    says: 'AWS asked to slow down.',
  },
  {
    when: /capacity|RESOURCE:|AGENT\b|insufficient/i,
    code: 'no_capacity',
    retryable: true,
    says: 'Fargate has no room for the task just now.',
  },
  {
    when: /Cannot(?:Start|Create)ContainerError|CannotInspectContainerError|DockerTimeoutError/i,
    code: 'image_pull',
    retryable: false,
    says: 'The container of the image could not be started.',
  },
];

/** What a stop code means where the command had begun, or no words say more. */
const byStopCode: Readonly<Record<string, Omit<Rule, 'when'>>> = {
  SpotInterruption: { code: 'spot_interrupted', retryable: true, says: 'AWS took the machine of the task back.' },
  TerminationNotice: { code: 'spot_interrupted', retryable: true, says: 'AWS took the machine of the task back.' },
  UserInitiated: { code: 'cancelled', retryable: false, says: 'The task was stopped.' },
  ServiceSchedulerInitiated: { code: 'cancelled', retryable: false, says: 'The task was stopped.' },
};

/**
 * Says what it means that a task stopped. The container of the command is started by nothing but the success of `init`
 * (dependsOn SUCCESS), so whether the command may have begun follows from exit codes, never from times or the order of
 * events.
 */
export function classifyStop(task: StoppedTask): StopVerdict {
  const of = (name: string): StoppedContainer | undefined => task.containers?.find((one) => one.name === name);
  const runner = of(containers.runner);
  const refused = /^Cannot(?:Start|Create|Pull)/.test(runner?.reason ?? '');
  if (!refused && runner?.exitCode !== undefined) return ended(task, runner.exitCode, runner.reason);
  if (!refused && of(containers.init)?.exitCode === 0) return torn(task);
  return neverBegan(task, of);
}

/** Says what it means that a task was not started: words of `failures[]` of RunTask, or of the error that it answered. */
export function classifyRefusal(words: string): {
  readonly code: ReasonCode;
  readonly reason: string;
  readonly retryable: boolean;
} {
  const rule = rules.find(({ when }) => when.test(words));
  if (rule) return { code: rule.code, reason: withWords(rule.says, words), retryable: rule.retryable };
  return { code: 'no_capacity', reason: withWords('The task was not started.', words), retryable: false };
}

function ended(task: StoppedTask, exitCode: number, said: string | undefined): StopVerdict {
  const verdict = { exitCode, began: true, retryable: false } as const;
  if (exitCode === 0) return verdict;
  if (/OutOfMemory/i.test(said ?? '')) {
    return {
      ...verdict,
      reasonCode: 'out_of_memory',
      reason: withWords('The command needed more memory than the task has; --memory gives it more.', said),
    };
  }
  const stop = byStopCode[task.stopCode ?? ''];
  if (stop) return { ...verdict, reasonCode: stop.code, reason: withWords(stop.says, task.stoppedReason) };
  if (exitCode === 127) {
    return {
      ...verdict,
      reasonCode: 'command_not_found',
      reason: 'The command ended with 127: a program that it names is not in the image.',
    };
  }
  return { ...verdict, reasonCode: 'exit_nonzero', reason: `The command ended with ${exitCode}.` };
}

/** It may have begun, and no exit code says how it ended. */
function torn(task: StoppedTask): StopVerdict {
  const stop = byStopCode[task.stopCode ?? ''];
  return {
    began: true,
    retryable: false,
    reasonCode: stop?.code ?? 'lost',
    reason: withWords(
      stop?.says ?? 'The machine of the task failed, and nothing says how the command ended.',
      task.stoppedReason,
    ),
  };
}

function neverBegan(task: StoppedTask, of: (name: string) => StoppedContainer | undefined): StopVerdict {
  const verdict = (found: Omit<Rule, 'when'>, words?: string): StopVerdict => ({
    began: false,
    retryable: found.retryable,
    reasonCode: found.code,
    reason: withWords(found.says, words),
  });
  // Its own exit codes are the surest of all: they say what init found out.
  const init = of(containers.init);
  const known = initExitCodes[init?.exitCode ?? 0];
  if (known && init?.exitCode !== undefined) {
    return verdict({ code: known, retryable: known === 'network', says: initSentences[init.exitCode] ?? '' });
  }
  // Somebody stopped it: what its containers say then is but the consequence.
  if (task.stopCode === 'UserInitiated') return verdict(byStopCode['UserInitiated'] as Rule, task.stoppedReason);
  const words = [...(task.containers ?? []).map(({ reason }) => reason), task.stoppedReason].filter(Boolean);
  for (const text of words as string[]) {
    const rule = rules.find(({ when }) => when.test(text));
    if (rule) return verdict(rule, text);
  }
  const stop = byStopCode[task.stopCode ?? ''];
  if (stop) return verdict(stop, task.stoppedReason);
  if (init?.exitCode === 137) {
    return verdict({
      code: 'out_of_memory',
      retryable: false,
      says: 'The clone was killed: it may have needed more memory.',
    });
  }
  const failed = [containers.shell, containers.init].find((name) => (of(name)?.exitCode ?? 0) !== 0);
  if (failed) {
    const says = `The container ${failed} ended with ${of(failed)?.exitCode}; its image may not be what is wanted.`;
    return verdict({ code: 'clone_failed', retryable: false, says });
  }
  return verdict({ code: 'no_capacity', retryable: true, says: 'The task did not start.' }, words[0]);
}

/** What AWS said, behind our own sentence, on one line. */
function withWords(sentence: string, words: string | undefined): string {
  const said = words?.replaceAll(/\s+/g, ' ').trim();
  return said ? `${sentence} AWS says: ${said.length > 600 ? `${said.slice(0, 600)} …` : said}` : sentence;
}
