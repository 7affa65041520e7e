import { AwsError } from '../../ssm/api/aws-error.js';
import { readMembers, type Input } from '../../ssm/api/operation.js';
import type { QueryService } from '../wire/service.js';
import { changesOf, changesOthers } from './changes.js';
import { createResources, deleteResources, setStatus, updateResources } from './engine.js';
import { orderOf, scopeOf } from './scope.js';
import type { EngineSetup, Target } from './target.js';
import { checkRules, chooseParameters } from './parameters.js';
import { describeChangeSet, describeStack, summarize } from './describe.js';
import type { ChangeSet, Stack } from './stack.js';
import { invalid, parseTemplate, type Template } from './template.js';

/** All stacks there ever were. */
export interface Stacks {
  readonly service: QueryService;
  /** Those that are there. */
  living(): readonly Stack[];
  /** Settles when nothing is being done to any stack. */
  idle(): Promise<void>;
}

const noUpdates = 'No updates are to be performed.';
const noChanges =
  "The submitted information didn't contain changes. Submit different information to create a change set.";
const eventsPerPage = 100;

/** CloudFormation, which really makes what templates say. */
export function createStacks(setup: EngineSetup): Stacks {
  const { world } = setup;
  const stacks: Stack[] = [];
  const isLiving = (stack: Stack): boolean => stack.deletedMs === undefined;
  const find = (name: string): Stack | undefined =>
    name.startsWith('arn:')
      ? stacks.find(({ id }) => id === name)
      : stacks.find((stack) => stack.name === name && isLiving(stack));
  const existing = (input: Input): Stack => {
    const name = readMembers(input, 'ValidationError').text('StackName');
    const found = find(name);
    if (!found) throw invalid(`Stack with id ${name} does not exist`);
    return found;
  };
  const uuid = (): string => {
    const hex = (digits: number): string =>
      Array.from({ length: digits }, () => world.random.below(16).toString(16)).join('');
    return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
  };
  const add = (name: string): Stack => {
    if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/u.test(name)) {
      throw invalid(
        `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
      );
    }
    const stack: Stack = {
      id: world.arn('cloudformation', `stack/${name}/${uuid()}`),
      name,
      createdMs: world.nowMs(),
      updatedMs: undefined,
      deletedMs: undefined,
      status: 'REVIEW_IN_PROGRESS',
      reason: undefined,
      template: undefined,
      parameters: {},
      tags: [],
      capabilities: [],
      outputs: [],
      disableRollback: false,
      resources: new Map(),
      changeSets: new Map(),
      events: [],
      work: Promise.resolve(),
    };
    stacks.push(stack);
    return stack;
  };
  const template = (input: Input, stack?: Stack): Template => {
    const members = readMembers(input, 'ValidationError');
    if (input['UsePreviousTemplate'] === 'true' && stack?.template) return stack.template;
    const body = members.optionalText('TemplateBody');
    if (body === undefined) throw invalid('Either Template URL or Template Body must be specified.');
    return parseTemplate(body, (type) => type in setup.kinds);
  };
  /** What a request wants a stack to be, checked as far as that goes before anything is made. */
  const targetOf = (input: Input, stack: Stack): Target => {
    const members = readMembers(input, 'ValidationError');
    const chosen = template(input, stack);
    const target: Target = {
      template: chosen,
      parameters: chooseParameters(chosen, members.optionalList('Parameters'), stack.parameters),
      tags: input['Tags'] === undefined ? stack.tags : members.optionalList('Tags'),
      capabilities: members.texts('Capabilities'),
      token: members.optionalText('ClientRequestToken'),
    };
    checkCapabilities(target);
    const scope = scopeOf(setup, stack, target);
    checkRules(scope);
    orderOf(scope);
    return target;
  };
  const busy = (stack: Stack, what: string): void => {
    if (stack.status.endsWith('_IN_PROGRESS')) {
      throw invalid(`Stack:${stack.id} is in ${stack.status} state and can not be ${what}.`);
    }
  };
  const updatable = (stack: Stack): void => {
    if (!/^(?:CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE$/u.test(stack.status)) {
      throw invalid(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
    }
  };
  const start = (stack: Stack, work: () => Promise<void>): void => {
    stack.work = work();
  };

  const createStack = (input: Input): Readonly<Record<string, unknown>> => {
    const name = readMembers(input, 'ValidationError').text('StackName');
    if (find(name) !== undefined) throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`);
    const stack = add(name);
    let target: Target;
    try {
      target = targetOf(input, stack);
    } catch (error) {
      stacks.splice(stacks.indexOf(stack), 1);
      throw error;
    }
    stack.disableRollback = input['DisableRollback'] === 'true' || input['OnFailure'] === 'DO_NOTHING';
    start(stack, async () => {
      await createResources(setup, stack, target);
      if (input['OnFailure'] === 'DELETE' && stack.status === 'ROLLBACK_COMPLETE') {
        await deleteResources(setup, stack, { token: target.token, retain: [], force: false });
      }
    });
    return { StackId: stack.id };
  };

  const createChangeSet = (input: Input): Readonly<Record<string, unknown>> => {
    const members = readMembers(input, 'ValidationError');
    const stackName = members.text('StackName');
    const name = members.text('ChangeSetName');
    const isNew = members.optionalText('ChangeSetType') === 'CREATE';
    const known = find(stackName);
    if (isNew && known !== undefined && known.status !== 'REVIEW_IN_PROGRESS') {
      throw invalid(`Stack [${stackName}] already exists and cannot be created again with the changeSet [${name}].`);
    }
    if (!isNew && known === undefined) throw invalid(`Stack [${stackName}] does not exist`);
    if (!isNew && known !== undefined) updatable(known);
    if (known?.changeSets.has(name)) {
      throw new AwsError(
        'AlreadyExistsException',
        `ChangeSet ${name} cannot be created due to a mismatch with existing attribute Template`,
      );
    }
    const stack = known ?? add(stackName);
    try {
      const target = targetOf(input, stack);
      const changes = changesOf(setup, stack, target);
      const isEmpty = changes.length === 0 && !changesOthers(stack, target);
      const changeSet: ChangeSet = {
        id: world.arn('cloudformation', `changeSet/${name}/${uuid()}`),
        name,
        description: members.optionalText('Description'),
        createdMs: world.nowMs(),
        template: target.template,
        parameters: target.parameters,
        tags: target.tags,
        capabilities: target.capabilities,
        changes,
        status: isEmpty ? 'FAILED' : 'CREATE_COMPLETE',
        reason: isEmpty ? noChanges : undefined,
      };
      stack.changeSets.set(name, changeSet);
      if (known === undefined) setStatus(setup, stack, 'REVIEW_IN_PROGRESS', undefined, 'User Initiated');
      return { Id: changeSet.id, StackId: stack.id };
    } catch (error) {
      if (known === undefined) stacks.splice(stacks.indexOf(stack), 1);
      throw error;
    }
  };

  const findChangeSet = (input: Input): { readonly stack: Stack; readonly changeSet: ChangeSet } => {
    const name = readMembers(input, 'ValidationError').text('ChangeSetName');
    const among = name.startsWith('arn:') ? stacks : [existing(input)];
    for (const stack of among) {
      const changeSet = [...stack.changeSets.values()].find((one) => one.id === name || one.name === name);
      if (changeSet !== undefined) return { stack, changeSet };
    }
    throw new AwsError('ChangeSetNotFound', `ChangeSet [${name}] does not exist`, { status: 404 });
  };

  const operations: QueryService['operations'] = {
    CreateStack: createStack,
    UpdateStack: (input) => {
      const stack = existing(input);
      updatable(stack);
      const target = targetOf(input, stack);
      if (changesOf(setup, stack, target).length === 0 && !changesOthers(stack, target)) throw invalid(noUpdates);
      start(stack, () => updateResources(setup, stack, target));
      return { StackId: stack.id };
    },
    DeleteStack: (input) => {
      const members = readMembers(input, 'ValidationError');
      const stack = find(members.text('StackName'));
      const retain = members.texts('RetainResources');
      const force = members.optionalText('DeletionMode') === 'FORCE_DELETE_STACK';
      if (stack === undefined || !isLiving(stack)) return {};
      if (stack.status !== 'DELETE_FAILED' && retain.length > 0) {
        throw invalid('RetainResources can only be specified for stacks in the DELETE_FAILED state.');
      }
      if (stack.status !== 'DELETE_FAILED' && force) {
        throw invalid('DeletionMode FORCE_DELETE_STACK is only for stacks in the DELETE_FAILED state.');
      }
      if (stack.status !== 'REVIEW_IN_PROGRESS') busy(stack, 'deleted');
      stack.changeSets.clear();
      start(stack, () =>
        deleteResources(setup, stack, { token: members.optionalText('ClientRequestToken'), retain, force }),
      );
      return {};
    },
    DescribeStacks: (input) => {
      const name = readMembers(input, 'ValidationError').optionalText('StackName');
      const chosen = name === undefined ? stacks.filter(isLiving) : [existing(input)];
      return { Stacks: chosen.map(describeStack) };
    },
    ListStacks: (input) => {
      const wanted = readMembers(input, 'ValidationError').texts('StackStatusFilter');
      const chosen = stacks.filter(({ status }) => wanted.length === 0 || wanted.includes(status));
      return { StackSummaries: chosen.toReversed().map(summarize) };
    },
    DescribeStackEvents: (input) => {
      const { events } = existing(input);
      const from = Number(readMembers(input, 'ValidationError').optionalText('NextToken') ?? 0);
      const newestFirst = events.toReversed();
      return {
        StackEvents: newestFirst.slice(from, from + eventsPerPage),
        ...(from + eventsPerPage < newestFirst.length ? { NextToken: String(from + eventsPerPage) } : {}),
      };
    },
    ListStackResources: (input) => ({
      StackResourceSummaries: [...existing(input).resources.values()].map((one) => ({
        LogicalResourceId: one.logicalId,
        PhysicalResourceId: one.made.id,
        ResourceType: one.type,
        LastUpdatedTimestamp: new Date(one.changedMs),
        ResourceStatus: one.status,
      })),
    }),
    DescribeStackResources: (input) => {
      const stack = existing(input);
      return {
        StackResources: [...stack.resources.values()].map((one) => ({
          StackName: stack.name,
          StackId: stack.id,
          LogicalResourceId: one.logicalId,
          PhysicalResourceId: one.made.id,
          ResourceType: one.type,
          Timestamp: new Date(one.changedMs),
          ResourceStatus: one.status,
        })),
      };
    },
    GetTemplate: (input) => ({ TemplateBody: existing(input).template?.body ?? '', StagesAvailable: ['Original'] }),
    ValidateTemplate: (input) => {
      const checked = template(input);
      const needed = neededCapability(checked);
      return {
        Description: checked.Description,
        Parameters: Object.entries(checked.Parameters).map(([ParameterKey, one]) => ({
          ParameterKey,
          DefaultValue: one.Default,
          NoEcho: String(one.NoEcho ?? false),
          Description: one.Description,
        })),
        ...(needed === undefined
          ? {}
          : {
              Capabilities: [needed],
              CapabilitiesReason: 'The following resource(s) require capabilities: [AWS::IAM::Role]',
            }),
      };
    },
    CreateChangeSet: createChangeSet,
    DescribeChangeSet: (input) => {
      const { stack, changeSet } = findChangeSet(input);
      return describeChangeSet(stack, changeSet);
    },
    ListChangeSets: (input) => {
      const stack = existing(input);
      return { Summaries: [...stack.changeSets.values()].map((one) => describeChangeSet(stack, one)) };
    },
    DeleteChangeSet: (input) => {
      const { stack, changeSet } = findChangeSet(input);
      stack.changeSets.delete(changeSet.name);
      return {};
    },
    ExecuteChangeSet: (input) => {
      const { stack, changeSet } = findChangeSet(input);
      if (changeSet.status !== 'CREATE_COMPLETE') {
        throw new AwsError(
          'InvalidChangeSetStatus',
          `ChangeSet [${changeSet.id}] cannot be executed in its current status of [${changeSet.status}]`,
        );
      }
      const isNew = stack.status === 'REVIEW_IN_PROGRESS';
      if (!isNew) updatable(stack);
      stack.changeSets.clear();
      stack.disableRollback = input['DisableRollback'] === 'true';
      const target: Target = {
        ...changeSet,
        token: readMembers(input, 'ValidationError').optionalText('ClientRequestToken'),
      };
      start(stack, () => (isNew ? createResources : updateResources)(setup, stack, target));
      return {};
    },
  };
  return {
    service: {
      protocol: 'query',
      name: 'cloudformation',
      version: '2010-05-15',
      namespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
      operations,
    },
    living: () => stacks.filter(isLiving),
    idle: async () => void (await Promise.all(stacks.map(({ work }) => work))),
  };
}

function neededCapability(template: Template): string | undefined {
  const roles = Object.values(template.Resources).filter(({ Type }) => Type.startsWith('AWS::IAM::'));
  if (roles.length === 0) return undefined;
  const named = roles.some(({ Properties = {} }) => 'RoleName' in Properties || 'ManagedPolicyName' in Properties);
  return named ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM';
}

function checkCapabilities({ template, capabilities }: Target): void {
  const needed = neededCapability(template);
  const has = needed === undefined || capabilities.includes(needed) || capabilities.includes('CAPABILITY_NAMED_IAM');
  if (!has) throw new AwsError('InsufficientCapabilitiesException', `Requires capabilities : [${needed}]`);
}
