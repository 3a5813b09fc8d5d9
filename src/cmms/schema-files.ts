import { z } from 'zod';
import { notificationSchemas } from './notification-schemas.ts';

/** The jobs as JSON Schema, by the name of the file each is published in. */
export const schemaFiles = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(notificationSchemas).map(([name, schema]) => {
      const { $schema, ...rules } = z.toJSONSchema(schema, { io: 'input' });
      const published = { $schema, $id: `urn:rbm:schema:${name}:1`, title: name, ...rules };
      return [`${name}.schema.json`, `${JSON.stringify(published, null, 2)}\n`];
    }),
  );
