import { setImmediate as turn } from 'node:timers/promises';
import { textOf } from '../text.js';
import { holds, resolve } from './intrinsics.js';
import type { Kind, Made, Order, Properties } from './kind.js';
import { orderOf, scopeOf } from './scope.js';
import type { Stack, StackEvent, StackResource } from './stack.js';
import type { EngineSetup, Target } from './target.js';
import type { Value } from './template.js';

/** What became of one resource in an update, so that it can be taken back. */
interface Step {
  readonly logicalId: string;
  readonly before: StackResource | undefined;
  readonly after: StackResource;
}

/** Makes a stack, or takes back what was made of it. The status says how it ended. */
export async function createResources(setup: EngineSetup, stack: Stack, target: Target): Promise<void> {
  take(stack, target);
  setStatus(setup, stack, 'CREATE_IN_PROGRESS', target.token, 'User Initiated');
  const failed = (await apply(setup, stack, target, [])) ?? finish(setup, stack, target);
  if (failed === undefined) {
    setStatus(setup, stack, 'CREATE_COMPLETE', target.token);
    return;
  }
  if (stack.disableRollback) {
    setStatus(setup, stack, 'CREATE_FAILED', target.token, `The following resource(s) failed to create: [${failed}]. `);
    return;
  }
  setStatus(
    setup,
    stack,
    'ROLLBACK_IN_PROGRESS',
    target.token,
    `The following resource(s) failed to create: [${failed}]. Rollback requested by user.`,
  );
  const left = await removeAll(setup, stack, target.token, (one) => one.deletionPolicy === 'Retain');
  setStatus(setup, stack, left.length === 0 ? 'ROLLBACK_COMPLETE' : 'ROLLBACK_FAILED', target.token);
}

