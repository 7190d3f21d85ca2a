// The environment that children inherit: ours, without what is for us alone.

/** A child that runs users' commands must not hand them the admin's key. */
export function childEnvironment(): Record<string, string | undefined> {
  const { MILLRACE_ADMIN_KEY: _, ...environment } = process.env;
  return environment;
}
