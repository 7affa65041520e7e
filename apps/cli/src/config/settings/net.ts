import { type Setting, setting } from '../setting.js';

const opening = ['net:up', 'net:run', 'net:doctor'];

/** Tunnels that are opened without a set of tunnels.yaml. A set says itself what it is, and heeds none of these. */
export const netSettings: readonly Setting[] = [
  setting({
    name: 'net.via',
    summary: 'how the link is made',
    value: { kind: 'choice', options: ['ssh-bastion', 'ssm', 'kube', 'direct'] },
    flags: [{ flag: 'via', commands: opening }],
    fills: false,
    choice: 'via',
    otherwise: 'ssh-bastion',
  }),
  setting({
    name: 'net.host',
    summary: 'the bastion, or the managed node',
    variables: ['HAWSER_BASTION_HOST'],
    flags: [{ flag: 'host', commands: opening }],
    choice: 'host',
    otherwise: 'it must be said',
  }),
  setting({
    name: 'net.ssh-user',
    summary: 'who to be on the bastion',
    variables: ['HAWSER_BASTION_USER'],
    flags: [{ flag: 'ssh-user', commands: opening }],
    choice: 'ssh-user',
    otherwise: 'whom ssh takes',
  }),
  setting({
    name: 'net.prefect-host',
    summary: 'the host of Prefect, as seen from the bastion',
    variables: ['HAWSER_PREFECT_REMOTE_HOST'],
    flags: [{ flag: 'prefect-host', commands: opening }],
    fills: false,
    otherwise: 'prefect.staging.internal, or svc/prefect in a cluster',
  }),
  setting({
    name: 'net.prefect-port',
    summary: 'the local port of Prefect',
    value: { kind: 'port' },
    flags: [{ flag: 'prefect-port', commands: opening }],
    fills: false,
    choice: 'prefect-port',
    otherwise: '4200',
  }),
  setting({
    name: 'net.marquez-host',
    summary: 'the host of Marquez, as seen from the bastion',
    variables: ['HAWSER_MARQUEZ_REMOTE_HOST'],
    flags: [{ flag: 'marquez-host', commands: opening }],
    fills: false,
    otherwise: 'marquez.staging.internal, or svc/marquez in a cluster',
  }),
  setting({
    name: 'net.marquez-port',
    summary: 'the local port of Marquez',
    value: { kind: 'port' },
    flags: [{ flag: 'marquez-port', commands: opening }],
    fills: false,
    choice: 'marquez-port',
    otherwise: '5000',
  }),
];
