import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** An object as the chart renders it; looked into by path, as a person reads YAML. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Record<string, string>;
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- as free as YAML is
  readonly [key: string]: any;
}

export const chart: string = fileURLToPath(new URL('../../chart', import.meta.url));

/** The chart by real Helm. */
export function openChart(helm: string): {
  readonly text: (...args: readonly string[]) => string;
  readonly render: (...args: readonly string[]) => readonly Rendered[];
  readonly refused: (...args: readonly string[]) => string;
  readonly lint: (...args: readonly string[]) => { readonly status: number | null; readonly said: string };
} {
  // Keys take seconds to make: only who asks for them has them made.
  const template = (args: readonly string[]): readonly string[] => {
    const keys = args.includes('--make-keys') ? [] : ['--set', 'keys.existingTicketSecret=keys'];
    const rest = args.filter((word) => word !== '--make-keys');
    return ['template', 'hawser-sessions', chart, '-n', 'ns', ...keys, ...rest];
  };
  const texts = new Map<string, string>();
  const text = (...args: readonly string[]): string => {
    const asked = JSON.stringify(args);
    const known =
      texts.get(asked) ?? execFileSync(helm, template(args), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    texts.set(asked, known);
    return known;
  };
  return {
    text,
    render: (...args) =>
      parseAllDocuments(text(...args)).flatMap((document) => (document.toJS() as Rendered | null) ?? []),
    refused(...args) {
      const { status, stderr } = spawnSync(helm, template(args), { encoding: 'utf8' });
      return status === 0 ? '' : stderr;
    },
    lint(...args) {
      const { status, stdout, stderr } = spawnSync(helm, ['lint', '--strict', chart, ...args], { encoding: 'utf8' });
      return { status, said: stdout + stderr };
    },
  };
}

/** The one object of a kind (and a name). */
export function one(objects: readonly Rendered[], kind: string, name?: string): Rendered {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  if (found.length !== 1 || !found[0])
    throw new Error(
      `${found.length} of ${kind} ${name ?? ''} among ${objects.map((o) => `${o.kind}/${o.metadata.name}`).join(', ')}`,
    );
  return found[0];
}
