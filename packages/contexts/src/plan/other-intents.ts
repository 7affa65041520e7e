import { isDeepStrictEqual } from 'node:util';
import { ContextsError } from '../errors.js';
import { realOf } from '../files.js';
import { chooseForCurrent, listFor } from '../kubeconfig/choose.js';
import type { ContextRecord, WrittenPlace, WrittenStep } from './contexts-document.js';
import type { PlannedFile } from './edit.js';
import { listKubeconfigs, sheetOf, type Intent, type Settled, type Surroundings } from './intent.js';
import { takeBack, withoutContext, type TakenBack } from './take-back.js';
import { fulfil, mergePlaces } from './wish.js';

/** Takes back exactly what was written for a context, and forgets it. */
export function removeIntent(
  context: string,
  known: ContextRecord,
  options: { readonly kubeconfigs: readonly string[]; readonly overwrite: boolean },
): Intent {
  const profiles = known.written.filter(({ format }) => format === 'toml').map(({ file }) => file);
  const own = known.written.filter(({ format }) => format === 'kubeconfig').map(({ file }) => file);
  // Whether something is still in use is to be seen in all kubeconfigs in force.
  const others = options.kubeconfigs.filter((path) => !own.some((file) => realOf(file) === realOf(path)));
  const kubeconfigs = own.length === 0 ? [] : [...new Set(own), ...others];
  const files: PlannedFile[] = [
    ...[...new Set(profiles)].map((path) => ({ path, format: 'toml' as const })),
    ...kubeconfigs.map((path) => ({ path, format: 'kubeconfig' as const })),
  ];
  return {
    purpose: 'remove',
    context,
    files,
    settle(around) {
      const { data, sheets, problems } = around;
      const record = recordOf(around, context);
      const terms = { context, data, overwrite: options.overwrite };
      const notes: string[] = [];
      for (const place of record.written.toReversed()) {
        const problem = problems.get(place.file);
        if (problem !== undefined) throw problem;
        const outcome = takeBack(place, sheets, terms);
        if (outcome in REASONS) notes.push(`${nameOf(place)} in ${place.file} stays: ${REASONS[outcome]}.`);
      }
      return { data: withoutContext(data, context), notes };
    },
  };
}

const REASONS: Readonly<Partial<Record<TakenBack, string>>> = {
  shared: 'another context of ours needs it',
  'in use': 'a context that is not ours uses it',
};

/** Makes a context's profile and kubectl context the chosen ones. */
export function useIntent(context: string, known: ContextRecord, kubeconfigs: readonly string[]): Intent {
  const { prefect, kubernetes } = known;
  const kube = kubernetes?.kubeconfig === undefined ? [] : listFor(kubernetes.kubeconfig, kubeconfigs);
  const files: PlannedFile[] = kube.map((path) => ({ path, format: 'kubeconfig' }));
  if (prefect?.file !== undefined) files.push({ path: prefect.file, format: 'toml' });
  if (files.length === 0) {
    throw new ContextsError('HAWSER_CTX_BAD_INPUT', `Of the context ${context} it is not known which files it is in.`, {
      hint: `It was taken over from an older file: write it again with hawser ctx init ${context}.`,
    });
  }
  return { purpose: 'use', context, files, settle: (around) => settleUse(context, kube, around) };
}

function settleUse(context: string, kubeconfigs: readonly string[], around: Surroundings): Settled {
  const { data, now } = around;
  const record = recordOf(around, context);
  const { prefect, kubernetes } = record;
  const places: WrittenPlace[] = [];
  if (prefect?.file !== undefined) {
    choose({ path: prefect.file, format: 'toml' }, 'active', ['profiles', prefect.profile], prefect.profile);
  }
  if (kubernetes?.kubeconfig !== undefined) {
    sheetOf(kubernetes.kubeconfig, around);
    const path = chooseForCurrent(listKubeconfigs(kubeconfigs, around), kubernetes.kubeconfig);
    choose(
      { path, format: 'kubeconfig' },
      'current-context',
      ['contexts', { name: kubernetes.context }],
      kubernetes.context,
    );
  }
  const untouched = record.written.filter(
    (old) => !places.some(({ file, path }) => file === old.file && isDeepStrictEqual(path, old.path)),
  );
  const written = mergePlaces(record.written, [...untouched, ...places]);
  const next = isDeepStrictEqual(written, record.written) ? record : { ...record, written, updatedAt: now };
  return { data: { current: context, contexts: { ...data.contexts, [context]: next } }, notes: [] };

  function choose(file: PlannedFile, key: string, entry: readonly WrittenStep[], value: string): void {
    const isThere = around.sheets.some((sheet) => sheet.format === file.format && sheet.get(entry) !== undefined);
    if (!isThere) throw missing(context, file, value);
    const wish = { file, path: [key], value, what: key, isChoice: true };
    const place = fulfil(wish, sheetOf(file.path, around), { context, data, overwrite: false });
    if (place !== undefined) places.push(place);
  }
}

function recordOf({ data }: Surroundings, context: string): ContextRecord {
  const record = data.contexts[context];
  if (record === undefined) throw notFound(context);
  return record;
}

/** Says that there is no such context. */
export function notFound(context: string): ContextsError {
  return new ContextsError('HAWSER_CTX_NOT_FOUND', `There is no context '${context}'.`, { details: { context } });
}

function missing(context: string, file: PlannedFile, name: string): ContextsError {
  const what = file.format === 'toml' ? 'profile' : 'context';
  return new ContextsError('HAWSER_CTX_NOT_FOUND', `The ${what} ${name} is not in ${file.path} any more.`, {
    hint: `hawser ctx init ${context} writes it again.`,
    details: { context, file: file.path },
  });
}

function nameOf({ path }: WrittenPlace): string {
  return path.map((step) => (typeof step === 'string' ? step : step.name)).join('.');
}
