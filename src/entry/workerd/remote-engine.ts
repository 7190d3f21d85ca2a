// The engine's verbs over RPC: what the resident answers, and the same `Engine` in front of it for the routes.
import type { Identity } from "../../core/context.ts";
import type { Engine, VerbName } from "../../core/engine.ts";
import { ProblemError } from "../../core/problem-error.ts";
import type { Logger } from "../../ports/logger.ts";

type ProblemValue = Pick<ProblemError, "code" | "errors" | "retryAfterSeconds"> & { detail: string };

/** An error loses its class on the way through an RPC, so problems travel as values. */
export type Answer = { ok: true; value: unknown } | { ok: false; problem: ProblemValue };

type AnyVerb = (identity: Identity, input: unknown) => Promise<unknown>;

/** Runs one verb. What is not a problem on purpose is logged here and told as `internal`, without its text. */
export async function answerVerb(
  engine: Engine,
  logger: Logger,
  call: { verb: string; identity: Identity; input: unknown },
): Promise<Answer> {
  try {
    const verb = (Object.hasOwn(engine, call.verb) ? engine[call.verb as VerbName] : undefined) as AnyVerb | undefined;
    if (!verb) throw new Error(`The engine has no verb '${call.verb}'`);
    return { ok: true, value: await verb(call.identity, call.input) };
  } catch (error) {
    if (error instanceof ProblemError) {
      return {
        ok: false,
        problem: { code: error.code, detail: error.message, errors: error.errors, retryAfterSeconds: error.retryAfterSeconds },
      };
    }
    logger.error("a verb failed", { verb: call.verb, error });
    return {
      ok: false,
      problem: {
        code: "internal",
        detail: "Something failed on our side; it was logged.",
        errors: undefined,
        retryAfterSeconds: undefined,
      },
    };
  }
}

export type EngineStub = { call(verb: string, identity: Identity, input: unknown): Promise<unknown> };

/** The engine behind `stub()`, which is asked anew for every call: a stub does not outlive its object. */
export function createRemoteEngine(stub: () => EngineStub, logger: Logger): Engine {
  const verbs = new Map<string, AnyVerb>();
  const verbNamed =
    (name: string): AnyVerb =>
    async (identity, input) => {
      const answer = (await stub()
        .call(name, identity, input)
        .catch((error: unknown) => {
          logger.error("the resident did not answer", { verb: name, error: String(error) });
          throw new ProblemError("unavailable", "The engine is starting again. Nothing was changed, or the answer was lost: ask again.", {
            retryAfterSeconds: 1,
          });
        })) as Answer;
      if (answer.ok) return answer.value;
      const { code, detail, errors, retryAfterSeconds } = answer.problem;
      throw new ProblemError(code, detail, {
        ...(errors ? { errors } : {}),
        ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      });
    };
  return new Proxy({} as Engine, {
    get(_, name) {
      // A promise looks for `then` on what it is given.
      if (typeof name !== "string" || name === "then") return undefined;
      const verb = verbs.get(name) ?? verbNamed(name);
      verbs.set(name, verb);
      return verb;
    },
  });
}
