import { attach, type Lease, type View, type ViewEnd, type ViewState } from '@hawser/k8s-sessions/client';
import type { TerminalSize } from '@hawser/k8s-sessions/protocol';
import { openAppearance, type Appearance } from './appearance.js';
import { closingOf, showClosed } from './closed.js';
import { askForClipboard, copyText } from './clipboard.js';
import { part, say } from './element.js';
import { enter } from './enter.js';
import { openService, plainAddress, readEntry } from './entry.js';
import { openKeys } from './keys.js';
import { openNotice } from './notice.js';
import { openPast } from './past.js';
import { openReplay } from './replay.js';
import { openReplayStage } from './replay-stage.js';
import { openScreen, type Screen } from './screen.js';
import { findLines, openSearch } from './search.js';
import { openShare } from './share.js';
import { pageAction } from './shortcuts.js';
import { openStarting } from './starting.js';
import { openStatus } from './status.js';
import { counted, stateText } from './words.js';

/** Output that may wait for the terminal before the rest is held back. */
const mostWaitingBytes = 262_144;
/** How far beyond the top of what is kept here somebody pulls before the older lines open. */
const pullToOpen = 240;

/** Opens the page: exchanges the ticket of its address, attaches, and wires everything to the view. */
export async function openPage(): Promise<void> {
  const entry = readEntry(location);
  const status = openStatus((action) => typingOn(() => view?.lease(action))());
  const close = (why: string, message: string): void => {
    status.close('Closed');
    showClosed(closingOf(why, message));
  };
  const service = openService(entry.session);
  const notice = openNotice();
  const starting = openStarting();

  let view: View | undefined;
  let state: ViewState | undefined;
  let lease: Lease | null = null;
  let title = '';
  let size: TerminalSize = { cols: 80, rows: 24 };
  let waiting = 0;
  let hasOutput = false;
  let newlines = 0;
  let momentMs = entry.atMs;
  /** Offset behind the last byte that the terminal was given, and the size that what follows was written for. */
  let end = -1;
  let dueSize: TerminalSize | undefined;
  /** Whether there is something of the log that this terminal never was given. */
  let beginsLate = false;
  let appearance: Appearance | undefined;

  const screen: Screen = openScreen(part('screen'), {
    onInput: type,
    onFit(fit) {
      size = fit;
      view?.resize(fit);
    },
    onTitle(text) {
      title = text;
      show();
    },
    onClipboard: (text) => askForClipboard(text),
    onKey: pageKey,
    onTop(atTop, pulled) {
      const more = beginsLate || totalLines() > screen.terminal.buffer.normal.length + 1;
      part('earlier').hidden = !atTop || !more || past.shown;
      if (more && pulled > pullToOpen && !past.shown) void openEarlier();
    },
  });
  const replayStage = openReplayStage(pageKey);
  const keys = openKeys({
    send: type,
    applicationArrows: () => screen.terminal.modes.applicationCursorKeysMode,
  });
  const past = openPast({
    fetchLines: async (from, to) => (await standingView()).history(from, to),
    total: totalLines,
    onToggle: toggled('open-past'),
  });
  const search = openSearch({
    find: async (text, signal) => findLines(await service.get(`/search?q=${encodeURIComponent(text)}`, signal)),
    onChoose: (line, found) => past.open({ line, found }),
    onToggle: toggled('open-search'),
  });
  const replay = openReplay({
    fetchCast: (signal) => service.get('/log?format=cast', signal),
    stage: replayStage.take,
    onToggle(shown) {
      replayStage.show(shown);
      show();
      toggled('open-replay')(shown);
    },
    onLink(atMs) {
      copyText(new URL(plainAddress(entry, atMs), location.href).href);
      notice.tell('Link to this moment copied. It opens for those who have a way in.');
    },
  });
  const share = openShare(service);
  const settings = openAppearance(service, entry.session, {
    onChange(changed) {
      appearance = changed;
      screen.look(changed);
      replayStage.look(changed);
      past.look(changed.theme, changed.fontSize);
      show();
    },
    onSignal: (name) => view?.signal(name),
  });
  part('open-search').addEventListener('click', () => (search.shown ? search.close() : search.open()));
  part('open-past').addEventListener('click', togglePast);
  part('open-replay').addEventListener('click', () => (replay.shown ? replay.close() : void replay.open(null)));
  part('ended-replay').addEventListener('click', () => void replay.open(0));
  part('open-share').addEventListener('click', () => share.show(replay.shown ? replay.atMs : null));
  part('open-more').addEventListener('click', () => settings.show());
  part('earlier').addEventListener('click', () => void openEarlier());
  part('ended-log', HTMLAnchorElement).href = service.address('/log?format=text');
  part('ended-log', HTMLAnchorElement).download = `${entry.session}.txt`;
  document.addEventListener('visibilitychange', () => {
    view?.resize(size, !document.hidden);
    if (!document.hidden) view?.retry();
  });
  addEventListener('online', () => view?.retry());
  addEventListener('keydown', (event) => {
    if (!event.defaultPrevented && pageKey(event)) event.preventDefault();
  });
  followKeyboard();

  const refused = await enter(entry, () => notice.tell('The service cannot check this link right now. Trying again…'));
  await open();
  screen.terminal.focus();

  /** Attaches; again where a finished view is asked for more. */
  async function open(): Promise<View> {
    const opened = await attach({
      url: location.origin,
      session: entry.session,
      size,
      visible: !document.hidden,
      since: view?.place,
      endsWithCommand: false,
      onSnapshot(data, { offset, size: shown }) {
        const keep = offset === end;
        beginsLate ||= !keep && offset > 0;
        end = offset;
        dueSize = undefined;
        return new Promise<void>((done) => screen.replace({ size: shown, data, keep }, done));
      },
      onOutput,
      onReady() {
        takeSize();
        screen.answer(lease?.mine ?? false);
        if (momentMs !== null) void replay.open(momentMs);
        momentMs = null;
      },
      onState(next) {
        // A new screen mostly comes with a new size, and takes it along.
        if (next.size !== state?.size) dueSize = next.size;
        state = next;
        show();
      },
      onLease(next) {
        lease = next;
        screen.answer(next.mine && state?.link === 'ready');
        screen.lead(next.mine);
        show();
      },
      onNote: ({ text }) => notice.tell(text),
    });
    view = opened;
    void opened.ended.then(over);
    return opened;
  }

  function over(ended: ViewEnd): void {
    notice.back();
    if (ended.reason === 'exited' || ended.reason === 'closed') return;
    if (ended.reason === 'revoked' && refused && state?.session === undefined) close(refused.code, refused.message);
    else close(ended.reason, ended.message);
  }

  async function standingView(): Promise<View> {
    return view && view.state.link !== 'ended' ? view : open();
  }

  function takeSize(): void {
    if (dueSize) screen.resize(dueSize);
    dueSize = undefined;
  }

  function onOutput(data: Uint8Array, offset: number): void | Promise<void> {
    takeSize();
    hasOutput = true;
    end = offset + data.length;
    for (const byte of data) if (byte === 10) newlines += 1;
    waiting += data.length;
    if (waiting < mostWaitingBytes) return screen.write(data, () => (waiting -= data.length));
    return new Promise<void>((done) =>
      screen.write(data, () => {
        waiting -= data.length;
        done();
      }),
    );
  }

  function show(): void {
    if (state === undefined || state.link === 'ended') return;
    const { link, session, exit = null, role = 'view' } = state;
    if (link === 'ready') notice.back();
    else if (link === 'waiting') notice.lost(typingOn(() => view?.retry()));
    if (link !== 'ready') screen.answer(false);
    if (session === undefined) return;
    const mine = lease?.mine ?? false;
    const mode = exit !== null || role === 'view' ? 'rest' : mine || lease?.holder === null ? 'type' : 'ask';
    screen.accept(mode);
    status.show({
      state: session,
      exit,
      command: state.command ?? '',
      startedAt: state.startedAt,
      role,
      lease,
      title,
    });
    starting.update(session, state.detail, hasOutput || state.head > 0 || exit !== null);
    keys.show((appearance?.keys ?? false) && mode !== 'rest' && !replay.shown);
    part('tools').hidden = false;
    part('open-share').hidden = role !== 'control';
    part('set-signals').hidden = role !== 'control' || exit !== null;
    part('ended').hidden = exit === null || replay.shown;
    say(part('replay-close'), exit ? 'Close' : 'Live');
    if (exit) say(part('ended-text'), `${stateText(session, exit)}. ${exit.message ?? counted(totalLines(), 'line')}`);
  }

  function type(data: string | Uint8Array): void {
    if (view === undefined || state === undefined || replay.shown) return;
    // Reports of the mouse and of the focus are nobody's typing.
    // oxlint-disable-next-line no-control-regex -- that is how they begin
    const isReport = typeof data !== 'string' || /^\u001B\[(?:[IOM<])/.test(data);
    if (lease?.mine !== true) {
      if (isReport) return;
      if (lease && lease.holder !== null)
        return notice.tell('Somebody else is typing.', {
          label: 'Take over',
          run: typingOn(() => view?.lease('take')),
        });
      view.lease('take');
    }
    if (!view.type(typeof data === 'string' ? keys.modified(data) : data))
      notice.tell('That could not be taken: too much is waiting to be sent.');
  }

  function pageKey(event: KeyboardEvent): boolean {
    const action = pageAction(event);
    if (action === null || (action === 'copy' && !screen.terminal.hasSelection())) return false;
    if (event.type !== 'keydown') return true;
    if (action === 'search') search.open();
    else if (action === 'lines') togglePast();
    else if (action === 'leave') leaveTerminal();
    else screen.copy();
    return true;
  }

  function togglePast(): void {
    if (past.shown) past.close();
    else past.open(null);
  }

  /** Where a panel was opened its button says so; where it was closed the terminal has the keyboard again. */
  function toggled(button: string): (shown: boolean) => void {
    return (shown) => {
      part(button).setAttribute('aria-expanded', String(shown));
      part('earlier').hidden = true;
      if (!shown) screen.terminal.focus();
    };
  }

  /** What a press does, with the keyboard back at the terminal. */
  function typingOn(run: () => void): () => void {
    return () => {
      run();
      screen.terminal.focus();
    };
  }

  async function openEarlier(): Promise<void> {
    part('earlier').hidden = true;
    // How many lines lie in what was skipped only the service knows.
    const { total } = await (await standingView()).history(0, 1);
    const { terminal } = screen;
    // What was at the top is now in the middle, with what came before it above.
    past.open({ line: Math.max(0, total - terminal.buffer.normal.length - Math.floor(terminal.rows / 2)) });
  }

  function totalLines(): number {
    return (state?.lines ?? 0) + newlines;
  }
}

/** To what is asked where something is asked, else to the tools. */
function leaveTerminal(): void {
  const place = part('question').hidden ? 'tools' : 'question';
  part(place).querySelector<HTMLButtonElement>('button:not([hidden])')?.focus();
}

/** Phones lay their keyboard over the page; the page ends where it begins. */
function followKeyboard(): void {
  const { visualViewport } = window;
  visualViewport?.addEventListener('resize', () => {
    const covered = innerHeight - visualViewport.height > 60;
    document.documentElement.style.setProperty('--seen', covered ? `${visualViewport.height}px` : '100dvh');
  });
}
