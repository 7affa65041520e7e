/** What a setup is told once, and remembers. */
export interface Choices {
  readonly via?: string;
  readonly host?: string;
  readonly 'ssh-user'?: string;
  readonly 'prefect-port'?: string;
  readonly 'marquez-port'?: string;
  readonly profile?: string;
  readonly region?: string;
  readonly 'eks-cluster'?: string;
  readonly 'kube-context'?: string;
  readonly namespace?: string;
  readonly 'prefect-profile'?: string;
  readonly 'prefect-url'?: string;
  readonly target?: string;
  readonly 'allow-network'?: string;
  /** Names between blanks. */
  readonly 'uv-extras'?: string;
}

export type ChoiceName = keyof Choices;

/** Every choice, in the order they are shown. */
export const choiceNames: readonly ChoiceName[] = [
  'via',
  'host',
  'ssh-user',
  'prefect-port',
  'marquez-port',
  'profile',
  'region',
  'eks-cluster',
  'kube-context',
  'namespace',
  'prefect-profile',
  'prefect-url',
  'target',
  'allow-network',
  'uv-extras',
];

/** Which verbs are chained, and what they are given unless somebody says otherwise. */
export interface Preset {
  readonly summary: string;
  readonly steps: readonly StepName[];
  readonly choices: Choices;
}

export type StepName = 'deps' | 'net' | 'aws' | 'ctx' | 'env';

export const presets: Readonly<Record<string, Preset>> = {
  staging: {
    summary: 'Tunnels through an SSH bastion, then AWS, contexts and .env.staging',
    steps: ['deps', 'net', 'aws', 'ctx', 'env'],
    choices: { via: 'ssh-bastion', 'prefect-profile': 'hawser-staging', target: 'staging' },
  },
  'staging-ssm': {
    summary: 'The same through Session Manager',
    steps: ['deps', 'net', 'aws', 'ctx', 'env'],
    choices: { via: 'ssm', 'prefect-profile': 'hawser-staging', target: 'staging' },
  },
  local: {
    summary: 'A Prefect server on this machine, and .env.local',
    steps: ['deps', 'ctx', 'env'],
    choices: { 'prefect-profile': 'hawser-local', 'prefect-url': 'http://127.0.0.1:4200/api', target: 'local' },
  },
};

/** Where a value came from; what is named first wins. What nothing says, a person may answer. */
export type ChoiceSource = 'flag' | 'environment' | 'remembered' | 'file' | 'preset' | 'answer';

/** A choice that was made. */
export interface MadeChoice {
  readonly name: ChoiceName;
  readonly value: string;
  readonly source: ChoiceSource;
  /** The variable, for `environment`. */
  readonly variable?: string | undefined;
  /** File, line and key, for `file`. */
  readonly where?: string | undefined;
}

/** What variables and files say of a choice, by the rules of all settings. */
export type ChoiceDecisions = Readonly<Partial<Record<ChoiceName, Pick<MadeChoice, 'value' | 'variable' | 'where'>>>>;

/**
 * Decides every choice: flag, else environment, else what was chosen last time, else the project's or the person's file,
 * else the preset's.
 */
export function makeChoices(input: {
  readonly flags: Choices;
  readonly environment: ChoiceDecisions;
  readonly remembered: Choices;
  readonly files: ChoiceDecisions;
  readonly preset: Choices;
}): readonly MadeChoice[] {
  return choiceNames.flatMap((name): MadeChoice[] => {
    const { [name]: environment } = input.environment;
    const { [name]: file } = input.files;
    if (input.flags[name] !== undefined) return [{ name, value: input.flags[name], source: 'flag' }];
    if (environment) return [{ name, ...environment, source: 'environment' }];
    if (input.remembered[name] !== undefined) return [{ name, value: input.remembered[name], source: 'remembered' }];
    if (file) return [{ name, ...file, source: 'file' }];
    const value = input.preset[name];
    return value === undefined ? [] : [{ name, value, source: 'preset' }];
  });
}

/** The values alone. */
export function valuesOf(made: readonly MadeChoice[]): Choices {
  return Object.fromEntries(made.map(({ name, value }) => [name, value]));
}
