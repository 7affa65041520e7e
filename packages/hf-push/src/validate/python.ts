import { spawn } from 'node:child_process';

/** What Python says of one file. */
export interface PythonFile {
  readonly path: string;
  /** Undefined when it can be read. */
  readonly error?: { readonly line: number; readonly message: string };
  readonly definesMain: boolean;
  readonly callsMain: boolean;
}

/** Python's judgement and its version, or why there is none. */
export type PythonAnswer =
  | { readonly files: readonly PythonFile[]; readonly version: PythonVersion }
  | { readonly unavailable: string };

/** Major and minor. */
export type PythonVersion = readonly [major: number, minor: number];

/** Reads programs without running them. Takes a JSON map of names to sources, prints its version and a JSON list. */
const program = `
import ast, json, sys

def is_guard(node):
    test = node.test if isinstance(node, ast.If) else None
    return (isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"
            and any(isinstance(other, ast.Constant) and other.value == "__main__" for other in test.comparators))

def calls_main(node):
    return any(isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "main"
               for each in ast.walk(node))

answers = []
for path, source in json.load(sys.stdin).items():
    answer = {"path": path, "definesMain": False, "callsMain": False}
    try:
        tree = ast.parse(source)
        answer["definesMain"] = any(isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) and each.name == "main"
                                    for each in tree.body)
        answer["callsMain"] = any(is_guard(each) and calls_main(each) for each in tree.body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        answer["error"] = {"line": getattr(error, "lineno", None) or 1, "message": getattr(error, "msg", None) or str(error)}
    answers.append(answer)
json.dump({"version": sys.version_info[:2], "files": answers}, sys.stdout)
`;

const patienceMs = 20_000;

/** Lets Python parse sources. It runs none of them, isolated from the environment and from the working folder. */
export async function readPython(
  sources: Readonly<Record<string, string>>,
  { python, signal }: { readonly python: string; readonly signal?: AbortSignal | undefined },
): Promise<PythonAnswer> {
  signal?.throwIfAborted();
  const limit = AbortSignal.timeout(patienceMs);
  const child = spawn(python, ['-I', '-S', '-c', program], {
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  // A Python that ends before it has read everything says so by its exit code.
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(sources));
  const end = await new Promise<Error | number | null>((resolve) => {
    child.on('error', resolve);
    child.on('close', resolve);
  });
  signal?.throwIfAborted();
  if (typeof end === 'object' && end !== null)
    return { unavailable: 'code' in end && end.code === 'ENOENT' ? `${python} is not here` : end.message };
  if (end !== 0) return { unavailable: `${python} ended with ${end ?? 'a signal'}` };
  return JSON.parse(printed) as PythonAnswer;
}
