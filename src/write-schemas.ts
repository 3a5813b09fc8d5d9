import { mkdirSync, writeFileSync } from 'node:fs';
import { schemaFiles } from './cmms/schema-files.ts';

const folder = new URL('../schemas/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, content] of Object.entries(schemaFiles())) writeFileSync(new URL(name, folder), content);
