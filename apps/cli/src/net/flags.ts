import { Args, Flags } from '@oclif/core';
import { awsFlags, durationFlag, portFlag } from '@hawser/cli-kit';

const kinds = ['ssh-bastion', 'ssm', 'kube', 'direct'] as const;

/** The set of a `tunnels.yaml` that is meant. */
export const setArg = Args.string({
  description: "Set of tunnels.yaml. Default: 'default', unless flags say what to open.",
});

/** What to open, said by flags instead of a file. */
export const formFlags = {
  via: Flags.option({
    summary: 'How the link is made.',
    options: kinds,
    helpGroup: 'TUNNEL',
  })(),
  host: Flags.string({
    summary: 'Bastion or managed node.',
    aliases: ['target', 'instance'],
    helpGroup: 'TUNNEL',
    helpValue: 'HOST',
    env: 'HAWSER_BASTION_HOST',
  }),
  'ssh-user': Flags.string({
    summary: 'User at the bastion. Default: whom ssh takes.',
    helpGroup: 'TUNNEL',
    helpValue: 'USER',
    env: 'HAWSER_BASTION_USER',
  }),
  'ssh-option': Flags.string({
    summary: 'Option of ssh, as for its -o. May be repeated.',
    multiple: true,
    helpGroup: 'TUNNEL',
    helpValue: 'NAME=VALUE',
  }),
  forward: Flags.string({
    summary: 'Open a tunnel of this name. May be repeated.',
    multiple: true,
    helpGroup: 'TUNNEL',
    helpValue: 'NAME=[LOCAL:]HOST:PORT',
  }),
  'prefect-host': Flags.string({
    summary: 'Host of Prefect, as seen from the far end.',
    helpGroup: 'TUNNEL',
    helpValue: 'HOST',
  }),
  'prefect-port': {
    ...portFlag({ summary: 'Local port of Prefect. Default: 4200.', least: 0 }),
    helpGroup: 'TUNNEL',
  },
  'prefect-remote-port': { ...portFlag({ summary: 'Port of Prefect. Default: 4200.' }), helpGroup: 'TUNNEL' },
  'marquez-host': Flags.string({
    summary: 'Host of Marquez, as seen from the far end.',
    helpGroup: 'TUNNEL',
    helpValue: 'HOST',
  }),
  'marquez-port': {
    ...portFlag({ summary: 'Local port of Marquez. Default: 5000.', least: 0 }),
    helpGroup: 'TUNNEL',
  },
  'marquez-remote-port': { ...portFlag({ summary: 'Port of Marquez. Default: 5000.' }), helpGroup: 'TUNNEL' },
  'no-marquez': Flags.boolean({ summary: 'Open no tunnel to Marquez.', helpGroup: 'TUNNEL' }),
  label: Flags.string({
    summary: 'Name of the set made by these flags. Default: the time.',
    helpGroup: 'TUNNEL',
    helpValue: 'NAME',
  }),
  bind: Flags.string({
    summary: 'Listen on this address instead of loopback; needs --yes.',
    helpGroup: 'TUNNEL',
    helpValue: 'ADDRESS',
  }),
  lanes: Flags.integer({
    summary: 'Sessions to spread connections over (ssm).',
    min: 1,
    max: 16,
    helpGroup: 'TUNNEL',
    helpValue: 'NUMBER',
  }),
  context: Flags.string({ summary: 'Context of the kubeconfig (kube).', helpGroup: 'TUNNEL', helpValue: 'NAME' }),
  namespace: Flags.string({ summary: 'Namespace (kube).', helpGroup: 'TUNNEL', helpValue: 'NAME' }),
  ...awsFlags,
};

/** How tunnels are opened, whatever says which. */
export const openingFlags = {
  'on-port-conflict': Flags.option({
    summary: 'What to do when a local port is taken. Default: ask on a terminal, next elsewhere.',
    options: ['next', 'fail', 'reuse'] as const,
  })(),
  'auto-port': Flags.boolean({
    summary: 'Take the next free port when one is taken; --no-auto-port fails instead.',
    allowNo: true,
    exclusive: ['on-port-conflict'],
  }),
  yes: Flags.boolean({ char: 'y', summary: 'Open ports that the network reaches without asking.' }),
};

/** How far to wait for tunnels. */
export const waitFlag = Flags.option({
  summary: 'How far to wait: the port is taken, the link is up, or a probe went through. Default: healthy.',
  options: ['bound', 'link', 'healthy'] as const,
})();

/** How long to wait for tunnels. */
export const readyTimeoutFlag = durationFlag({ summary: 'Wait no longer than this. Default: 60s.' });

/** Which of the open tunnels are meant. */
export const selectorFlags = {
  all: Flags.boolean({ summary: 'All of them.', helpGroup: 'SELECTION' }),
  name: Flags.string({
    summary: 'The tunnel of this name. May be repeated.',
    multiple: true,
    helpGroup: 'SELECTION',
    helpValue: 'NAME',
  }),
  set: Flags.string({
    summary: 'Those of this set. May be repeated.',
    aliases: ['label'],
    multiple: true,
    helpGroup: 'SELECTION',
    helpValue: 'NAME',
  }),
  via: Flags.option({
    summary: 'Those whose link is made like this.',
    options: [...kinds, 'chain'] as const,
    helpGroup: 'SELECTION',
  })(),
  pid: Flags.integer({
    summary: 'Those of this process: of the supervisor all, of a link those that use it.',
    min: 1,
    helpGroup: 'SELECTION',
    helpValue: 'PID',
  }),
};
