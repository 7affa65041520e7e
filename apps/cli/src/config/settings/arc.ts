import { type Setting, setting } from '../setting.js';

const commands = ['arc:verify', 'arc:record', 'arc:watch'];

/** Self-hosted runners. */
export const arcSettings: readonly Setting[] = [
  setting({
    name: 'arc.repository',
    summary: 'OWNER/REPO, whose runners are meant',
    flags: [{ flag: 'repository', commands }],
    otherwise: 'it must be said',
  }),
  setting({
    name: 'arc.scale-set',
    summary: 'the runner scale set',
    flags: [{ flag: 'scale-set', commands }],
    otherwise: 'it must be said',
  }),
  setting({
    name: 'arc.namespace',
    summary: 'the namespace of the runners',
    flags: [{ flag: 'namespace', commands }],
    otherwise: 'arc-runners',
  }),
  setting({
    name: 'arc.github-token',
    summary: "the token for GitHub's API",
    variables: ['GITHUB_TOKEN', 'GH_TOKEN'],
    project: false,
    user: false,
    otherwise: 'none: only what everybody may see is asked for',
    secret: true,
  }),
];
