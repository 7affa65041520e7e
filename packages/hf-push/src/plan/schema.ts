import { HfPushError } from '../errors.js';
import { checkSchema } from '../schema/check.js';
import { planDigest } from './digest.js';
import type { Plan } from './types.js';

const hex = (digits: number): object => ({ type: 'string', pattern: `^[0-9a-f]{${digits}}$` });
const digest = { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' };
const text = { type: 'string' };
const texts = { type: 'array', items: text };
const values = { type: 'object', additionalProperties: text };
const closed = (required: readonly string[], properties: object): object => ({
  type: 'object',
  required,
  additionalProperties: false,
  properties,
});

/** JSON Schema (draft 2020-12) of a plan. */
export const planSchema: Readonly<Record<string, unknown>> = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Plan of a push to a Space',
  ...closed(
    ['kind', 'version', 'digest', 'contents', 'space', 'environment', 'staging', 'files', 'settings', 'findings'],
    {
      kind: { const: 'hawser-hf-plan' },
      version: { const: 1 },
      digest,
      contents: digest,
      endpoint: { type: 'string', pattern: '^https?://' },
      space: { type: 'string', pattern: '^([^/]+/)?[^/]+$' },
      environment: closed(['name', 'layout', 'appPort'], {
        name: text,
        layout: { enum: ['repository', 'flat'] },
        appPort: { type: 'integer' },
      }),
      staging: closed(['from', 'environment', 'spaceName'], {
        from: text,
        environment: text,
        spaceName: text,
        remoteReadme: text,
        baseImage: text,
        webInterface: { type: 'boolean' },
        exclude: texts,
        allowSecrets: { type: 'boolean' },
        fixReadme: { type: 'boolean' },
      }),
      files: {
        type: 'array',
        items: closed(['path', 'oid', 'size'], {
          path: { type: 'string', minLength: 1 },
          oid: hex(40),
          size: { type: 'integer', minimum: 0 },
          action: { enum: ['add', 'update', 'same', 'ignored'] },
          sha256: hex(64),
        }),
      },
      settings: closed(['variables', 'secrets'], {
        private: { type: 'boolean' },
        hardware: text,
        sleepTimeSeconds: { type: 'integer' },
        variables: values,
        secrets: texts,
      }),
      change: closed(['exists', 'deletes', 'keeps', 'settings'], {
        exists: { type: 'boolean' },
        parent: hex(40),
        parentTree: hex(40),
        treeId: hex(40),
        deletes: texts,
        keeps: texts,
        settings: {
          type: 'array',
          items: {
            oneOf: [
              closed(['kind', 'to'], { kind: { const: 'visibility' }, to: { enum: ['public', 'private'] } }),
              closed(['kind', 'to'], { kind: { const: 'hardware' }, from: text, to: text }),
              closed(['kind', 'key', 'to'], { kind: { const: 'variable' }, key: text, to: text }),
              closed(['kind', 'key'], { kind: { const: 'secret' }, key: text }),
            ],
          },
        },
      }),
      findings: {
        type: 'array',
        items: closed(['rule', 'severity', 'message'], {
          rule: text,
          severity: { enum: ['error', 'warning', 'note'] },
          message: text,
          hint: text,
          path: text,
          line: { type: 'integer' },
        }),
      },
    },
  ),
};

/**
 * Reads a plan that was kept: the right shape, and not a letter changed since it was made.
 *
 * @throws HfPushError HAWSER_HF_PLAN_INVALID.
 */
export async function parsePlan(document: unknown): Promise<Plan> {
  const [complaint] = await checkSchema('plan', document);
  if (complaint)
    throw invalid(`it is no plan of a push: ${complaint.path.join('.') || 'the document'} ${complaint.message}`);
  const plan = document as Plan;
  if (planDigest(plan) !== plan.digest) throw invalid('it was changed after it was made: its digest does not fit');
  return plan;
}

function invalid(why: string): HfPushError {
  return new HfPushError('HAWSER_HF_PLAN_INVALID', `The plan cannot be used: ${why}`);
}
