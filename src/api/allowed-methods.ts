// Which methods a path answers: tells 405 from 404.
import type { Operation } from "./operation.ts";

// Paths outside the reference's operations: the socket and the reference itself.
const READ_ONLY_PATHS = new Set(["/ws", "/api/v2/ws", "/api/openapi.json", "/api/docs", "/api/docs/style.css"]);

export function allowedMethods(operations: readonly Operation[], path: string): string[] {
  if (READ_ONLY_PATHS.has(path)) return ["GET"];
  const matching = operations.filter(({ route }) => patternOf(route.path).test(path));
  return [...new Set(matching.map(({ route }) => route.method.toUpperCase()))].sort();
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
