import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findProjectFile, readConfigFile, userFilePath, type YamlFile } from '@hawser/exec-client';
import { openStore } from '@hawser/state-store';
import type { Choices } from '../setup/choices.js';
import { setupDocument } from '../setup/remembered.js';
import { shownPath } from './shown-path.js';

/** Where files are looked for. */
export interface ConfigPlaces {
  /** Where one stands. */
  readonly from: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** A person's own folder of configuration. */
  readonly configDir: string;
}

/** A file that is there, and where everything in it stands. */
export interface FoundFile {
  readonly path: string;
  /** As messages call it. */
  readonly shown: string;
  readonly yaml: YamlFile;
}

/** Choices of the last setup here, and the file that remembers them. */
export interface Remembered {
  readonly path: string;
  readonly shown: string;
  readonly preset: string;
  readonly choices: Choices;
}

/** The files that decide settings, each read once and only when asked for. */
export class ConfigFiles {
  readonly #places: ConfigPlaces;
  readonly #read = new Map<string, Promise<FoundFile | undefined>>();
  #remembered: Promise<Remembered | undefined> | undefined;

  constructor(places: ConfigPlaces) {
    this.#places = places;
  }

  /** `.hawser.yaml` of the project one stands in. */
  project(): Promise<FoundFile | undefined> {
    const found = findProjectFile(this.#places.from);
    return found ? this.#file(found.path) : Promise.resolve(undefined);
  }

  /** The person's `config.yaml`. */
  user(): Promise<FoundFile | undefined> {
    return this.#file(userFilePath(this.#places.configDir));
  }

  /** The person's `sessions.json`. */
  sessions(): Promise<FoundFile | undefined> {
    return this.#file(join(this.#places.configDir, 'sessions.json'));
  }

  /** What `hawser setup` was told in this project last. */
  remembered(): Promise<Remembered | undefined> {
    return (this.#remembered ??= this.#readRemembered());
  }

  async #readRemembered(): Promise<Remembered | undefined> {
    const document = openStore({ from: this.#places.from, env: this.#places.env }).document(setupDocument);
    // Reading a document loads its engine, and most projects have none.
    if (!existsSync(document.path)) return undefined;
    const { preset, choices } = (await document.read()).data;
    if (preset === undefined) return undefined;
    return {
      path: document.path,
      shown: shownPath(document.path, this.#places),
      preset,
      choices: choices[preset] ?? {},
    };
  }

  #file(path: string): Promise<FoundFile | undefined> {
    const known = this.#read.get(path);
    if (known) return known;
    const read = this.#readFile(path);
    this.#read.set(path, read);
    return read;
  }

  async #readFile(path: string): Promise<FoundFile | undefined> {
    const shown = shownPath(path, this.#places);
    const yaml = await readConfigFile(path, shown);
    return yaml && { path, shown, yaml };
  }
}
