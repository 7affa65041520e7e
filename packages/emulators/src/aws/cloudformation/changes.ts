import { holds, resolve, type Scope } from './intrinsics.js';
import { needsNew } from './engine.js';
import { scopeOf } from './scope.js';
import type { EngineSetup, Target } from './target.js';
import type { Properties } from './kind.js';
import type { ResourceChange, Stack } from './stack.js';
import type { Value } from './template.js';

/** What a target would change in a stack, before anything is done: what is not known yet stands as its expression. */
export function changesOf(setup: EngineSetup, stack: Stack, target: Target): readonly ResourceChange[] {
  const after = wanted(setup, stack, target);
  const before =
    stack.template === undefined
      ? new Map<string, Properties>()
      : wanted(setup, stack, { template: stack.template, parameters: stack.parameters });
  const changes: ResourceChange[] = [];
  for (const [id, properties] of after) {
    const type = target.template.Resources[id]!.Type;
    const existing = stack.resources.get(id);
    const old = before.get(id);
    if (existing === undefined || old === undefined) {
      changes.push({ Action: 'Add', LogicalResourceId: id, ResourceType: type, Scope: [], Details: [] });
    } else if (JSON.stringify(old) !== JSON.stringify(properties) || existing.type !== type) {
      const replaces = existing.type !== type || needsNew(setup.kinds[type]!, old, properties);
      changes.push({
        Action: 'Modify',
        LogicalResourceId: id,
        PhysicalResourceId: existing.made.id,
        ResourceType: type,
        Replacement: replaces ? 'True' : 'False',
        Scope: ['Properties'],
        Details: changedNames(old, properties).map((Name) => ({
          Target: { Attribute: 'Properties', Name, RequiresRecreation: replaces ? 'Always' : 'Never' },
          Evaluation: 'Static',
          ChangeSource: 'DirectModification',
        })),
      });
    }
  }
  for (const existing of stack.resources.values()) {
    if (after.has(existing.logicalId)) continue;
    changes.push({
      Action: 'Remove',
      LogicalResourceId: existing.logicalId,
      PhysicalResourceId: existing.made.id,
      ResourceType: existing.type,
      Scope: [],
      Details: [],
    });
  }
  return changes;
}

/** Whether outputs, tags or policies alone differ, which is a change too. */
export function changesOthers(stack: Stack, target: Target): boolean {
  const rest = ({ template, tags }: Pick<Target, 'template' | 'tags'>): string =>
    JSON.stringify([
      template.Outputs,
      tags,
      Object.values(template.Resources).map(({ DeletionPolicy, UpdateReplacePolicy }) => [
        DeletionPolicy,
        UpdateReplacePolicy,
      ]),
    ]);
  return stack.template === undefined || rest({ template: stack.template, tags: stack.tags }) !== rest(target);
}

function wanted(
  setup: EngineSetup,
  stack: Stack,
  target: Pick<Target, 'template' | 'parameters'>,
): ReadonlyMap<string, Properties> {
  const known = scopeOf(setup, stack, target);
  const isThere = (id: string): void => {
    if (!stack.resources.has(id)) throw new NotYetKnown();
  };
  const scope: Scope = {
    ...known,
    ref: (id) => {
      isThere(id);
      return known.ref(id);
    },
    attribute: (id, name) => {
      isThere(id);
      return known.attribute(id, name);
    },
  };
  const found = new Map<string, Properties>();
  for (const [id, { Condition, Properties = {} }] of Object.entries(target.template.Resources)) {
    if (Condition !== undefined && !holds(Condition, scope)) continue;
    found.set(id, Object.fromEntries(Object.entries(Properties).map(([name, value]) => [name, foresee(value, scope)])));
  }
  return found;
}

/** What a value will be; an expression over what is not there yet stays as it is. */
function foresee(value: Value, scope: Scope): Value {
  try {
    return resolve(value, scope);
  } catch (error) {
    if (error instanceof NotYetKnown) return value;
    throw error;
  }
}

/** A value depends on a resource that is yet to be made. */
class NotYetKnown extends Error {
  static {
    this.prototype.name = 'NotYetKnown';
  }
}

function changedNames(before: Properties, after: Properties): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
}
