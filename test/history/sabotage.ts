// Ways to break the engine on purpose: a test that cannot fail proves nothing, so each of these must be found out.
import { SQL, StringChunk } from "drizzle-orm";
import type { EnginePorts } from "../../src/core/context.ts";
import type { TestDatabase } from "../support/databases.ts";
import type { Sabotage } from "./world.ts";

/** Replaces text in the statements that the engine sends; a pattern that matches nothing is found out by `assertUsed`. */
export function rewriteStatements(pattern: string, replacement: string): { sabotage: Sabotage; wasUsed: () => boolean } {
  let used = false;
  const rewrite = (query: SQL): SQL =>
    new SQL(
      query.queryChunks.map((chunk) => {
        if (chunk instanceof SQL) return rewrite(chunk);
        if (!(chunk instanceof StringChunk)) return chunk;
        const text = chunk.value.join("");
        if (!text.includes(pattern)) return chunk;
        used = true;
        return new StringChunk(text.replace(pattern, replacement));
      }),
    );
  const sabotage = (ports: EnginePorts): EnginePorts => {
    const { db } = ports;
    const execute = (query: SQL) => db.execute(rewrite(query));
    return { ...ports, db: { execute } as unknown as EnginePorts["db"] };
  };
  return { sabotage, wasUsed: () => used };
}

/** Replaces text in one of the database's own functions. */
export async function rewriteFunction({ sql }: TestDatabase, name: string, [pattern, replacement]: [string, string]): Promise<void> {
  const [row] = await sql<{ definition: string }[]>`select pg_get_functiondef(${`millrace.${name}`}::regproc) as definition`;
  if (!row?.definition.includes(pattern)) throw new Error(`millrace.${name} does not contain "${pattern}".`);
  await sql.unsafe(row.definition.replace(pattern, replacement));
}

/** Publishes every event twice. */
export const publishTwice: Sabotage = (ports) => ({
  ...ports,
  bus: {
    ...ports.bus,
    async publish(drafts) {
      await ports.bus.publish(drafts);
      await ports.bus.publish(drafts);
    },
  },
});
