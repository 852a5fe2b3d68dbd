/** What units of studies are told: plain data, checked. */
import { type z } from 'zod';
import { check } from '../jobs/schema.js';
import { type Json } from '../operations/operation.js';
import { type JsonObject, stringifyStrict } from '../runs/json.js';

/**
 * What a unit was told, if it is what its schema asks for; throws WeftError('job') that names the field that is not.
 */
export function checkPayload<T>(schema: z.ZodType<T>, payload: JsonObject, unit: string): T {
  return check(schema, payload, `the payload of a unit '${unit}'`);
}

/** A value as a payload holds it; throws WeftError('numeric') where a number in it is not finite. */
export const plainPayload = (value: object): JsonObject => JSON.parse(stringifyStrict(value as Json)) as JsonObject;
