import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
};

/** The files of the page by their path, read once; nothing else of the disk can be asked for. */
export function readAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const [folder, path] of [
    [new URL('../viewer/', import.meta.url), '/'],
    [new URL('../diagrams/', import.meta.url), '/diagrams/'],
  ] as const) {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const type = types[name.split('.').at(-1) ?? ''];
      if (type !== undefined) assets.set(path + name, { type, body: readFileSync(new URL(name, folder)) });
    }
  }
  const page = assets.get('/index.html');
  if (page !== undefined) assets.set('/', page);
  return assets;
}
