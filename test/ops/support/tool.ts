// A program that tests check our files with, installed first where we may.
import { findOrInstall } from "../../support/servers/find-program.ts";

/** Its path; null on somebody's laptop that lacks it, whose tests are then skipped. With CI set that is a failure. */
export function findTool(program: Parameters<typeof findOrInstall>[0]): string | null {
  try {
    return findOrInstall(program);
  } catch (error) {
    if (process.env.CI) throw error;
    return null;
  }
}
