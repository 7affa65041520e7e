import { describe, expect, test } from '@jest/globals';
import { isEnd } from '@hawser/exec-client/contract';
import { dice, givenSeed } from '../../../../test/support/dice.js';
import { Vitals, recordLongRun } from '../../../../test/support/long-run.js';
import { scale } from '../../../../test/support/scale.js';
import type { Backend } from '../../src/index.js';
import { processesOf } from '../../src/local/processes.js';
import { openService } from '../support/local-service.js';
import { World, type Fate } from '../support/world.js';

/** Executions that share a service and its locks. */
const perService = 50;
const locks = ['state', 'network', 'release'] as const;

interface Fared {
  readonly succeeded: number;
  readonly died: number;
}

/** One service with its share of executions: processes of it die at any call, tasks tell late, twice or never. */
async function serve(seed: number): Promise<Fared> {
  const roll = dice(seed);
  const world = new World(seed);
  let died = 0;
  const fate: Fate = () => {
    const number = roll();
    if (number >= 0.02) return number < 0.3 ? 'wait' : 'live';
    died += 1;
    return number < 0.01 ? 'die before' : 'die after';
  };
  const quietly = async (work: (backend: Backend) => Promise<unknown>): Promise<void> => {
    await work(world.open(fate)).catch(() => undefined);
  };
  const ids = Array.from({ length: perService }, (_, index) => `exec_20260101000000_long${letters(index)}`);
  for (const [index, id] of ids.entries()) {
    // Every fourth needs no lock.
    const lock = index % 4 === 3 ? {} : { lock: locks[index % 4] ?? 'state' };
    const request = { execution_id: id, no_repo: true, command: 'true', timeout_seconds: 20_000, ...lock };
    while ((await world.start(world.open(fate), request)) === undefined);
  }
  for (let round = 0; round < perService * 12; round += 1) {
    const tasks = [...world.tasks.values()].filter(({ state }) => state !== 'stopped');
    const task = tasks[Math.floor(roll() * tasks.length)];
    if (task) await quietly((backend) => world.step(task, backend.job, { tells: roll() > 0.25 }));
    const id = ids[Math.floor(roll() * perService)] ?? '';
    if (roll() < 0.2) await quietly((backend) => backend.taskChanged({ executionId: id }));
    if (roll() < 0.05) await quietly((backend) => world.send(backend, 'POST', `/executions/${id}/cancel`, {}));
    if (roll() < 0.1) {
      world.clock.move(Math.floor(roll() * 20_000));
      await quietly((backend) => backend.sweep());
    }
  }
  await world.settle();

  const phases = await Promise.all(ids.map(async (id) => (await world.record(id)).phase));
  expect({
    seed,
    wrongs: world.wrongs,
    twice: [...world.began.values()].filter((times) => times > 1),
    held: await world.locks(),
    open: phases.filter((phase) => !isEnd(phase)),
  }).toEqual({ seed, wrongs: [], twice: [], held: [], open: [] });
  for (const fences of world.fences.values()) expect(fences).toEqual(fences.toSorted((a, b) => a - b));
  return { succeeded: phases.filter((phase) => phase === 'succeeded').length, died };
}

function letters(index: number): string {
  return index
    .toString()
    .padStart(6, '0')
    .replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '');
}

describe('a service for long', () => {
  test('executions by the thousand go through queue and locks, whatever dies, beside real ones; memory stays flat', async () => {
    const startedMs = performance.now();
    const services = scale(4, 200);
    const real = scale(4, 500);
    const vitals = new Vitals();
    const beside = runForReal(real);
    const sums = { succeeded: 0, died: 0 };
    for (let service = 0; service < services; service += 1) {
      const { succeeded, died } = await serve(givenSeed * 100_003 + service);
      sums.succeeded += succeeded;
      sums.died += died;
      if (service % Math.ceil(services / 30) === 0) vitals.sample();
    }
    const { killed } = await beside;
    const executions = services * perService;
    expect(sums.succeeded).toBeGreaterThan(executions / 2);
    expect(sums.died).toBeGreaterThan(0);
    const { figures, grown } = vitals.growth;
    expect(grown).toEqual([]);
    recordLongRun('exec', `${executions} executions, ${real} of them beside as processes`, startedMs, {
      executions,
      succeeded: sums.succeeded,
      'processes of the service that died': sums.died,
      'real executions': real,
      'real ones killed': killed,
      ...figures,
    });
  });
});

/** Real executions of this machine, a few at a time; some wait for one lock, of some the supervisor is killed. */
async function runForReal(count: number): Promise<{ readonly killed: number }> {
  await using service = await openService();
  let next = 0;
  let killed = 0;
  const one = async (number: number): Promise<void> => {
    const code = number % 5;
    const lock = number % 3 === 0 ? { lock: 'one' } : {};
    const isVictim = number % 20 === 19;
    const command = isVictim ? 'echo begun; sleep 1000' : `echo run ${number}; exit ${code}`;
    const { execution_id: id } = await service.start({
      no_repo: true,
      isolation: 'process',
      command,
      retries: 0,
      ...lock,
    });
    if (isVictim) {
      await service.until(id, (text) => text.includes('begun'));
      for (const pid of processesOf(id)) process.kill(pid, 'SIGKILL');
      killed += 1;
    }
    const { record, text } = await service.finish(id);
    if (isVictim) expect({ number, phase: record.phase, text }).toMatchObject({ number, text: 'begun\n' });
    else expect({ number, code: record.exit_code, text }).toEqual({ number, code, text: `run ${number}\n` });
    expect(isEnd(record.phase)).toBe(true);
    expect(processesOf(id)).toEqual([]);
  };
  const worker = async (): Promise<void> => {
    for (let number = next++; number < count; number = next++) await one(number);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return { killed };
}
