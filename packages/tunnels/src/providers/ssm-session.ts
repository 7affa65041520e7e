import { isIP } from 'node:net';
import type { StartSessionRequest } from '@hawser/ssm-channel/aws';
import { LinkError } from '../link/failure.js';
import type { HostTarget, Target } from '../spec.js';

/**
 * The host and port a port session can lead to.
 *
 * @throws LinkError `config` for a unix socket, which no session document of AWS that is documented reaches.
 */
export function hostTargetOf(target: Target): HostTarget {
  if ('port' in target) return target;
  throw new LinkError({
    cause: 'config',
    message: `Session Manager cannot reach the unix socket ${target.path}.`,
    hint: 'Name a host and a port, or go by ssh-bastion.',
    permanent: true,
  });
}

/**
 * What StartSession is asked for. The node itself has a document of its own, because newer agents refuse their loopback
 * addresses as a remote host (amazon-ssm-agent agent/session/plugins/port, since 3.3.4851.0).
 */
export function sessionRequest(bastion: string, { host, port }: HostTarget): StartSessionRequest {
  const ports = { portNumber: [String(port)], localPortNumber: ['0'] };
  return isNodeItself(host)
    ? { target: bastion, document: 'AWS-StartPortForwardingSession', parameters: ports }
    : {
        target: bastion,
        document: 'AWS-StartPortForwardingSessionToRemoteHost',
        parameters: { host: [host], ...ports },
      };
}

/** Whether the host is the node, as seen from itself. */
export function isNodeItself(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
