import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Identity } from './api/world.js';
import type { KubeEmulatorOptions } from './types.js';

/** By a bearer token, else by a client certificate of our own authority. */
export function createIdentify(authenticate: NonNullable<KubeEmulatorOptions['authenticate']>) {
  return (raw: IncomingMessage): Identity | 'anonymous' | undefined => {
    const [, token] = /^Bearer (\S+)$/i.exec(raw.headers.authorization ?? '') ?? [];
    if (token !== undefined) {
      const who = authenticate(token);
      return who && authenticated(who);
    }
    const socket = raw.socket as TLSSocket;
    if (!socket.authorized) return 'anonymous';
    // One organisation comes as text, several as a list.
    const subject = socket.getPeerCertificate().subject as { readonly CN: string; readonly O?: string | string[] };
    return authenticated({ user: subject.CN, groups: subject.O === undefined ? [] : [subject.O].flat() });
  };
}

function authenticated({ user, groups }: Identity): Identity {
  return { user, groups: [...new Set([...groups, 'system:authenticated'])] };
}
