import { SessionsError } from '../errors.js';
import {
  subprotocol,
  type ExitRecord,
  type Hello,
  type LogPlace,
  type SessionState,
  type TerminalSize,
  type ViewerRole,
} from '../protocol/index.js';
import { addressBelow } from './addresses.js';
import { exchangeTicket } from './exchange.js';
import { randomName } from './random-name.js';
import { globalSockets, type OpenSocket, type ViewSocket } from './socket.js';
import { createViewMachine } from './view-machine.js';
import type { ViewEnd, ViewEvent, ViewLink } from './view-types.js';

/** What a handler may answer: a promise holds back what follows, and the credit for it. */
export type Taken = void | Promise<void>;

/** A stretch of lines of the log, from {@link View.history}. */
export type HistoryPage = Omit<Extract<ViewEvent, { readonly type: 'history' }>, 'type' | 'id'>;
/** Who types. */
export type Lease = Omit<Extract<ViewEvent, { readonly type: 'lease' }>, 'type'>;
/** Something to tell the person. */
export type Note = Omit<Extract<ViewEvent, { readonly type: 'note' }>, 'type'>;

/** All that is known of a view and its session, as one value. */
export interface ViewState {
  readonly link: ViewLink;
  /** While `link` is `waiting`: when the next try is made, milliseconds since 1970. */
  readonly retryAtMs: number | undefined;
  /** Undefined until the service has said it; so are the rest. */
  readonly session: SessionState | undefined;
  readonly detail: string | null;
  readonly role: ViewerRole | undefined;
  readonly viewer: string | undefined;
  readonly command: string | undefined;
  readonly startedAt: string | null;
  readonly size: TerminalSize | undefined;
  /** Offset behind the last byte when this link began. */
  readonly head: number;
  /** Oldest offset and number of lines when this link began. */
  readonly first: number;
  readonly lines: number;
  /** No runner stands behind it any more; what is shown comes from the archive. */
  readonly archived: boolean;
  readonly exit: ExitRecord | undefined;
}

/** How a view is opened, and who hears of what. Handlers are called one after the other, in the order of the log. */
export interface AttachOptions {
  /** Where the service is, such as `https://sessions.example.com`. */
  readonly url: string;
  readonly session: string;
  /** Exchanged for a grant first. With neither this nor `grant` the browser's cookie stands for the viewer. */
  readonly ticket?: string | undefined;
  readonly grant?: string | undefined;
  /** Default `control`. */
  readonly want?: ViewerRole;
  /** Size of what shows the session. Default: nothing does. */
  readonly size?: TerminalSize | null;
  /** Default true. */
  readonly visible?: boolean;
  /** The whole log as bytes from its first one, not the newest screen. Default false. */
  readonly whole?: boolean;
  /** Go on behind what is held from before. */
  readonly since?: LogPlace | undefined;
  /** End the view once the command is over and everything was taken. Default true. */
  readonly endsWithCommand?: boolean;
  /** Bytes of the terminal, each once. */
  readonly onOutput?: (data: Uint8Array, offset: number) => Taken;
  /** Replaces everything shown: reset, resize, write. Not with `whole`. */
  readonly onSnapshot?: (data: Uint8Array, place: { readonly offset: number; readonly size: TerminalSize }) => Taken;
  /** With `whole`: bytes that are no longer to be had. */
  readonly onGap?: (from: number, to: number) => Taken;
  readonly onSize?: (size: TerminalSize, offset: number) => Taken;
  /** Caught up: what is typed now meets what is shown. Told after every reconnect. */
  readonly onReady?: (offset: number) => Taken;
  readonly onState?: (state: ViewState) => void;
  readonly onLease?: (lease: Lease) => void;
  readonly onNote?: (note: Note) => void;
  /** Default: the global WebSocket. */
  readonly openSocket?: OpenSocket;
  /** Default: the global fetch. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** Milliseconds without a link after which the view ends with `lost`. Default: never. */
  readonly giveUpAfterMs?: number;
  /** Ends the view. */
  readonly signal?: AbortSignal | undefined;
}