/** Changes a stack, or takes every change back. */
export async function updateResources(setup: EngineSetup, stack: Stack, target: Target): Promise<void> {
  const { token } = target;
  const before = {
    template: stack.template!,
    parameters: stack.parameters,
    tags: stack.tags,
    capabilities: stack.capabilities,
    token,
  };
  take(stack, target);
  stack.updatedMs = setup.world.nowMs();
  setStatus(setup, stack, 'UPDATE_IN_PROGRESS', token, 'User Initiated');
  const steps: Step[] = [];
  const failed = (await apply(setup, stack, target, steps)) ?? finish(setup, stack, target);
  if (failed === undefined) {
    setStatus(setup, stack, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', token);
    const gone = [...stack.resources.keys()].filter((id) => !isWanted(setup, stack, target, id));
    for (const id of gone.toReversed()) await removeOne(setup, stack, stack.resources.get(id)!, token, false);
    for (const { before: old, after } of steps) {
      if (old !== undefined && old.made.id !== after.made.id) await discard(setup, stack, old, token);
    }
    setStatus(setup, stack, 'UPDATE_COMPLETE', token);
    return;
  }
  setStatus(
    setup,
    stack,
    'UPDATE_ROLLBACK_IN_PROGRESS',
    token,
    `The following resource(s) failed to update: [${failed}]. `,
  );
  take(stack, before);
  for (const step of steps.toReversed()) await takeBack(setup, stack, step, token);
  setStatus(setup, stack, 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', token);
  for (const { before: old, after } of steps) {
    if (old === undefined || old.made.id !== after.made.id) await discard(setup, stack, after, token);
  }
  setStatus(setup, stack, 'UPDATE_ROLLBACK_COMPLETE', token);
}

/** Removes a stack. What cannot be removed stays, and so does the stack then, unless it is forced. */
export async function deleteResources(
  setup: EngineSetup,
  stack: Stack,
  options: { readonly token: string | undefined; readonly retain: readonly string[]; readonly force: boolean },
): Promise<void> {
  const { token, retain, force } = options;
  setStatus(setup, stack, 'DELETE_IN_PROGRESS', token, 'User Initiated');
  const left = await removeAll(
    setup,
    stack,
    token,
    (one) => one.deletionPolicy.startsWith('Retain') || retain.includes(one.logicalId),
  );
  if (left.length > 0 && !force) {
    setStatus(
      setup,
      stack,
      'DELETE_FAILED',
      token,
      `The following resource(s) failed to delete: [${left.join(', ')}]. `,
    );
    return;
  }
  stack.resources.clear();
  stack.deletedMs = setup.world.nowMs();
  setStatus(setup, stack, 'DELETE_COMPLETE', token);
}

function isWanted(setup: EngineSetup, stack: Stack, target: Target, id: string): boolean {
  const resource = target.template.Resources[id];
  if (resource === undefined) return false;
  return resource.Condition === undefined || holds(resource.Condition, scopeOf(setup, stack, target));
}

function take(stack: Stack, target: Target): void {
  stack.template = target.template;
  stack.parameters = target.parameters;
  stack.tags = target.tags;
  stack.capabilities = target.capabilities;
}

/** Makes and changes what the target asks for. Answers what failed first. */
async function apply(setup: EngineSetup, stack: Stack, target: Target, steps: Step[]): Promise<string | undefined> {
  const scope = scopeOf(setup, stack, target);
  for (const id of orderOf(scope)) {
    await turn();
    const { Type, Properties = {}, DeletionPolicy = 'Delete' } = target.template.Resources[id]!;
    const before = stack.resources.get(id);
    const doing = before === undefined ? 'CREATE' : 'UPDATE';
    let properties: Properties = {};
    try {
      properties = localized(setup, resolve(Properties, scope)) as Properties;
      if (
        before !== undefined &&
        before.type === Type &&
        JSON.stringify(before.properties) === JSON.stringify(properties)
      ) {
        stack.resources.set(id, { ...before, deletionPolicy: DeletionPolicy });
        continue;
      }
      tell(
        setup,
        stack,
        { id, physical: before?.made.id ?? '', type: Type, properties },
        `${doing}_IN_PROGRESS`,
        target.token,
      );
      const planned = setup.world.faults().resourceFails?.[id];
      if (planned !== undefined) throw new Error(planned);
      const made = await build(setup, stack, { id, type: Type, properties }, before);
      const after: StackResource = {
        logicalId: id,
        type: Type,
        deletionPolicy: DeletionPolicy,
        properties,
        made,
        status: `${doing}_COMPLETE`,
        changedMs: setup.world.nowMs(),
      };
      steps.push({ logicalId: id, before, after });
      stack.resources.set(id, after);
      tell(setup, stack, { id, physical: made.id, type: Type, properties }, `${doing}_COMPLETE`, target.token);
    } catch (error) {
      tell(
        setup,
        stack,
        { id, physical: before?.made.id ?? '', type: Type, properties },
        `${doing}_FAILED`,
        target.token,
        (error as Error).message,
      );
      return id;
    }
  }
  return undefined;
}

async function build(
  setup: EngineSetup,
  stack: Stack,
  one: { readonly id: string; readonly type: string; readonly properties: Properties },
  before: StackResource | undefined,
): Promise<Made> {
  const kind = setup.kinds[one.type]!;
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => setup.world.random.below(16).toString(16)).join('');
  const order: Order = {
    logicalId: one.id,
    stackName: stack.name,
    properties: one.properties,
    hex,
    name: () => `${stack.name}-${one.id}-${hex(12).toUpperCase()}`,
  };
  const replaces =
    before === undefined || before.type !== one.type || needsNew(kind, before.properties, one.properties);
  return replaces ? await kind.create(order) : await kind.update!(order, before.made);
}

/** Whether a change of properties needs a new resource. */
export function needsNew(kind: Kind, before: Properties, after: Properties): boolean {
  return (
    kind.update === undefined ||
    kind.replaces.some((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  );
}

async function takeBack(
  setup: EngineSetup,
  stack: Stack,
  { before, after }: Step,
  token: string | undefined,
): Promise<void> {
  if (before === undefined) {
    stack.resources.delete(after.logicalId);
    return;
  }
  const about = { id: before.logicalId, physical: before.made.id, type: before.type, properties: before.properties };
  if (before.made.id === after.made.id) {
    tell(setup, stack, about, 'UPDATE_IN_PROGRESS', token);
    const made = await build(
      setup,
      stack,
      { id: before.logicalId, type: before.type, properties: before.properties },
      after,
    );
    stack.resources.set(before.logicalId, { ...before, made });
  } else {
    stack.resources.set(before.logicalId, before);
  }
  tell(setup, stack, about, 'UPDATE_COMPLETE', token);
}

/** Removes what the stack does not name any longer. */
async function discard(setup: EngineSetup, stack: Stack, old: StackResource, token: string | undefined): Promise<void> {
  const about = { id: old.logicalId, physical: old.made.id, type: old.type, properties: old.properties };
  tell(setup, stack, about, 'DELETE_IN_PROGRESS', token);
  try {
    await setup.kinds[old.type]!.remove(old.made, old.properties);
  } catch (error) {
    // What cannot be cleaned up is left behind, out of the stack, and the update is whole all the same.
    tell(setup, stack, about, 'DELETE_FAILED', token, (error as Error).message);
    return;
  }
  tell(setup, stack, about, 'DELETE_COMPLETE', token);
}

/** Removes resources, last made first. Answers those that stay because they could not be removed. */
async function removeAll(
  setup: EngineSetup,
  stack: Stack,
  token: string | undefined,
  isRetained: (one: StackResource) => boolean,
): Promise<readonly string[]> {
  const left: string[] = [];
  for (const one of [...stack.resources.values()].toReversed()) {
    await turn();
    if (!(await removeOne(setup, stack, one, token, isRetained(one)))) left.push(one.logicalId);
  }
  return left;
}

async function removeOne(
  setup: EngineSetup,
  stack: Stack,
  one: StackResource,
  token: string | undefined,
  isRetained: boolean,
): Promise<boolean> {
  const about = { id: one.logicalId, physical: one.made.id, type: one.type, properties: one.properties };
  if (isRetained) {
    tell(setup, stack, about, 'DELETE_SKIPPED', token);
    stack.resources.delete(one.logicalId);
    return true;
  }
  tell(setup, stack, about, 'DELETE_IN_PROGRESS', token);
  try {
    if (setup.world.faults().deleteFails?.includes(one.logicalId) === true) {
      throw new Error(`Resource ${one.made.id} has a dependent object.`);
    }
    await setup.kinds[one.type]!.remove(one.made, one.properties);
  } catch (error) {
    tell(setup, stack, about, 'DELETE_FAILED', token, (error as Error).message);
    stack.resources.set(one.logicalId, { ...one, status: 'DELETE_FAILED' });
    return false;
  }
  stack.resources.delete(one.logicalId);
  tell(setup, stack, about, 'DELETE_COMPLETE', token);
  return true;
}

/** Works the outputs out. Answers what is wrong with them. */
function finish(setup: EngineSetup, stack: Stack, target: Target): string | undefined {
  const scope = scopeOf(setup, stack, target);
  try {
    stack.outputs = Object.entries(target.template.Outputs).flatMap(([OutputKey, output]) => {
      const condition = output['Condition'];
      if (typeof condition === 'string' && !holds(condition, scope)) return [];
      const OutputValue = textOf(localized(setup, resolve(output['Value'] ?? '', scope)));
      const description = output['Description'];
      return [{ OutputKey, OutputValue, ...(description === undefined ? {} : { Description: textOf(description) }) }];
    });
    return undefined;
  } catch (error) {
    return `Outputs: ${(error as Error).message}`;
  }
}

function localized(setup: EngineSetup, value: Value): Value {
  if (typeof value === 'string') return setup.localize(value);
  if (Array.isArray(value)) return value.map((one) => localized(setup, one as Value));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, localized(setup, one)]));
}

