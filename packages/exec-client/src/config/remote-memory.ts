import { existsSync } from 'node:fs';
import type { StateDocument } from '@hawser/state-store';

/** What a project's folder of state remembers of executions. */
interface Memory {
  /** The last backend, other than this machine, that commands of the project ran on. */
  readonly backend?: string;
}

/**
 * The backend that commands of the project at `from` ran on last, other than this machine. A project that ever ran
 * elsewhere must not be run here by accident, when a configuration is lost.
 */
export async function rememberedBackend(from: string): Promise<string | undefined> {
  const document = await memoryOf(from);
  // Reading a document loads its engine, and most projects have none.
  return existsSync(document.path) ? (await document.read()).data.backend : undefined;
}

/** Remembers a backend for the project at `from`; writes only when it is another than before. */
export async function rememberBackend(from: string, backend: string): Promise<void> {
  const document = await memoryOf(from);
  if ((await rememberedBackend(from)) !== backend) await document.update(() => ({ backend }));
}

async function memoryOf(from: string): Promise<StateDocument<Memory>> {
  const { defineDocument, openStore } = await import('@hawser/state-store');
  const definition = defineDocument<Memory>({
    name: 'exec',
    version: 1,
    schema: { type: 'object', properties: { backend: { type: 'string' } }, additionalProperties: false },
    validate: isMemory,
    default: () => ({}),
  });
  return openStore({ from }).document(definition);
}

function isMemory(data: unknown): boolean {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return false;
  return Object.entries(data).every(([name, value]) => name === 'backend' && typeof value === 'string');
}
