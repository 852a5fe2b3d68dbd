/** Writes schema/weft.schema.json from the schema that checks configurations: `npm run schema`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { configJsonSchema } from '../src/config/json-schema.js';

const folder = new URL('../schema/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('weft.schema.json', folder), `${JSON.stringify(configJsonSchema(), null, 1)}\n`);
