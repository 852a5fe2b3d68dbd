import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { CONFIG_TEMPLATE } from '../../src/api/templates.js';
import { configJsonSchema } from '../../src/config/json-schema.js';
import { configSchema } from '../../src/config/schema.js';

const FILE = new URL('../../schema/weft.schema.json', import.meta.url);
const RECIPES = new URL('../../runs/recipes/', import.meta.url);

describe('the JSON schema for editors', () => {
  const schema = configJsonSchema();
  const validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);

  it('is the one in schema/ (write it with `npm run schema`)', () => {
    expect(JSON.parse(readFileSync(FILE, 'utf8'))).to.deep.equal(JSON.parse(JSON.stringify(schema)));
  });

  it('accepts every recipe and what `weft init` writes', () => {
    const files = readdirSync(RECIPES).filter((file) => file.endsWith('.yaml'));
    expect(files).to.not.be.empty;
    for (const text of [...files.map((file) => readFileSync(new URL(file, RECIPES), 'utf8')), CONFIG_TEMPLATE]) {
      const result = validator.safeParse(parse(text));
      expect(result.success, text).to.equal(true);
    }
  });

  const OPTIMIZER = {
    name: 'sam',
    rho: 0.1,
    base: { name: 'adamw', learningRate: 0.01, schedule: { name: 'cosine' } },
  };
  const CASES: Readonly<Record<string, unknown>> = {
    'nothing at all': {},
    'an optimizer in an optimizer': {
      search: { optimizer: OPTIMIZER },
      retrain: { optimizer: { ...OPTIMIZER, base: OPTIMIZER } },
    },
    'options of a space': { space: { name: 'macro-cnn', layers: 3 } },
    'an unknown field': { sed: 1 },
    'an unknown field deep inside': {
      search: { optimizer: { ...OPTIMIZER, base: { name: 'adamw', learningrate: 1 } } },
    },
    'a number out of range': { data: { labelNoise: 1.5 } },
    'a fraction for a count': { search: { epochs: 1.5 } },
    'an unknown optimizer': { search: { optimizer: { name: 'sgdd' } } },
    'a schedule of another form': { search: { optimizer: { name: 'sgd', schedule: 'cosine' } } },
    'a pair with three numbers': { data: { size: [8, 8, 8] } },
  };
  for (const [name, config] of Object.entries(CASES)) {
    it(`agrees with the check of configurations on ${name}`, () => {
      expect(validator.safeParse(config).success).to.equal(configSchema.safeParse(config).success);
    });
  }

  it('describes its fields, has no dangling references, and is small', () => {
    const text = JSON.stringify(schema);
    const { definitions, properties } = schema as unknown as {
      definitions: object;
      properties: Record<string, { description?: string }>;
    };
    const referred = new Set([...text.matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name]) => name!));
    expect([...referred].sort()).to.deep.equal(Object.keys(definitions).sort());
    expect(properties['space']!.description).to.be.a('string');
    expect(text.length).to.be.below(150_000);
    expect(text).to.not.include(String(Number.MAX_SAFE_INTEGER));
  });
});
