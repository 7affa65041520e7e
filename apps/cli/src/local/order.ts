import { CliKitError } from '@hawser/cli-kit/start';
import { type PartName, partNames, portNameOf, type StackOrder } from './parts.js';

/** What flags say of the stack. */
export interface OrderFlags {
  readonly only?: readonly string[] | undefined;
  readonly without?: readonly string[] | undefined;
  readonly port?: readonly string[] | undefined;
  readonly run?: readonly string[] | undefined;
}

/**
 * The stack that flags ask for.
 *
 * @throws CliKitError HAWSER_CLI_USAGE when nothing is left of it, or a port is none
 */
export function orderOf({ only, without = [], port = [], run = [] }: OrderFlags): StackOrder {
  const parts = partNames.filter((name) => (only?.includes(name) ?? true) && !without.includes(name));
  if (parts.length === 0) throw new CliKitError('HAWSER_CLI_USAGE', 'No part is left to start.');
  const ports: Partial<Record<PartName, number>> = {};
  for (const text of port) {
    const [, name = '', number = ''] = /^(\w+)=(\d{1,5})$/.exec(text) ?? [];
    const part = parts.find((each) => each === name);
    if (part === undefined || Number(number) > 65_535) {
      throw new CliKitError('HAWSER_CLI_USAGE', `'${text}' is no port of a part that is started.`, {
        hint: `Write it like --port ${parts[0]}=8080; the parts are ${parts.join(', ')}.`,
      });
    }
    ports[portNameOf(part, parts)] = Number(number);
  }
  return { parts, ports, images: run };
}
