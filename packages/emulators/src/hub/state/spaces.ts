import { randomBytes } from 'node:crypto';
import type { Repository } from '../git/repository.js';
import type { Runtime } from './runtime.js';

/** Who may see a Space: `protected` shows the running application and hides the files. */
export type Visibility = 'public' | 'private' | 'protected';

/** A variable or a secret. */
export interface Setting {
  readonly value: string;
  readonly description?: string;
  readonly updatedAt: string;
}

/** A discussion; as a pull request it has a ref. */
export interface Discussion {
  readonly num: number;
  readonly title: string;
  readonly author: string;
  readonly createdAt: string;
  readonly isPullRequest: boolean;
  readonly description: string;
  status: 'open' | 'draft' | 'closed' | 'merged';
}

/** A Space. */
export interface Space {
  readonly id: string;
  readonly internalId: string;
  readonly owner: string;
  readonly name: string;
  readonly createdAt: string;
  sdk: string;
  visibility: Visibility;
  gated: unknown;
  readonly repository: Repository;
  readonly runtime: Runtime;
  readonly variables: Map<string, Setting>;
  readonly secrets: Map<string, Setting>;
  readonly discussions: Discussion[];
}

/** A Space without what runs it: all that is kept of it. */
export type KeptSpace = Omit<Space, 'runtime'>;

/** The ref of a Space's own branch. */
export const mainRef = 'refs/heads/main';

/** An id as the Hub's database gives them. */
export function internalId(): string {
  return randomBytes(12).toString('hex');
}

/** What a Space's address begins with: lower case, everything but letters and digits a hyphen. */
export function subdomainOf(space: Pick<Space, 'owner' | 'name'>): string {
  return `${space.owner}-${space.name}`.toLowerCase().replace(/[^a-z0-9]+/gu, '-');
}

/** Whether a repository may have this name (huggingface_hub `utils/_validators.py`, `validate_repo_id`). */
export function isRepoName(name: string): boolean {
  return (
    /^\w(?:[\w.-]{0,94}\w)?$/u.test(name) && !name.includes('--') && !name.includes('..') && !name.endsWith('.git')
  );
}
