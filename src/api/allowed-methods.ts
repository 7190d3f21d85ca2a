// Which methods a path answers: tells 405 from 404.
import type { Operation } from "./operation.ts";

export function allowedMethods(operations: readonly Operation[], path: string): string[] {
  const matching = operations.filter(({ route }) => patternOf(route.path).test(path));
  return [...new Set(matching.map(({ route }) => route.method.toUpperCase()))].sort();
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}
