import type { Arguments } from './options.js';

/** A tool that keeps state, or changes what is shared, and how to tell when it does. */
export interface Tool {
  /** What it is called on a command line. */
  readonly names: readonly string[];
  /** Options whose value is the next word. */
  readonly valued: readonly string[];
  /** The verb that changes something, as people say it; `undefined` when nothing is changed. */
  readonly change: (words: Arguments) => string | undefined;
  /** Options that say where it works. */
  readonly directory?: readonly string[];
  /** Options, then variables, that say on which of several states. */
  readonly workspace?: readonly string[];
  readonly workspaceVariables?: readonly string[];
  /** The state that it works on from now on, for verbs that choose one. */
  readonly selects?: (words: Arguments) => string | undefined;
}

const terraformVerbs = ['apply', 'destroy', 'import', 'refresh', 'taint', 'untaint', 'force-unlock'];
const terraformState = ['mv', 'rm', 'push', 'replace-provider'];

/*
 * Which verbs take a lock, and why:
 *
 * - Terraform, OpenTofu, Terragrunt: whatever writes the state. A backend's own lock fails the second of two, if it has
 *   one at all; ours lets it wait. `plan`, `output`, `show`, `validate`, `console` only read. `init` writes state only
 *   when it is told to move it. `workspace new` and `delete` write; `select` is a matter of the clone.
 * - CDK for Terraform: `deploy` and `destroy` are Terraform's.
 * - Pulumi: whatever writes the stack's checkpoint, `cancel` included, which breaks another's update.
 * - Ansible: a playbook changes hosts unless it only looks or lists. Which hosts is the inventory's matter.
 * - AWS CDK, SAM, Serverless Framework, CloudFormation: a stack takes one update at a time and refuses the second; what is
 *   only prepared (`--no-execute`) changes nothing.
 * - Helm, Helmfile: a release refuses a second upgrade while one is pending, and a broken one stays pending.
 * - kubectl: verbs that write objects which a repository describes. `exec`, `cp`, `port-forward`, `annotate` and `label`
 *   are what people do beside that; `drain` and `cordon` are about nodes, which no repository owns.
 * - Not here: Packer and image builds (nothing shared is overwritten), migrations of databases (each tool locks its own
 *   table), `make`, `npm run` and scripts (nobody can say what they do: name a lock with `lock:` in .hawser.yaml).
 */
