// One request in the hands of an operation.
import type { Context } from "hono";
import type { Identity } from "../core/context.ts";
import type { ApiEnv, ApiServices } from "./services.ts";

export type Exchange = { c: Context<ApiEnv>; services: ApiServices; identity: Identity };
