/** What may be completed by looking: each is a kind that {@link main} of `main.ts` knows to list. */
export type Kind =
  | 'backends'
  | 'contexts'
  | 'environments'
  | 'profiles'
  | 'runs'
  | 'sessions'
  | 'sets'
  | 'spaces'
  | 'targets'
  | 'topics'
  | 'tunnels';

/** Kinds of arguments, by command and argument; the same kind stands for each of the commands before the name. */
const argumentsOf: readonly (readonly [kind: Kind, topic: string, verbs: string, argument: string])[] = [
  ['targets', 'ssm', 'start run forward ssh-proxy', 'target'],
  ['sets', 'net', 'up run install-service', 'set'],
  ['tunnels', 'net', 'doctor wait auth', 'name'],
  ['runs', 'exec', 'status logs wait cancel rerun attach', 'id'],
  ['sessions', 'sessions', 'attach logs replay share show stop', 'session'],
  ['spaces', 'hf', 'logs rollback status wait', 'space'],
  ['environments', 'hf', 'push plan test upgrade validate', 'environment'],
  ['contexts', 'ctx', 'use remove show doctor', 'name'],
];

/** What the first argument of a command is, by `command argument`. */
export const kindsOfArguments: ReadonlyMap<string, Kind> = new Map([
  ...argumentsOf.flatMap(([kind, topic, verbs, argument]) =>
    verbs.split(' ').map((verb): [string, Kind] => [`${topic} ${verb} ${argument}`, kind]),
  ),
  ['doctor topic', 'topics'],
]);

/** What the value of a flag is, by `topic --flag`, or `--flag` in every topic. */
export const kindsOfFlags: ReadonlyMap<string, Kind> = new Map([
  ['--profile', 'profiles'],
  ['--aws-profile', 'profiles'],
  ['exec --backend', 'backends'],
  ['net --set', 'sets'],
  ['net --name', 'tunnels'],
  ['net --host', 'targets'],
  ['ssm --target', 'targets'],
]);

/** The kind of a flag's value, where there is something to look at. */
export function kindOfFlag(command: string, flag: string): Kind | undefined {
  const [topic = ''] = command.split(' ');
  return kindsOfFlags.get(`${topic} --${flag}`) ?? kindsOfFlags.get(`--${flag}`);
}

/** Kinds that somebody else is asked for, over a network that may be slow: what was heard is kept for a moment. */
export const askedKinds: ReadonlySet<string> = new Set<Kind>(['runs', 'sessions', 'spaces', 'targets']);