export const tools: readonly Tool[] = [
  {
    names: ['terraform', 'tofu'],
    valued: [],
    directory: ['-chdir'],
    workspaceVariables: ['TF_WORKSPACE'],
    change: ({ verbs, option }) => terraformChange(verbs, option),
    selects: ({ verbs: [verb, what, name] }) =>
      verb === 'workspace' && (what === 'select' || what === 'new') ? name : undefined,
  },
  {
    names: ['terragrunt'],
    valued: ['--terragrunt-working-dir', '--working-dir', '--terragrunt-config', '--config', '--queue-include-dir'],
    directory: ['--terragrunt-working-dir', '--working-dir', '-chdir'],
    workspaceVariables: ['TF_WORKSPACE'],
    change: ({ verbs, option }) => {
      const words = verbs.filter((word) => !['run-all', 'run', 'stack'].includes(word));
      return terraformChange(
        words.map((word) => word.replace(/^(apply|destroy)-all$/, '$1')),
        option,
      );
    },
  },
  {
    names: ['cdktf'],
    valued: ['-a', '--app', '-o', '--output'],
    change: ({ verbs: [verb] }) => oneOf(verb, ['deploy', 'destroy', 'apply']),
  },
  {
    names: ['pulumi'],
    valued: ['-C', '--cwd', '-s', '--stack', '-m', '--message', '-c', '--config', '--config-file', '-t', '--target'],
    directory: ['-C', '--cwd'],
    workspace: ['-s', '--stack'],
    workspaceVariables: ['PULUMI_STACK'],
    change: ({ verbs: [verb, what], option }) => {
      if (option('--preview-only') !== undefined) return undefined;
      if (verb === 'state') return what && `state ${what}`;
      if (verb === 'stack') return what && oneOf(what, ['rm', 'init', 'rename', 'import']) && `stack ${what}`;
      return oneOf(verb, ['up', 'update', 'destroy', 'refresh', 'import', 'cancel', 'watch']);
    },
    selects: ({ verbs: [verb, what, name] }) => (verb === 'stack' && what === 'select' ? name : undefined),
  },
  {
    names: ['ansible-playbook'],
    valued:
      '-i --inventory -l --limit -e --extra-vars -t --tags --skip-tags -u --user -f --forks -M -c --start-at-task'.split(
        ' ',
      ),
    workspace: ['-i', '--inventory'],
    change: ({ verbs: [playbook], option }) => {
      const looks = ['-C', '--check', '--list-hosts', '--list-tasks', '--list-tags', '--syntax-check', '--version'];
      return option(...looks) === undefined ? playbook : undefined;
    },
  },
  {
    names: ['cdk'],
    valued: ['-a', '--app', '-c', '--context', '--profile', '-o', '--output', '-r', '--role-arn', '--method'],
    change: ({ verbs: [verb], option }) => {
      const isPrepared = option('--no-execute') !== undefined || option('--method') === 'prepare-change-set';
      return isPrepared
        ? undefined
        : oneOf(verb, ['deploy', 'destroy', 'import', 'rollback', 'refactor', 'bootstrap', 'watch']);
    },
  },
  {
    names: ['serverless', 'sls', 'osls'],
    valued: ['-s', '--stage', '-r', '--region', '-c', '--config', '-p', '--package', '--param', '-f', '--function'],
    workspace: ['-s', '--stage'],
    change: ({ verbs: [verb, what] }) => (what === 'list' ? undefined : oneOf(verb, ['deploy', 'remove', 'rollback'])),
  },
  {
    names: ['sam'],
    valued: ['--stack-name', '--config-env', '--config-file', '-t', '--template-file', '--region', '--profile'],
    workspace: ['--stack-name', '--config-env'],
    change: ({ verbs: [verb], option }) =>
      option('--no-execute-changeset') === undefined ? oneOf(verb, ['deploy', 'delete', 'sync']) : undefined,
  },
  {
    names: ['aws'],
    valued: ['--region', '--profile', '--endpoint-url', '--output', '--query', '--stack-name'],
    workspace: ['--stack-name'],
    change: ({ verbs: [service, verb], option }) => {
      if (service !== 'cloudformation' || option('--no-execute-changeset') !== undefined) return undefined;
      const verbs = ['deploy', 'create-stack', 'update-stack', 'delete-stack', 'execute-change-set', 'rollback-stack'];
      return verb && oneOf(verb, verbs) && `cloudformation ${verb}`;
    },
  },
  {
    names: ['helm'],
    valued: [
      '--kube-context',
      '-n',
      '--namespace',
      '-f',
      '--values',
      '--set',
      '--version',
      '--kubeconfig',
      '--timeout',
    ],
    workspace: ['--kube-context', '-n', '--namespace'],
    change: ({ verbs: [verb], option }) =>
      isDryRun(option)
        ? undefined
        : oneOf(verb, ['install', 'upgrade', 'uninstall', 'delete', 'del', 'un', 'rollback']),
  },
  {
    names: ['helmfile'],
    valued: ['-e', '--environment', '-f', '--file', '-n', '--namespace', '-l', '--selector', '--kube-context'],
    workspace: ['-e', '--environment'],
    change: ({ verbs: [verb] }) => oneOf(verb, ['apply', 'sync', 'destroy', 'delete']),
  },
  {
    names: ['kubectl'],
    valued: [
      '--context',
      '-n',
      '--namespace',
      '--cluster',
      '--kubeconfig',
      '-f',
      '--filename',
      '-k',
      '-l',
      '--selector',
      '-o',
    ],
    workspace: ['--context', '--cluster', '-n', '--namespace'],
    change: ({ verbs: [verb, what], option }) => {
      if (isDryRun(option)) return undefined;
      if (verb === 'rollout') return what && oneOf(what, ['restart', 'undo', 'pause', 'resume']) && `rollout ${what}`;
      return oneOf(verb, ['apply', 'create', 'delete', 'replace', 'patch', 'scale', 'set', 'autoscale', 'edit']);
    },
  },
];

function terraformChange(verbs: readonly string[], option: Arguments['option']): string | undefined {
  const [verb, what] = verbs;
  if (option('-help', '--help', '-h') !== undefined) return undefined;
  if (verb === 'state') return what && oneOf(what, terraformState) && `state ${what}`;
  if (verb === 'workspace') return what && oneOf(what, ['new', 'delete']) && `workspace ${what}`;
  if (verb === 'init') return option('-migrate-state', '-force-copy') === undefined ? undefined : 'init';
  return oneOf(verb, terraformVerbs);
}

function oneOf(word: string | undefined, words: readonly string[]): string | undefined {
  return word !== undefined && words.includes(word) ? word : undefined;
}

/** `--dry-run` alone, or with anything but `none` or `false`. */
function isDryRun(option: Arguments['option']): boolean {
  const value = option('--dry-run');
  return value !== undefined && value !== 'none' && value !== 'false';
}
