// The handlers by kind. Their kinds are core's PUSH_KINDS; a test keeps the two equal.
import type { AddressPolicy } from "../address-policy.ts";
import type { Handler } from "../handler.ts";
import { createHttpHandler } from "./http.ts";

export function createHandlers(policy: AddressPolicy): ReadonlyMap<string, Handler> {
  return new Map([["http", createHttpHandler(policy)]]);
}
