import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { jsonSchema, schema } from '../../../src/config/schema.ts';
import { settings, variable } from '../../../src/config/settings.ts';

/** Every key of an object schema that leads to no further keys, dotted. */
function leavesOf(type: z.ZodObject, prefix = ''): readonly string[] {
  return Object.entries(type.shape).flatMap(([key, inner]) => {
    const section = inner instanceof z.ZodPrefault ? inner.unwrap() : inner;
    return section instanceof z.ZodObject ? leavesOf(section, `${prefix}${key}.`) : [`${prefix}${key}`];
  });
}

describe('the table of settings', () => {
  test('has each scalar of the schema, and nothing else', () => {
    const lists = [
      'upstreams',
      'units',
      'addresses.allow',
      'addresses.deny',
      'expose.tags',
      'expose.meta',
      'expose.env',
      'discover.exclude',
    ];
    const leaves = leavesOf(schema).filter((key) => !lists.includes(key));
    expect(leaves.length).toBeGreaterThan(30);
    expect(Object.keys(settings).sort()).toEqual([...leaves].sort());
  });

  test('gives each flag to one key, but for those that share its value', () => {
    const flags = Object.entries(settings).flatMap(([key, { flag }]) => (key === 'wait.max' ? [] : [flag]));
    expect(new Set(flags).size).toBe(flags.length);
  });

  test('names variables after flags', () => {
    const key = 'consul.datacenter';
    expect(variable({ key, setting: settings[key] })).toBe('UPSYNC_CONSUL_DATACENTER');
  });

  test('has no secret in it', () => {
    expect(Object.keys(settings).filter((key) => /token|password|secret/.test(key))).toEqual([
      'consul.token_file',
    ]);
  });
});

describe('the JSON Schema', () => {
  const text = JSON.stringify(jsonSchema());

  test('is of draft 2020-12, and requires nothing of what has a default', () => {
    expect(jsonSchema()).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'upsync.yaml',
      additionalProperties: false,
      properties: {
        consul: { properties: { block: { type: 'string', default: '5m' } }, additionalProperties: false },
        upstreams: { propertyNames: { pattern: expect.any(String) } },
      },
    });
    expect(jsonSchema()).not.toHaveProperty('required');
  });

  test('describes every key', () => {
    const properties = [...text.matchAll(/"properties":\{/g)];
    expect(properties.length).toBeGreaterThan(8);
    expect(undescribed(jsonSchema(), '')).toEqual([]);
  });
});

/** The paths of properties without a description. */
function undescribed(node: unknown, path: string): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) => {
    if (key !== 'properties' || typeof value !== 'object' || value === null) {
      return undescribed(value, `${path}/${key}`);
    }
    return Object.entries(value).flatMap(([name, property]: [string, unknown]) => {
      const described = typeof property === 'object' && property !== null && 'description' in property;
      return [...(described ? [] : [`${path}/${name}`]), ...undescribed(property, `${path}/${name}`)];
    });
  });
}
