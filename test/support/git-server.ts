import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SshHosts } from './ssh-hosts.js';

/** Content by path; a path that ends with `*` is executable, and has no `*` in the repository. */
export type RepositoryFiles = Readonly<Record<string, string | Buffer>>;

/** What a repository begins with. */
export interface RepositoryOptions {
  /** Where the bare repository is made; the folder is made too. */
  readonly path: string;
  /** On the first branch; default one `README.md`. */
  readonly files?: RepositoryFiles;
  /** Further branches, each one commit on top of the first. */
  readonly branches?: Readonly<Record<string, RepositoryFiles>>;
  /** The branch that HEAD names; default `main`. */
  readonly head?: string;
}

/** A bare repository with a few commits. */
export interface Repository {
  readonly path: string;
  readonly head: string;
  /** The commit that a branch or tag stands at, in full. */
  commitOf(ref: string): string;
  /** Adds a commit to a branch (made from HEAD when it is new), and gives its id. */
  commit(branch: string, files: RepositoryFiles, message?: string): string;
  /** Runs git in it, without the configuration of whoever runs the tests. */
  git(...args: readonly string[]): string;
}

/** The environment of a git that no configuration of a person or machine reaches. */
export function gitEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
}

/** Makes a bare repository. The same options give the same commit ids. */
export function makeRepository(options: RepositoryOptions): Repository {
  const { path, files = { 'README.md': 'A repository.\n' }, branches = {}, head = 'main' } = options;
  mkdirSync(path, { recursive: true });
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', path, ...args], { encoding: 'utf8', env: gitEnvironment() }).trim();
  git('init', '--quiet', '--bare', '--initial-branch', head);
  let second = 1_700_000_000;
  const commitsOf = (...commits: readonly (readonly [string, RepositoryFiles, string, string | undefined])[]): void => {
    const input = commits.map(([branch, content, message, from]) => {
      second += 60;
      return commitStream(branch, content, message, from, second);
    });
    execFileSync('git', ['-C', path, 'fast-import', '--quiet'], { input: Buffer.concat(input), env: gitEnvironment() });
  };
  const first = `refs/heads/${head}`;
  commitsOf(
    [first, files, 'Begin', undefined],
    ...Object.entries(branches).map(
      ([name, content]) => [`refs/heads/${name}`, content, `Begin ${name}`, first] as const,
    ),
  );
  const commitOf = (ref: string): string => git('rev-parse', '--verify', `${ref}^{commit}`);
  return {
    path,
    head,
    git,
    commitOf,
    commit(branch, content, message = 'Go on') {
      const isNew = git('for-each-ref', `refs/heads/${branch}`) === '';
      commitsOf([`refs/heads/${branch}`, content, message, `${isNew ? first : `refs/heads/${branch}`}^0`]);
      return commitOf(branch);
    },
  };
}

/** One commit in the language of `git fast-import`. */
function commitStream(
  ref: string,
  files: RepositoryFiles,
  message: string,
  from: string | undefined,
  second: number,
): Buffer {
  const who = `Tester <tester@example.com> ${second} +0000`;
  return Buffer.concat([
    Buffer.from(`commit ${ref}\nauthor ${who}\ncommitter ${who}\n`),
    data(message),
    Buffer.from(from === undefined ? '' : `from ${from}\n`),
    ...Object.entries(files).flatMap(([name, content]) => {
      const isExecutable = name.endsWith('*');
      const path = isExecutable ? name.slice(0, -1) : name;
      return [Buffer.from(`M ${isExecutable ? '100755' : '100644'} inline ${JSON.stringify(path)}\n`), data(content)];
    }),
  ]);
}

function data(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n')]);
}

/** Who may read. */
export type GitAccess =
  | { readonly username: string; readonly password: string }
  /** The header `Authorization: Bearer …`, as some servers want it. */
  | { readonly bearer: string };

/** What goes wrong with every answer that carries objects. */
export type GitFault =
  /** The connection ends behind so many bytes of the body. */
  | { readonly cutAfterBytes: number }
  /** Nothing is answered before this. */
  | { readonly hold: Promise<unknown> }
  | { readonly status: number };

/** How a server is to behave. */
export interface GitHttpOptions {
  /** Holds the repositories: `ROOT/NAME` is served as `/NAME`. */
  readonly root: string;
  /** Anybody may read when missing. */
  readonly access?: GitAccess;
  /** Whether a commit may be asked for by its id. Where not, protocol 2 is not spoken either, which always allows it. Default true. */
  readonly shaFetches?: boolean;
}

/** Something that was asked of a server. */
export interface GitRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly status: number;
}

/** A git server over http on loopback: `git http-backend` behind a door. */
export class GitHttpServer implements AsyncDisposable {
  readonly requests: GitRequest[] = [];
  /** Goes wrong from the next request on; `undefined` mends it. */
  fault: GitFault | undefined;
  readonly #server: Server;
  readonly #options: GitHttpOptions;
  readonly #children = new Set<ChildProcess>();
  readonly #sockets = new Set<Socket>();

