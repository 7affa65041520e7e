import { createHash } from 'node:crypto';
import type { Bus } from '../../events/bus.js';
import { makeRule } from '../../events/service.js';
import type { Policy, Roles, Statement } from '../../iam/roles.js';
import type { CodePackage, Functions } from '../../lambda/functions.js';
import type { World } from '../../world.js';
import type { Kind, Made, Order, Properties } from '../kind.js';
import { textOf } from '../../text.js';

/** Roles, functions with their permissions and addresses, and rules. */
export function computeKinds(setup: {
  readonly world: World;
  readonly roles: Roles;
  readonly functions: Functions;
  readonly bus: Bus;
}): Readonly<Record<string, Kind>> {
  return {
    ...roleKinds(setup.roles),
    ...functionKinds(setup.world, setup.functions),
    ...ruleKinds(setup.world, setup.bus),
  };
}

function roleKinds(roles: Roles): Readonly<Record<string, Kind>> {
  const fill = (order: Order, name: string): Made => {
    const role = roles.all.get(name)!;
    role.policies = ((order.properties['Policies'] as readonly Properties[] | undefined) ?? []).map(policyOf);
    role.managed = ((order.properties['ManagedPolicyArns'] as readonly unknown[] | undefined) ?? [])
      .map(String)
      .filter(Boolean);
    return { id: name, attributes: { Arn: role.arn, RoleId: role.id } };
  };
  return {
    'AWS::IAM::Role': {
      replaces: ['RoleName'],
      create: (order) => {
        const name = textOf(order.properties['RoleName'] ?? order.name().slice(0, 64));
        roles.create(name, order.properties['AssumeRolePolicyDocument'], (digits) => order.hex(digits));
        return fill(order, name);
      },
      update: (order, made) => fill(order, made.id),
      remove: ({ id }) => void roles.all.delete(id),
    },
  };
}

function policyOf(input: Properties): Policy {
  const document = input['PolicyDocument'] as unknown as { readonly Statement: readonly Statement[] | Statement };
  return { name: textOf(input['PolicyName']), statements: [document.Statement].flat() as readonly Statement[] };
}

function functionKinds(world: World, functions: Functions): Readonly<Record<string, Kind>> {
  return {
    'AWS::Lambda::Function': {
      replaces: ['FunctionName'],
      create: async (order) => {
        const name = textOf(order.properties['FunctionName'] ?? order.name().slice(0, 64));
        const made = await functions.create(name, order.properties, inlineCode(order.properties));
        return { id: name, attributes: { Arn: made.arn } };
      },
      update: async (order, made) => {
        const one = functions.changeSettings(made.id, order.properties);
        one.updatingUntilMs = 0;
        const logging = order.properties['LoggingConfig'] as { readonly LogGroup?: string } | undefined;
        if (logging?.LogGroup !== undefined) one.logGroup = logging.LogGroup;
        return made;
      },
      remove: async ({ id }) => {
        if (functions.all.has(id)) await functions.remove(id);
      },
    },
    'AWS::Lambda::Permission': {
      replaces: [],
      create: (order) => {
        const { properties } = order;
        const id = order.name();
        functions.find(textOf(properties['FunctionName'])).permissions.set(id, {
          action: textOf(properties['Action']),
          principal: textOf(properties['Principal']),
          sourceArn: properties['SourceArn'] === undefined ? undefined : textOf(properties['SourceArn']),
          urlAuthType:
            properties['FunctionUrlAuthType'] === undefined ? undefined : textOf(properties['FunctionUrlAuthType']),
          viaUrl: properties['InvokedViaFunctionUrl'] === true || properties['InvokedViaFunctionUrl'] === 'true',
        });
        return { id, attributes: { Id: id } };
      },
      remove: ({ id }, properties) => {
        functions.all.get(nameOf(properties['FunctionName']))?.permissions.delete(id);
      },
    },
    'AWS::Lambda::Url': {
      replaces: ['TargetFunctionArn'],
      create: (order) => {
        const one = functions.find(textOf(order.properties['TargetFunctionArn']));
        one.url = {
          id: order.hex(32),
          authType: order.properties['AuthType'] === 'AWS_IAM' ? 'AWS_IAM' : 'NONE',
          createdMs: world.nowMs(),
        };
        const FunctionUrl = `https://${one.url.id}.lambda-url.${world.region}.on.aws/`;
        return { id: one.arn, attributes: { FunctionUrl, FunctionArn: one.arn } };
      },
      update: (order, made) => {
        const one = functions.find(made.id);
        one.url = { ...one.url!, authType: order.properties['AuthType'] === 'AWS_IAM' ? 'AWS_IAM' : 'NONE' };
        return made;
      },
      remove: ({ id }) => {
        const one = functions.all.get(nameOf(id));
        if (one !== undefined) one.url = undefined;
      },
    },
  };
}

function ruleKinds(world: World, bus: Bus): Readonly<Record<string, Kind>> {
  const put = (order: Order, name: string): Made => {
    const rule = makeRule(world, name, order.properties);
    bus.rules.set(name, rule);
    return { id: name, attributes: { Arn: rule.arn } };
  };
  return {
    'AWS::Events::Rule': {
      replaces: ['Name'],
      create: (order) => put(order, textOf(order.properties['Name'] ?? order.name())),
      update: (order, made) => put(order, made.id),
      remove: ({ id }) => void bus.rules.delete(id),
    },
  };
}

function nameOf(arn: unknown): string {
  return String(arn).replace(/^arn:.*:function:/u, '');
}

/** Inline code is a CommonJS `index.js`. @see AWS::Lambda::Function Code, `ZipFile` */
function inlineCode(properties: Properties): CodePackage {
  const code = properties['Code'] as { readonly ZipFile?: string } | undefined;
  if (code?.ZipFile === undefined) throw new Error('The emulator takes code of functions inline (ZipFile) only.');
  const bytes = Buffer.from(code.ZipFile);
  return { files: { 'index.js': bytes }, sha256: createHash('sha256').update(bytes).digest('base64') };
}
