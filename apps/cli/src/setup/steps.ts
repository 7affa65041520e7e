import { CliError } from '../errors.js';
import type { Choices, StepName } from './choices.js';

/** One verb of a setup. */
export interface SetupStep {
  readonly name: StepName;
  readonly title: string;
  /** What is run: `hawser` with these words, unless `program` names another. */
  readonly argv: readonly string[];
  readonly program?: string;
  /** What tells whether there is anything to do. Without it the verb changes nothing, and is always run. */
  readonly check?: {
    readonly argv: readonly string[];
    readonly isDone: (answer: { readonly exitCode: number; readonly data: unknown }) => boolean;
  };
}

/** What the steps are made of besides the choices. */
export interface StepsInput {
  readonly preset: string;
  readonly steps: readonly StepName[];
  readonly choices: Choices;
  /** Whether tunnels.yaml has a set of the preset's name; it is opened instead of the two of the flags. */
  readonly hasSet: boolean;
  readonly overwrite: boolean;
}

/**
 * The verbs that a setup runs, in order.
 *
 * @throws CliError HAWSER_SETUP_INCOMPLETE when a choice is missing that nothing can stand in for
 */
export function makeSteps(input: StepsInput): readonly SetupStep[] {
  const make: Readonly<Record<StepName, (input: StepsInput) => SetupStep | undefined>> = { deps, net, aws, ctx, env };
  return input.steps.flatMap((name) => make[name](input) ?? []);
}

/** What a Python project needs of its own, where somebody chose extras of it. */
function deps({ choices }: StepsInput): SetupStep | undefined {
  const extras = (choices['uv-extras'] ?? '').split(/[\s,]+/).filter(Boolean);
  if (extras.length === 0) return undefined;
  const argv = ['sync', ...extras.flatMap((extra) => ['--extra', extra])];
  return {
    name: 'deps',
    title: `Install the Python project with ${extras.join(', ')}`,
    program: 'uv',
    argv,
    check: { argv: [...argv, '--check'], isDone: ({ exitCode }) => exitCode === 0 },
  };
}

function net({ preset, choices, hasSet }: StepsInput): SetupStep {
  const { via, host } = choices;
  if (!hasSet && host === undefined)
    throw new CliError(
      'HAWSER_SETUP_INCOMPLETE',
      via === 'ssm'
        ? 'No managed node is known to reach the tunnels through.'
        : 'No bastion is known to reach the tunnels through.',
    );
  const flags = ['--label', preset, ...given(choices, ['via', 'host', 'ssh-user', 'prefect-port', 'marquez-port'])];
  const tunnels = hasSet ? [preset] : [...flags, ...(via === 'ssm' ? given(choices, ['profile', 'region']) : [])];
  return {
    name: 'net',
    title: `Open the tunnels of ${preset}`,
    argv: ['net', 'up', ...tunnels],
    check: {
      argv: ['net', 'status', '--json'],
      isDone: ({ data }) => {
        const all = (data as { tunnels?: readonly ShownTunnel[] } | undefined)?.tunnels ?? [];
        const ours = all.filter(({ spec }) => spec.set === preset);
        return ours.length > 0 && ours.every(({ spec, link }) => link.state === 'ready' || spec.lazy === true);
      },
    },
  };
}

/** As much of a tunnel's status as it takes to see that it is up. */
interface ShownTunnel {
  readonly spec: { readonly set: string; readonly lazy?: boolean };
  readonly link: { readonly state: string };
}

function aws({ choices }: StepsInput): SetupStep {
  const flags = given(choices, ['profile', 'region', 'eks-cluster']);
  return { name: 'aws', title: 'Check the AWS identity and what it reaches', argv: ['aws', 'check', ...flags] };
}

function ctx({ preset, choices, overwrite }: StepsInput): SetupStep {
  const kube =
    choices['eks-cluster'] === undefined
      ? ['--no-kube']
      : given(choices, ['eks-cluster', 'kube-context', 'profile', 'region']);
  const argv = [
    'ctx',
    'init',
    preset,
    ...given(choices, ['prefect-profile', 'prefect-url', 'namespace']),
    ...kube,
    ...(overwrite ? ['--overwrite'] : []),
  ];
  return {
    name: 'ctx',
    title: 'Point Prefect and kubectl there',
    argv: [...argv, '--yes'],
    check: {
      argv: [...argv, '--dry-run', '--json'],
      isDone: ({ exitCode, data }) =>
        exitCode === 0 && (data as { steps?: readonly unknown[] } | undefined)?.steps?.length === 0,
    },
  };
}

function env({ choices, overwrite }: StepsInput): SetupStep {
  const flags = [
    ...given(choices, ['target', 'prefect-url']),
    ...(choices['allow-network'] === 'true' ? ['--allow-network'] : []),
  ];
  return {
    name: 'env',
    title: `Write .env.${choices.target}`,
    argv: ['env', 'write', ...flags, ...(overwrite ? ['--overwrite'] : [])],
    check: { argv: ['env', 'check', ...flags, '--json'], isDone: ({ exitCode }) => exitCode === 0 },
  };
}

function given(choices: Choices, names: readonly (keyof Choices)[]): string[] {
  return names.flatMap((name) => (choices[name] === undefined ? [] : [`--${name}`, choices[name]]));
}
