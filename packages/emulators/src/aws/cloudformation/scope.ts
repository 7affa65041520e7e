import { holds, type Scope } from './intrinsics.js';
import type { Made } from './kind.js';
import { parametersInScope } from './parameters.js';
import type { Stack } from './stack.js';
import type { EngineSetup, Target } from './target.js';
import { invalid, referencesOf } from './template.js';

/** Values for functions of a template, with what the stack has by now. */
export function scopeOf(setup: EngineSetup, stack: Stack, target: Pick<Target, 'template' | 'parameters'>): Scope {
  const { region, accountId } = setup.world;
  const existing = (id: string): Made => {
    const found = stack.resources.get(id);
    if (!found) throw invalid(`Template error: ${id} is not there: its condition does not hold, or it comes later.`);
    return found.made;
  };
  return {
    template: target.template,
    parameters: parametersInScope(target.template, target.parameters),
    pseudo: {
      'AWS::Region': region,
      'AWS::AccountId': accountId,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stack.name,
      'AWS::StackId': stack.id,
      'AWS::NotificationARNs': [],
    },
    ref: (id) => existing(id).ref ?? existing(id).id,
    attribute: (id, name) => {
      const value = existing(id).attributes[name];
      if (value === undefined) {
        const type = target.template.Resources[id]?.Type;
        throw invalid(
          `Template error: resource ${id} of ${type} does not support attribute type ${name} in Fn::GetAtt`,
        );
      }
      return value;
    },
  };
}

/** Resources that the template asks for, what they depend on first. @throws AwsError for a circle */
export function orderOf(scope: Scope): readonly string[] {
  const { Resources } = scope.template;
  const wanted = Object.keys(Resources).filter((id) => {
    const { Condition } = Resources[id]!;
    return Condition === undefined || holds(Condition, scope);
  });
  const order: string[] = [];
  const path = new Set<string>();
  const visit = (id: string): void => {
    if (order.includes(id) || !wanted.includes(id)) return;
    if (path.has(id)) throw invalid(`Circular dependency between resources: [${[...path].join(', ')}]`);
    path.add(id);
    const { Properties, DependsOn } = Resources[id]!;
    for (const other of [...[DependsOn ?? []].flat(), ...referencesOf(Properties)]) visit(other);
    path.delete(id);
    order.push(id);
  };
  for (const id of wanted) visit(id);
  return order;
}
