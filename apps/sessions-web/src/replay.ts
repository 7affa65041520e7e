import { createCastReader, eventsBy, type CastReader } from './cast.js';
import { part, say } from './element.js';
import { clockOf } from './words.js';

/** A terminal that a recording is played on. */
export interface Stage {
  /** Empties it, at a size. */
  begin(cols: number, rows: number): void;
  write(text: string): void;
  resize(cols: number, rows: number): void;
}

/** Plays the session's log through time. */
export interface Replay {
  readonly shown: boolean;
  /** The moment that is shown, in milliseconds from the start. */
  readonly atMs: number;
  /** Shows a moment; the newest when null. */
  open(atMs: number | null): Promise<void>;
  close(): void;
}

const speeds = [1, 2, 4, 8, 0.5];
/** A pause in the recording is played no longer than this. */
const longestPauseMs = 2000;
const stepMs = 5000;

/** Wires the timeline. `fetchCast` answers the recording so far; `stage` is made when it is first needed. */
export function openReplay({
  fetchCast,
  stage,
  onToggle,
  onLink,
}: {
  readonly fetchCast: (signal: AbortSignal) => Promise<Response>;
  readonly stage: () => Stage;
  readonly onToggle: (shown: boolean) => void;
  readonly onLink: (atMs: number) => void;
}): Replay {
  const root = part('timeline');
  const slider = part('replay-at', HTMLInputElement);
  const play = part('replay-play', HTMLButtonElement);
  let reader: CastReader = createCastReader();
  let loading: AbortController | null = null;
  let isLoading = false;
  /** The moment that is gone to; null for the newest. */
  let dueMs: number | null = null;
  let atMs = 0;
  let done = 0;
  let begun = false;
  let playing = false;
  let speed = 0;
  let frame = 0;
  let lastMs = 0;

  const label = (): void => {
    slider.max = String(Math.ceil(reader.lengthMs));
    slider.value = String(Math.round(atMs));
    slider.setAttribute('aria-valuetext', `${clockOf(atMs)} of ${clockOf(reader.lengthMs)}`);
    say(part('replay-clock'), `${clockOf(atMs)} / ${clockOf(reader.lengthMs)}`);
    play.dataset['playing'] = String(playing);
    play.setAttribute('aria-label', playing ? 'Pause' : 'Play');
  };

  /** Brings the stage to a moment: onwards from what it shows, or anew. */
  const show = (toMs: number): void => {
    atMs = Math.min(Math.max(0, toMs), reader.lengthMs);
    if (dueMs !== null && !isLoading) dueMs = atMs;
    const wanted = eventsBy(reader.events, atMs);
    if (wanted < done || !begun) {
      begun = reader.header !== null;
      done = 0;
      stage().begin(reader.header?.cols ?? 80, reader.header?.rows ?? 24);
    }
    let text = '';
    for (; done < wanted; done += 1) {
      const event = reader.events[done];
      if (event?.type === 'output') text += event.text;
      else if (event) {
        if (text !== '') stage().write(text);
        text = '';
        stage().resize(event.cols, event.rows);
      }
    }
    if (text !== '') stage().write(text);
    label();
  };

  const tick = (nowMs: number): void => {
    if (!playing) return;
    let passed = (nowMs - lastMs) * (speeds[speed] ?? 1);
    lastMs = nowMs;
    const next = reader.events[done];
    // A long pause is cut short: what is left of it beyond the limit goes by at once.
    if (next && next.atMs - atMs > longestPauseMs) passed += next.atMs - atMs - longestPauseMs;
    show(atMs + passed);
    if (atMs >= reader.lengthMs) setPlaying(false);
    else frame = requestAnimationFrame(tick);
  };
  const setPlaying = (value: boolean): void => {
    playing = value;
    cancelAnimationFrame(frame);
    if (playing) {
      if (atMs >= reader.lengthMs) show(0);
      lastMs = performance.now();
      frame = requestAnimationFrame(tick);
    }
    label();
  };

  /** Goes to a moment, as soon as the recording reaches so far. */
  const seek = (toMs: number | null): void => {
    dueMs = toMs;
    if (toMs !== null && (toMs <= reader.lengthMs || !isLoading)) show(toMs);
    else label();
  };

  const load = async (): Promise<void> => {
    loading?.abort();
    const mine = (loading = new AbortController());
    reader = createCastReader();
    begun = false;
    done = 0;
    isLoading = true;
    const body = (await fetchCast(mine.signal)).body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await body?.read(); piece && !piece.done; piece = await body?.read()) {
      const before = reader.lengthMs;
      reader.push(piece.value);
      if (dueMs !== null && before < dueMs) seek(dueMs);
      else label();
    }
    if (mine.signal.aborted) return;
    isLoading = false;
    if (dueMs === null || dueMs > atMs || !begun) show(dueMs ?? reader.lengthMs);
  };

  const close = (): void => {
    loading?.abort();
    setPlaying(false);
    root.hidden = true;
    onToggle(false);
  };

  slider.addEventListener('input', () => {
    const chosen = Number(slider.value);
    setPlaying(false);
    seek(chosen);
  });
  play.addEventListener('click', () => setPlaying(!playing));
  part('replay-speed').addEventListener('click', () => {
    speed = (speed + 1) % speeds.length;
    say(part('replay-speed'), `${speeds[speed]}×`);
  });
  part('replay-close').addEventListener('click', close);
  part('replay-link').addEventListener('click', () => onLink(atMs));
  root.addEventListener('keydown', (event) => {
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -stepMs,
      ArrowRight: stepMs,
      PageDown: -60_000,
      PageUp: 60_000,
    };
    const step = steps[event.key];
    if (event.key === 'Escape') close();
    else if (event.key === ' ' && event.target === slider) setPlaying(!playing);
    else if (step !== undefined) {
      setPlaying(false);
      seek((dueMs ?? atMs) + step);
    } else return;
    event.preventDefault();
  });

  return {
    get shown() {
      return !root.hidden;
    },
    get atMs() {
      return atMs;
    },
    async open(wantedMs) {
      const opened = root.hidden;
      root.hidden = false;
      if (opened) onToggle(true);
      slider.focus();
      dueMs = wantedMs;
      await load().catch((error: unknown) => {
        if (!(error instanceof DOMException && error.name === 'AbortError'))
          say(part('replay-clock'), 'Could not be fetched');
      });
    },
    close,
  };
}
