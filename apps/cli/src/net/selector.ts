import type { TunnelSelector, ViaKind } from '@hawser/tunnels';
import { CliError } from '../errors.js';

/** What the flags say of which tunnels are meant. */
export interface SelectorRequest {
  readonly all: boolean;
  readonly name?: readonly string[] | undefined;
  readonly set?: readonly string[] | undefined;
  readonly via?: ViaKind | undefined;
  readonly pid?: number | undefined;
}

/**
 * Whom the flags mean.
 *
 * @throws CliError HAWSER_NET_WHICH when they mean nobody, or all and some
 */
export function selectorOf({ all, name, set, via, pid }: SelectorRequest): TunnelSelector {
  const selector: TunnelSelector = {
    ...(name?.length ? { names: name } : {}),
    ...(set?.length ? { sets: set } : {}),
    ...(via === undefined ? {} : { via }),
    ...(pid === undefined ? {} : { pid }),
  };
  const some = Object.keys(selector).length > 0;
  if (all && some) throw new CliError('HAWSER_NET_WHICH', '--all and a choice do not go together.');
  if (!all && !some) throw new CliError('HAWSER_NET_WHICH', 'Which tunnels are meant is not said.');
  return all ? { all } : selector;
}
