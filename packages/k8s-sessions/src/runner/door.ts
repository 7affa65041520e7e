import type { IncomingMessage } from 'node:http';
import { checkDial, debugPassword, dialKey, dialProof, sameText } from './dial-token.js';
import type { DialClaim } from './dial-types.js';

/** Who asks: somebody with a dial token, or a person with the debug password. */
export interface Caller {
  /** Undefined for the password. */
  readonly claim: DialClaim | undefined;
}

/** Looks who asks, and proves to whoever dials who we are. */
export interface Door {
  /** Undefined for nobody we know. A token opens once. */
  caller(request: IncomingMessage): Caller | undefined;
  /** Headers for the answer to a request that {@link caller} let in. */
  proof(request: IncomingMessage): readonly (readonly [string, string])[];
}

export interface DoorOptions {
  readonly session: string;
  readonly epoch: string;
  readonly secret: string;
  readonly nowMs: () => number;
}

export function createDoor({ session, epoch, secret, nowMs }: DoorOptions): Door {
  const key = dialKey(secret);
  const basic = `Basic ${Buffer.from(`runner:${debugPassword(secret)}`).toString('base64')}`;
  const claims = new WeakMap<IncomingMessage, DialClaim>();
  /** Nonces of tokens that are still good: each is taken once. */
  const used = new Map<string, number>();

  const isNew = ({ nonce, expiresAtMs }: DialClaim): boolean => {
    const now = nowMs();
    for (const [old, untilMs] of used) {
      if (untilMs > now) break;
      used.delete(old);
    }
    if (used.has(nonce)) return false;
    used.set(nonce, expiresAtMs);
    return true;
  };

  return {
    caller(request) {
      const shown = request.headers.authorization ?? '';
      if (sameText(shown, basic)) return { claim: undefined };
      if (!shown.startsWith('Dial ')) return undefined;
      const claim = checkDial(key, shown.slice(5), { session, nowMs: nowMs() });
      if (!claim || !isNew(claim)) return undefined;
      claims.set(request, claim);
      return { claim };
    },
    proof(request) {
      const claim = claims.get(request);
      return claim ? [['x-hawser-runner-proof', dialProof(key, claim.nonce, epoch)]] : [];
    },
  };
}
