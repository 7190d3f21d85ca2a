// API keys.
import { z } from "zod";
import { KeyInput, KeyList, NewKey } from "../../../contract/key.ts";
import type { Authenticator } from "../../middleware/authenticate.ts";
import { operation } from "../../operation.ts";

export const createKey = operation({
  method: "post",
  path: "/api/v1/keys",
  tag: "Keys",
  scopes: [],
  summary: "Make an API key",
  description: "The key itself is in this answer and nowhere else; only its hash is stored.",
  body: KeyInput,
  idempotency: "none", // a stored answer would store the key
  responses: { 201: { description: "The new key.", schema: NewKey } },
  handle: async ({ c, services, identity }, { body }) =>
    c.json(await services.engine.createKey(identity, body), 201, { "cache-control": "no-store" }),
});

export const listKeys = operation({
  method: "get",
  path: "/api/v1/keys",
  tag: "Keys",
  scopes: [],
  summary: "List API keys",
  responses: { 200: { description: "The keys, without their secrets.", schema: KeyList } },
  handle: async ({ c, services, identity }) => c.json(await services.engine.listKeys(identity, {})),
});

export function revokeKey(authenticator: Authenticator) {
  return operation({
    method: "delete",
    path: "/api/v1/keys/{id}",
    tag: "Keys",
    scopes: [],
    summary: "Revoke an API key and its sessions",
    params: z.object({ id: z.string() }),
    problems: ["not_found", "conflict"],
    responses: { 204: { description: "Revoked." } },
    async handle({ c, services, identity }, { params }) {
      authenticator.forget((await services.engine.revokeKey(identity, params)).hashes);
      return c.body(null, 204);
    },
  });
}