/** Gives the stack a status, and tells of it. */
export function setStatus(
  setup: Pick<EngineSetup, 'world'>,
  stack: Stack,
  status: string,
  token: string | undefined,
  reason?: string,
): void {
  stack.status = status;
  stack.reason = reason;
  tell(
    setup,
    stack,
    { id: stack.name, physical: stack.id, type: 'AWS::CloudFormation::Stack', properties: undefined },
    status,
    token,
    reason,
  );
}

function tell(
  { world }: Pick<EngineSetup, 'world'>,
  stack: Stack,
  about: {
    readonly id: string;
    readonly physical: string;
    readonly type: string;
    readonly properties: Properties | undefined;
  },
  status: string,
  token: string | undefined,
  reason?: string,
): void {
  const event: StackEvent = {
    EventId: `${about.id}-${status}-${stack.events.length}`,
    StackId: stack.id,
    StackName: stack.name,
    LogicalResourceId: about.id,
    PhysicalResourceId: about.physical,
    ResourceType: about.type,
    ResourceStatus: status,
    ...(reason === undefined ? {} : { ResourceStatusReason: reason }),
    ...(about.properties === undefined ? {} : { ResourceProperties: JSON.stringify(about.properties) }),
    ...(token === undefined ? {} : { ClientRequestToken: token }),
    Timestamp: new Date(world.nowMs()),
  };
  stack.events.push(event);
}
