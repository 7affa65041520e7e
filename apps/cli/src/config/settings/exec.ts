import { type OwnKey, type Setting, setting } from '../setting.js';

const ofProject = (key: string): OwnKey => ({ file: '.hawser.yaml', key: [key] });
/** Of a request: from the command line, else the project's file. What it is for is one command's, and no person's. */
const ofRequest = (key: string, summary: string, otherwise: string, more: Partial<Setting> = {}): Setting => {
  const name = key.replaceAll('_', '-');
  return setting({
    name: `exec.${name}`,
    summary,
    flags: [{ flag: name, commands: ['exec'] }],
    fills: false,
    project: ofProject(key),
    user: false,
    otherwise,
    ...more,
  });
};

/** Commands that run elsewhere. */
export const execSettings: readonly Setting[] = [
  setting({
    name: 'exec.backend',
    summary: 'the backend of your configuration that commands run on; local is this machine',
    variables: ['HAWSER_EXEC_BACKEND'],
    flags: [{ flag: 'backend', commands: ['exec'] }],
    fills: false,
    yieldsTo: ['HAWSER_EXEC_ENDPOINT'],
    project: ofProject('backend'),
    user: { file: 'config.yaml', key: ['backend'] },
    otherwise: 'the only one that is configured, else this machine',
  }),
  setting({
    name: 'exec.endpoint',
    summary: 'the address of a service, in place of a configured backend',
    value: { kind: 'url' },
    variables: ['HAWSER_EXEC_ENDPOINT'],
    project: false,
    user: false,
    otherwise: 'that of the backend',
  }),
  setting({
    name: 'exec.api-key',
    summary: 'the key for it, or for the backend',
    variables: ['HAWSER_EXEC_API_KEY'],
    project: false,
    user: false,
    otherwise: 'that of the backend in config.yaml',
    secret: true,
  }),
  ofRequest('repo', 'the repository to clone', 'the git remote of the folder'),
  ofRequest('branch', 'branch, tag or commit', "the remote's HEAD"),
  ofRequest('image', 'the container image to run in', "the backend's"),
  ofRequest('workdir', 'the folder of the repository to run in', 'its top'),
  ofRequest('timeout', 'how long a command may take', '1800'),
  ofRequest('grace', 'between telling the command to end and ending it', '120'),
  ofRequest('lock', 'the lock to hold', 'that of the state the command changes, if it does'),
  ofRequest('lock_policy', 'what to do while another holds the lock', 'wait', {
    value: { kind: 'choice', options: ['fail', 'wait', 'replace'] },
  }),
  ofRequest('lock_timeout', 'how long to queue', 'as long as it takes'),
  ofRequest('auto_lock', 'whether commands that change state take a lock by themselves', 'on', {
    value: { kind: 'choice', options: ['on', 'warn', 'off'] },
    flags: [],
  }),
  ofRequest('isolation', 'how a run on this machine is kept apart from it', 'auto', {
    value: { kind: 'choice', options: ['auto', 'process', 'sandbox', 'container'] },
  }),
  ofRequest('role', 'the role of the task', "the stack's"),
  ofRequest('cpu', 'processor of the task', "the stack's", { value: { kind: 'number' } }),
  ofRequest('memory', 'memory of the task, in MiB', "the stack's", { value: { kind: 'number' } }),
  ofRequest('disk', 'disk of the task, in GiB', "the stack's", { value: { kind: 'number' } }),
  ofRequest('platform', 'the processor to run on', "the stack's", {
    value: { kind: 'choice', options: ['auto', 'X86_64', 'ARM64'] },
  }),
  ofRequest('entrypoint', 'whether a shell or the image’s own entry point gets the command', 'shell', {
    value: { kind: 'choice', options: ['shell', 'image'] },
  }),
  ofRequest('git_credentials', "who sees git's credentials", 'clone', {
    value: { kind: 'choice', options: ['clone', 'run'] },
  }),
  ofRequest('attachable', 'whether hawser exec attach gets in', 'false', { value: { kind: 'switch' } }),
  ofRequest('detach', 'whether to come back as soon as it is started', 'false', { value: { kind: 'switch' } }),
];