/** A session that is being looked at. */
export interface View {
  readonly state: ViewState;
  /** Programs attach again with this, without a ticket. Undefined in a browser, where it is a cookie. */
  readonly grant: string | undefined;
  /** Where the log is held up to. */
  readonly place: LogPlace | undefined;
  /** Never rejects. A handler that throws ends the view and rejects this with what it threw. */
  readonly ended: Promise<ViewEnd>;
  /** Types, exactly once over any number of reconnects. False when it cannot be taken; see {@link ViewState.role}. */
  type(text: string | Uint8Array): boolean;
  resize(size: TerminalSize, visible?: boolean): void;
  lease(action: 'take' | 'release'): boolean;
  signal(name: string): boolean;
  /** Lines `from` (0-based) up to, without, `to`; at most 1,000. */
  history(from: number, to: number): Promise<HistoryPage>;
  /** Does not wait any longer for the next try: the network is back, the window is looked at again. */
  retry(): void;
  close(): void;
}

/**
 * Attaches to a session and stays attached: over cut networks, restarted gateways and the end of the command's runner.
 * Resolves as soon as the viewer stands; the rest is told to the handlers.
 *
 * @throws SessionsError `HAWSER_SESSIONS_LINK_USED`, `_REFUSED`, `_NOT_FOUND`, `_SERVICE_UNREACHABLE` for a ticket that
 * cannot be exchanged, `_BAD_INPUT` for an address that is none
 */
export async function attach(options: AttachOptions): Promise<View> {
  const { url, session, signal } = options;
  const openSocket = options.openSocket ?? globalSockets();
  const address = addressBelow(url, `/ws/${encodeURIComponent(session)}`);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const exchanged =
    options.ticket === undefined ? undefined : await exchangeTicket({ ...options, ticket: options.ticket });
  signal?.throwIfAborted();
  return openView(options, { openSocket, url: address.href, grant: exchanged?.grant ?? options.grant });
}

