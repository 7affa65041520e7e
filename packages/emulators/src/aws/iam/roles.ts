import type { World } from '../world.js';

/** One statement of a policy document, as it was written. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** A policy. */
export interface Policy {
  readonly name: string;
  readonly statements: readonly Statement[];
}

/** A role. */
export interface Role {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly trust: unknown;
  readonly createdMs: number;
  policies: readonly Policy[];
  /** ARNs. */
  managed: readonly string[];
}

/** All roles of the account. */
export interface Roles {
  readonly all: Map<string, Role>;
  create(name: string, trust: unknown, hex: (digits: number) => string): Role;
}

/** Makes the table of roles, empty. */
export function createRoles(world: World): Roles {
  const all = new Map<string, Role>();
  return {
    all,
    create: (name, trust, hex) => {
      if (!/^[\w+=,.@-]{1,64}$/u.test(name))
        throw new Error(`The role name ${name} is not valid: at most 64 characters.`);
      if (all.has(name)) throw new Error(`Role with name ${name} already exists.`);
      const role: Role = {
        name,
        id: `AROA${hex(17).toUpperCase()}`,
        arn: `arn:aws:iam::${world.accountId}:role/${name}`,
        trust,
        createdMs: world.nowMs(),
        policies: [],
        managed: [],
      };
      all.set(name, role);
      return role;
    },
  };
}