  private constructor(options: GitHttpOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response).catch(() => response.destroy());
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(options: GitHttpOptions): Promise<GitHttpServer> {
    const server = new GitHttpServer(options);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  /** `127.0.0.1:PORT`, as it stands in URLs. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The address of a repository by its path below the root. Without credentials. */
  url(name: string): string {
    return `http://${this.host}/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const { authorization } = request.headers;
    response.once('close', () => this.requests.push({ method, url, authorization, status: response.statusCode }));
    if (!mayRead(this.#options.access, authorization)) {
      const scheme = this.#options.access && 'bearer' in this.#options.access ? 'Bearer' : 'Basic';
      response.writeHead(401, { 'www-authenticate': `${scheme} realm="git"` }).end('Unauthorized\n');
      return;
    }
    const fault = url.endsWith('/git-upload-pack') ? this.fault : undefined;
    if (fault && 'hold' in fault) await fault.hold;
    if (fault && 'status' in fault) response.writeHead(fault.status).end();
    else await this.#run(request, response, fault && 'cutAfterBytes' in fault ? fault.cutAfterBytes : undefined);
  }

  /** Runs `git http-backend` for one request (a CGI program, RFC 3875). */
  async #run(request: IncomingMessage, response: ServerResponse, cutAfterBytes: number | undefined): Promise<void> {
    const { root, shaFetches = true } = this.#options;
    const { pathname, search } = new URL(request.url ?? '/', 'http://git.invalid');
    const settings = shaFetches
      ? [['uploadpack.allowAnySHA1InWant', 'true']]
      : [
          ['uploadpack.allowAnySHA1InWant', 'false'],
          ['protocol.version', '0'],
        ];
    const protocol = request.headers['git-protocol'];
    const child = spawn('git', [...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]), 'http-backend'], {
      env: {
        ...gitEnvironment(),
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        REQUEST_METHOD: request.method,
        PATH_INFO: decodeURIComponent(pathname),
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        ...(request.headers['content-length'] && { CONTENT_LENGTH: request.headers['content-length'] }),
        ...(request.headers['content-encoding'] && { HTTP_CONTENT_ENCODING: request.headers['content-encoding'] }),
        ...(shaFetches && typeof protocol === 'string' && { GIT_PROTOCOL: protocol }),
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    // A program that has its answer reads no further.
    child.stdin.on('error', () => {});
    request.pipe(child.stdin);
    const body = writeHeadOf(response);
    let sent = 0;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    for await (const chunk of child.stdout) {
      const bytes = body(chunk as Buffer);
      if (cutAfterBytes !== undefined && sent + bytes.length > cutAfterBytes) {
        response.write(bytes.subarray(0, cutAfterBytes - sent), () => response.destroy());
        child.kill('SIGKILL');
        return;
      }
      sent += bytes.length;
      if (bytes.length > 0 && !response.write(bytes)) {
        await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
      }
    }
    response.end();
  }
}

function mayRead(access: GitAccess | undefined, authorization: string | undefined): boolean {
  if (!access) return true;
  if ('bearer' in access) return authorization === `Bearer ${access.bearer}`;
  return authorization === `Basic ${Buffer.from(`${access.username}:${access.password}`).toString('base64')}`;
}

/** Takes a CGI program's answer, writes its head, and gives what is body of each chunk. */
function writeHeadOf(response: ServerResponse): (chunk: Buffer) => Buffer {
  let head: Buffer | undefined = Buffer.alloc(0);
  return (chunk) => {
    if (head === undefined) return chunk;
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return Buffer.alloc(0);
    let status = 200;
    for (const line of head.subarray(0, end).toString('latin1').split('\r\n')) {
      const [name = '', value = ''] = line.split(/:\s*/, 2);
      if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.writeHead(status);
    const rest = head.subarray(end + 4);
    head = undefined;
    return rest;
  };
}

/** A git server over ssh on loopback: a real sshd whose one key may do nothing but git. */
export class GitSshServer implements AsyncDisposable {
  readonly #hosts: SshHosts;
  readonly #root: string;
  readonly port: number;

  private constructor(hosts: SshHosts, root: string, port: number) {
    this.#hosts = hosts;
    this.#root = root;
    this.port = port;
  }

  /** With the path of each program by its name (`sshd`), and the folder that holds the repositories. */
  static async start(path: (name: string) => string, options: { readonly root: string }): Promise<GitSshServer> {
    const hosts = new SshHosts(path);
    const sshd = await hosts.host('git', {
      lines: [
        'ForceCommand git-shell -c "$SSH_ORIGINAL_COMMAND"',
        'AcceptEnv GIT_PROTOCOL',
        'SetEnv GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1',
      ],
    });
    return new GitSshServer(hosts, options.root, sshd.port);
  }

  /** `127.0.0.1:PORT`, as it stands in URLs. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The private key that may read, in OpenSSH's form. */
  get privateKey(): string {
    return readFileSync(this.#hosts.key, 'utf8');
  }

  /** The host key, as a line of `known_hosts`. */
  get knownHosts(): string {
    return readFileSync(this.#hosts.knownHosts, 'utf8');
  }

  /** Arguments of ssh that reach the server and read nothing of the person who runs the tests. */
  get sshCommand(): string {
    return `ssh -F ${this.#hosts.config} -i ${this.#hosts.key} -o UserKnownHostsFile=${this.#hosts.knownHosts} -o IdentitiesOnly=yes -o BatchMode=yes`;
  }

  /** The address of a repository by its path below the root. */
  url(name: string): string {
    return `ssh://root@${this.host}${join(this.#root, name)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#hosts[Symbol.asyncDispose]();
  }
}

/** A folder for repositories, removed in the end. */
export class GitRoot implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'hg-'));

  /** Makes a repository in it, by its name below. */
  make(name: string, options: Omit<RepositoryOptions, 'path'> = {}): Repository {
    return makeRepository({ ...options, path: join(this.path, name) });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
