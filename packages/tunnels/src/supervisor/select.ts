import type { TunnelSelector } from './seam.js';
import type { Tunnel } from './tunnel.js';

export interface Selection {
  readonly tunnels: readonly Tunnel[];
  /** What was named and is not there. */
  readonly unknown: readonly string[];
}

/**
 * Finds those that are meant: all, or every one that is named by itself, by its set or by a process; of these, those
 * that go the given way. A way alone means all that go it.
 */
export function select(tunnels: readonly Tunnel[], selector: TunnelSelector, ownPid: number): Selection {
  const { all = false, names = [], sets = [], via, pid } = selector;
  const ofPid = (tunnel: Tunnel): boolean => pid === ownPid || tunnel.keeper.pids.includes(pid ?? -1);
  const isNamed = (tunnel: Tunnel): boolean =>
    names.includes(tunnel.spec.name) || sets.includes(tunnel.spec.set) || (pid !== undefined && ofPid(tunnel));
  const onlyVia = via !== undefined && names.length === 0 && sets.length === 0 && pid === undefined;
  const meant = tunnels.filter((tunnel) => all || onlyVia || isNamed(tunnel));
  return {
    tunnels: meant.filter((tunnel) => via === undefined || tunnel.spec.via.kind === via),
    unknown: [
      ...names.filter((name) => !tunnels.some((tunnel) => tunnel.spec.name === name)),
      ...sets.filter((set) => !tunnels.some((tunnel) => tunnel.spec.set === set)),
      ...(pid === undefined || pid === ownPid || tunnels.some(ofPid) ? [] : [`pid ${pid}`]),
    ],
  };
}
