import type { HubBuild } from '../types.js';

/** Stages this Hub's Spaces pass; official clients know a few more. */
export type Stage =
  | 'NO_APP_FILE'
  | 'CONFIG_ERROR'
  | 'BUILDING'
  | 'BUILD_ERROR'
  | 'APP_STARTING'
  | 'RUNNING'
  | 'RUNNING_BUILDING'
  | 'RUNNING_APP_STARTING'
  | 'RUNTIME_ERROR'
  | 'PAUSED';

/** One line of a log, with the time it was written. */
export interface LogLine {
  readonly data: string;
  readonly timestamp: string;
}

/** A log that is replayed to whoever comes, and followed while it is open. */
export interface Log {
  readonly lines: readonly LogLine[];
  /** Nothing more comes. */
  readonly isClosed: boolean;
  /** Tells of every change until the answer is called. */
  watch(changed: () => void): () => void;
}

/** What runs a Space's application, as far as its stages tell. */
export interface Runtime {
  /** The answer to a reading, which lets time pass: stages follow one another by readings. */
  read(): Readonly<Record<string, unknown>>;
  /** The same without letting time pass. */
  peek(): Readonly<Record<string, unknown>>;
  readonly log: Readonly<Record<'build' | 'run', Log>>;
  /** A commit came, which this is the build of. */
  build(build: HubBuild): void;
  /** A commit came that cannot be built. */
  refuse(stage: 'NO_APP_FILE' | 'CONFIG_ERROR', message: string): void;
  /** Files only: there is nothing to build. */
  serveFiles(): void;
  /** Starts the application again; `factory` builds it again first. */
  restart(factory: boolean): void;
  /** As {@link Runtime.restart}, if something runs. */
  settingsChanged(): void;
  pause(): void;
  requestHardware(flavor: string): void;
  setSleepSeconds(seconds: number): void;
  setDevMode(enabled: boolean): void;
  setVolumes(volumes: readonly unknown[]): void;
}

/** Free hardware sleeps after 48 hours. */
const freeSleepSeconds = 172_800;

/** Makes the runtime of a Space without an application. */
export function createRuntime(host: string, sdk: () => string, nowMs: () => number): Runtime {
  let stages: { stage: Stage; readings: number }[] = [];
  let stage: Stage = 'NO_APP_FILE';
  let errorMessage: string | undefined;
  let pendingError: string | undefined;
  let last: HubBuild = {};
  let current: string | null = null;
  let requested = 'cpu-basic';
  let sleepSeconds: number | undefined = freeSleepSeconds;
  let devMode = false;
  let volumes: readonly unknown[] | undefined;
  const buildLog = createLog(nowMs);
  const runLog = createLog(nowMs);

  const isUp = (): boolean => stage.startsWith('RUNNING');
  const settle = (next: Stage): void => {
    stage = next;
    errorMessage = next === 'BUILD_ERROR' || next === 'RUNTIME_ERROR' ? pendingError : undefined;
    if (next === 'RUNNING') {
      current = requested;
      runLog.append(last.runLines ?? ['Application started.']);
    }
    if (next === 'RUNTIME_ERROR') {
      runLog.append(last.runLines ?? ['Application failed.']);
      runLog.close();
    }
  };
  /** Stages with no reading to wait for are passed at once. */
  const advance = (): void => {
    while (stages[0]?.readings === 0) {
      const [next] = stages.splice(0, 1);
      if (next) settle(next.stage);
    }
  };
  /** `readings` of a stage is how many readings of the stage before it come first. */
  const plan = (passed: readonly Stage[], stale: number, readings: number): void => {
    stages = passed.map((one, index) => ({ stage: one, readings: index === 0 ? stale : readings }));
    advance();
  };
  const view = (): Readonly<Record<string, unknown>> => ({
    stage,
    hardware: { current, requested },
    storage: null,
    gcTimeout: sleepSeconds ?? null,
    replicas: { requested: 1, ...(isUp() ? { current: 1 } : {}) },
    devMode,
    domains: [{ domain: host, stage: 'READY' }],
    sdk: sdk(),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    ...(volumes === undefined ? {} : { volumes }),
  });
  const start = (again: boolean): void => {
    runLog.clear();
    const ends = last.ends ?? 'running';
    const first: Stage[] = again ? [] : [isUp() ? 'RUNNING_BUILDING' : 'BUILDING'];
    const starting: Stage = isUp() && !again ? 'RUNNING_APP_STARTING' : 'APP_STARTING';
    const stale = stage === 'RUNNING' && !again ? (last.staleReadings ?? 1) : 0;
    pendingError =
      ends === 'build-error' ? 'Build failed with exit code: 1' : 'Exit code: 1. Reason: application failed.';
    const after: Readonly<Record<NonNullable<HubBuild['ends']>, readonly Stage[]>> = {
      running: [starting, 'RUNNING'],
      'runtime-error': [starting, 'RUNTIME_ERROR'],
      'build-error': again ? [starting, 'RUNNING'] : ['BUILD_ERROR'],
      never: [],
    };
    plan([...first, ...after[ends]], stale, last.readings ?? 1);
  };
  return {
    read: () => {
      const seen = view();
      if (stages[0]) stages[0].readings -= 1;
      advance();
      return seen;
    },
    peek: view,
    log: { build: buildLog, run: runLog },
    build: (build) => {
      last = build;
      buildLog.clear();
      buildLog.append(build.lines ?? ['Building image.', 'Pushing image.']);
      if (build.ends === 'build-error') buildLog.append(['Build failed.']);
      if (build.ends !== 'never') buildLog.close();
      start(false);
    },
    refuse: (next, message) => {
      stages = [];
      stage = next;
      errorMessage = message;
    },
    serveFiles: () => {
      stages = [];
      settle('RUNNING');
    },
    restart: (factory) => {
      if (stage !== 'NO_APP_FILE' && stage !== 'CONFIG_ERROR') start(!factory);
    },
    settingsChanged: () => {
      if (isUp()) start(true);
    },
    pause: () => {
      stages = [];
      settle('PAUSED');
      runLog.close();
    },
    requestHardware: (flavor) => {
      requested = flavor;
      sleepSeconds = flavor === 'cpu-basic' ? freeSleepSeconds : undefined;
      if (isUp()) start(true);
    },
    setSleepSeconds: (seconds) => {
      sleepSeconds = seconds < 0 ? undefined : seconds;
    },
    setDevMode: (enabled) => {
      devMode = enabled;
    },
    setVolumes: (next) => {
      volumes = next;
    },
  };
}

interface WritableLog extends Log {
  append(lines: readonly string[]): void;
  clear(): void;
  close(): void;
}

function createLog(nowMs: () => number): WritableLog {
  let lines: LogLine[] = [];
  let isClosed = false;
  const watchers = new Set<() => void>();
  const tell = (): void => {
    for (const watcher of watchers) watcher();
  };
  return {
    get lines() {
      return lines;
    },
    get isClosed() {
      return isClosed;
    },
    watch: (changed) => {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    append: (texts) => {
      const timestamp = new Date(nowMs()).toISOString();
      lines.push(...texts.map((text) => ({ data: `${text.replace(/\n$/u, '')}\n`, timestamp })));
      tell();
    },
    clear: () => {
      lines = [];
      isClosed = false;
      tell();
    },
    close: () => {
      isClosed = true;
      tell();
    },
  };
}
