// The secrets of a deployment on Cloudflare: those in our environment are uploaded, the others must be there already.

export const SECRETS = [
  "DATABASE_URL",
  "UPSTASH_REDIS_REST_URL",
  "UPSTASH_REDIS_REST_TOKEN",
  "QSTASH_TOKEN",
  "QSTASH_CURRENT_SIGNING_KEY",
  "QSTASH_NEXT_SIGNING_KEY",
] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** The secrets that our environment holds. */
export function givenSecrets(environment: Environment): Record<string, string> {
  return Object.fromEntries(SECRETS.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
}

/** Throws with what to do where a secret is neither here nor there. `stored`: the names that Cloudflare has. */
export function refuseMissing(environment: Environment, stored: readonly string[]): void {
  // The migrations run from here, so this one is needed here as well.
  const here = environment["DATABASE_URL"] ? [] : ["DATABASE_URL (also where it is stored: the migrations run from here)"];
  const missing = SECRETS.filter((name) => name !== "DATABASE_URL" && !environment[name] && !stored.includes(name));
  const all = [...here, ...missing];
  if (all.length === 0) return;
  throw new Error(
    `These secrets are missing:\n${all.map((name) => `  ${name}`).join("\n")}\nPut them into .env or the environment, or store them: npx wrangler secret put NAME`,
  );
}