function openView(
  options: AttachOptions,
  way: { readonly openSocket: OpenSocket; readonly url: string; readonly grant: string | undefined },
): View {
  const { size = null, visible = true, signal } = options;
  const machine = createViewMachine({
    want: options.want ?? 'control',
    size,
    visible,
    whole: options.whole ?? false,
    since: options.since,
    giveUpAfterMs: options.giveUpAfterMs,
    tab: randomName(),
    random: Math.random,
  });
  const protocols = way.grant === undefined ? [subprotocol] : [subprotocol, `grant.${way.grant}`];
  const told: ViewEvent[] = [];
  const pages = new Map<number, { resolve: (page: HistoryPage) => void; reject: (error: unknown) => void }>();
  let socket: ViewSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isTelling = false;
  let isVisible = visible;
  let finish!: { resolve: (end: ViewEnd) => void; reject: (error: unknown) => void };
  const ended = new Promise<ViewEnd>((resolve, reject) => (finish = { resolve, reject }));
  let over: ViewEnd | undefined;
  let state: ViewState = {
    link: 'connecting',
    retryAtMs: undefined,
    session: undefined,
    detail: null,
    role: undefined,
    viewer: undefined,
    command: undefined,
    startedAt: null,
    size: undefined,
    head: 0,
    first: 0,
    lines: 0,
    archived: false,
    exit: undefined,
  };

  const change = (changes: Partial<ViewState>): void => {
    state = { ...state, ...changes };
    options.onState?.(state);
  };

  /** Carries out what the machine wishes, then sets the clock for when it is due. */
  function act(): void {
    for (const wish of machine.take()) {
      if (wish.do === 'connect') connect();
      else if (wish.do === 'send') socket?.send(wish.bytes);
      else if (wish.do === 'disconnect') drop();
      else if (wish.do === 'tell') told.push(wish.event);
      else over = wish.end;
    }
    clearTimeout(timer);
    const { dueMs } = machine;
    if (dueMs !== undefined)
      timer = setTimeout(() => step(() => machine.tick(Date.now())), Math.max(0, dueMs - Date.now()));
    if (!isTelling) void tellAll();
  }

  function step(doing: () => void): void {
    doing();
    act();
  }

  function drop(): void {
    socket?.close();
    socket = undefined;
  }

  function connect(): void {
    drop();
    let isCurrent = (): boolean => true;
    const opened = way.openSocket(
      { url: way.url, protocols },
      {
        onOpen: () => isCurrent() && step(() => machine.opened(Date.now())),
        onMessage: (bytes) => isCurrent() && step(() => machine.receive(bytes, Date.now())),
        onClose(code, reason) {
          if (!isCurrent()) return;
          socket = undefined;
          step(() => machine.closed(code, Date.now(), reason));
        },
      },
    );
    socket = opened;
    isCurrent = () => socket === opened;
  }

  async function tellAll(): Promise<void> {
    isTelling = true;
    try {
      for (let event = told.shift(); event; event = told.shift()) {
        const taken = tell(event);
        if (taken) await taken;
        if (event.type === 'output') machine.took(event.offset + event.data.length);
        else if (event.type === 'snapshot' || event.type === 'gap') machine.took(machine.place?.offset ?? 0);
        else if (event.type === 'exit' && (options.endsWithCommand ?? true)) machine.close();
        else continue;
        act();
      }
    } catch (error) {
      machine.close();
      told.length = 0;
      finish.reject(error);
      act();
    }
    isTelling = false;
    if (over) conclude(over);
  }

  function conclude(end: ViewEnd): void {
    clearTimeout(timer);
    signal?.removeEventListener('abort', close);
    const lost = new SessionsError('HAWSER_SESSIONS_SERVICE_UNREACHABLE', 'The view ended before these lines came.');
    for (const { reject } of pages.values()) reject(lost);
    pages.clear();
    finish.resolve(end);
  }

  function tell(event: ViewEvent): Taken {
    switch (event.type) {
      case 'link':
        return change({ link: event.link, retryAtMs: event.retryAtMs });
      case 'hello':
        return change(greeted(event.hello));
      case 'phase':
        return change({ session: event.state, detail: event.detail });
      case 'exit':
        return change({ exit: event.exit });
      case 'output':
        return options.onOutput?.(event.data, event.offset);
      case 'snapshot':
        change({ size: event.size });
        return options.onSnapshot?.(event.data, { offset: event.offset, size: event.size });
      case 'size':
        change({ size: event.size });
        return options.onSize?.(event.size, event.offset);
      case 'gap':
        return options.onGap?.(event.from, event.to);
      case 'ready':
        return options.onReady?.(event.offset);
      case 'lease':
        return options.onLease?.({ holder: event.holder, mine: event.mine, viewers: event.viewers });
      case 'note':
        return options.onNote?.({ level: event.level, code: event.code, text: event.text });
      default: {
        const { id, firstLine, lines, total } = event;
        pages.get(id)?.resolve({ firstLine, lines, total });
        pages.delete(id);
      }
    }
  }

  const close = (): void => step(() => machine.close());
  signal?.addEventListener('abort', close);
  step(() => machine.start(Date.now()));

  return {
    get state() {
      return state;
    },
    grant: way.grant,
    get place() {
      return machine.place;
    },
    ended,
    type(text) {
      const isTaken = machine.type(typeof text === 'string' ? new TextEncoder().encode(text) : text);
      act();
      return isTaken;
    },
    resize(newSize, nowVisible = isVisible) {
      isVisible = nowVisible;
      step(() => machine.view(newSize, nowVisible));
    },
    lease(action) {
      const isSent = machine.lease(action);
      act();
      return isSent;
    },
    signal(name) {
      const isSent = machine.signal(name);
      act();
      return isSent;
    },
    history: (from, to) =>
      new Promise((resolve, reject) => {
        pages.set(machine.history(from, to), { resolve, reject });
        act();
      }),
    retry: () => step(() => machine.retry(Date.now())),
    close,
  };
}

/** What a hello tells of the session and of the view. */
function greeted(hello: Hello): Partial<ViewState> {
  const { state: session, detail, role, viewer, command, startedAt, head, first, lines, archived, size } = hello;
  return { session, detail, role, viewer, command, startedAt, head, first, lines, archived, size };
}
