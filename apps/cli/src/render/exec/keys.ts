import type { Column } from '@hawser/cli-kit';
import type { KeyRecord, SecretRecord } from '@hawser/exec-client/contract';

/** Columns of a table of keys. */
export const keyColumns: readonly Column<KeyRecord>[] = [
  { heading: 'KEY', value: ({ key_id }) => key_id },
  { heading: 'NAME', value: ({ name }) => name },
  { heading: 'SCOPES', value: ({ scopes }) => scopes.join(',') },
  { heading: 'CREATED', value: ({ created_at }) => created_at },
  { heading: 'EXPIRES', value: ({ expires_at }) => expires_at ?? 'never' },
  { heading: 'LAST USED', value: ({ last_used_at }) => last_used_at ?? 'never' },
  { heading: 'REVOKED', value: ({ revoked_at }) => revoked_at ?? '' },
];

/** Columns of a table of secrets, which never holds their values. */
export const secretColumns: readonly Column<SecretRecord>[] = [
  { heading: 'SECRET', value: ({ name }) => name },
  { heading: 'VERSION', value: ({ version }) => String(version) },
  { heading: 'UPDATED', value: ({ updated_at }) => updated_at },
  { heading: 'BY', value: ({ updated_by }) => updated_by ?? '' },
];
