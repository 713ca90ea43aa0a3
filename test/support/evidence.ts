import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** All that a run wrote, to look through it for what must not be there. */
export class Evidence {
  readonly #texts: { readonly where: string; readonly text: string }[] = [];

  add(where: string, text: string): void {
    this.#texts.push({ where, text });
  }

  /** Every name, link and file below a folder. */
  async addFolder(folder: string): Promise<void> {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      this.add('the names of files', path);
      if (entry.isSymbolicLink()) this.add(path, await readlink(path));
      if (entry.isFile()) this.add(path, await readFile(path, 'latin1'));
    }
  }

  /** Where a text is found. */
  placesOf(text: string): readonly string[] {
    return [...new Set(this.#texts.filter((one) => one.text.includes(text)).map(({ where }) => where))];
  }

  /** Where a secret is found: whole or by half, as it is or encoded. */
  leaksOf(secret: string): readonly string[] {
    const half = Math.ceil(secret.length / 2);
    const parts = [secret.slice(0, half), secret.slice(-half)];
    const encoded = ['', 'user:', ':'].map((before) => Buffer.from(before + secret).toString('base64'));
    const forms = [...parts, ...parts.map(encodeURIComponent), ...encoded.map((text) => text.slice(4, -4))];
    return [...new Set(forms.flatMap((form) => this.placesOf(form)))];
  }
}
