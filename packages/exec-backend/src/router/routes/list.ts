import { repositoryName } from '@hawser/exec-client/contract';
import type { ExecutionPage, ExecutionRecord } from '@hawser/exec-client/contract';
import { recordOf } from '../../core/execution.js';
import type { ListEntry, ListPlace } from '../../core/records.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { invalid, json, numberField, textField } from '../http.js';
import type { Call, Endpoints, Service } from '../route.js';

/** What ran. */
export const listEndpoints: Endpoints<'list'> = { list };

const mostOnPage = 100;
/** Entries that one request looks at: a page may have fewer than were asked for, and a cursor to go on with. */
const mostLookedAt = 2000;

interface Filter {
  readonly status: string | undefined;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly repo: string | undefined;
  readonly since: string | undefined;
}

async function list({ service, query }: Call): Promise<Response> {
  const fields = Object.fromEntries(query);
  const limit = Math.floor(numberField(fields, 'limit', 1, mostOnPage) ?? 20);
  const filter: Filter = {
    status: textField(fields, 'status', 32),
    labels: query.getAll('label').map(labelOf),
    repo: fields['repo'] === undefined ? undefined : repositoryName(fields['repo']),
    since: sinceOf(fields['since']),
  };
  return json(await pageOf(service, filter, limit, placeOf(fields['cursor'])));
}

/** Walks back through the months, a stretch at a time, until the page is full. */
async function pageOf(
  service: Service,
  filter: Filter,
  limit: number,
  from: ListPlace | undefined,
): Promise<ExecutionPage> {
  const executions: ExecutionRecord[] = [];
  let looked = 0;
  let place = from;
  for (;;) {
    const { entries, next } = await service.records.listBack(place, mostOnPage);
    const wanted = entries.filter(({ entry, at }) => at >= (filter.since ?? '') && fits(entry, filter));
    const records = await Promise.all(wanted.map(({ entry, at }) => recordFor(service, entry, at)));
    for (const [index, record] of records.entries()) {
      if (!record || !hasStatus(record, filter.status)) continue;
      executions.push(record);
      const here = wanted[index]?.place;
      if (executions.length === limit && here) return cut(executions, here, { last: entries.at(-1)?.place, next });
    }
    looked += entries.length;
    const tooOld = entries.some(({ at }) => at < (filter.since ?? ''));
    if (!next || tooOld) return { executions };
    if (looked >= mostLookedAt) return { executions, cursor: encodeCursor(next) };
    place = next;
  }
}

/** A full page; the last of all has no cursor. */
function cut(
  executions: readonly ExecutionRecord[],
  here: ListPlace,
  stretch: { readonly last: ListPlace | undefined; readonly next: ListPlace | undefined },
): ExecutionPage {
  const isLast = stretch.next === undefined && stretch.last?.after === here.after;
  return isLast ? { executions } : { executions, cursor: encodeCursor(here) };
}

async function recordFor(service: Service, { id }: ListEntry, at: string): Promise<ExecutionRecord | undefined> {
  const held = await service.records.load(id);
  // An entry without its execution is what a crash left; so is one of another time than the execution's.
  if (!held || held.execution.times.created_at !== at) return undefined;
  return recordOf(held.execution, held.version);
}

function fits({ repo, labels }: ListEntry, filter: Filter): boolean {
  if (filter.repo !== undefined && (repo === undefined || repositoryName(repo) !== filter.repo)) return false;
  return filter.labels.every(([name, value]) => labels?.[name] === value);
}

function hasStatus(record: ExecutionRecord, status: string | undefined): boolean {
  return status === undefined || record.status === status || record.phase === status;
}

function labelOf(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw invalid('label', 'must be name=value');
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function sinceOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) throw invalid('since', 'must be a time as in 2030-12-31T00:00:00Z');
  return new Date(atMs).toISOString();
}

function placeOf(cursor: string | undefined): ListPlace | undefined {
  const value = decodeCursor(cursor);
  if (!value) return undefined;
  const month = textField(value, 'month', 7);
  if (month === undefined || !/^\d{4}-\d{2}$/.test(month)) throw invalid('cursor', 'is none that was given out here');
  const after = textField(value, 'after', 128);
  return { month, ...(after !== undefined && { after }) };
}
