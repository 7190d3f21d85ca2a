// The import ladder: imports point down, one way, and only `entry` sees everything.
// entry → adapters → ports;  api | queue-consumers | cron → core → db → contract;  gpu-runner → contract, client.

const folder = (name) => `^src/${name}/`;

/** `name` may import itself, these folders and these packages: nothing else. */
function fence(name, { from = { path: folder(name) }, folders = [], packages = [], node = false, why }) {
  const allowed = [from.path, ...folders.map(folder), ...packages.map((one) => `node_modules/${one}/`)];
  return {
    name: `${name}-imports`,
    comment: why,
    severity: "error",
    from,
    to: { pathNot: allowed, ...(node ? { dependencyTypesNot: ["core"] } : {}) },
  };
}

/** No import from `from` to `to`. */
const ban = (name, { why, from, to }) => ({ name, comment: why, severity: "error", from, to });

const UI_PACKAGES = [
  "react",
  "react-dom",
  "@types/react",
  "@types/react-dom",
  "@fontsource-variable/[a-z-]+",
  "@tanstack/[a-z-]+",
  "@radix-ui/[a-z-]+",
  "uplot",
  "tailwindcss",
  "zod",
];

module.exports = {
  forbidden: [
    fence("contract", { packages: ["zod"], why: "The contract is shared by everybody, so it depends on nobody: zod only." }),
    fence("ports", { folders: ["contract"], why: "Ports are interfaces over the contract's types." }),
    fence("db", { folders: ["contract"], packages: ["drizzle-orm"], why: "Statements know the contract and drizzle, never a driver." }),
    fence("core", { folders: ["contract", "ports", "db"], packages: ["zod"], why: "The engine is free of vendors, hosts and HTTP." }),
    fence("api", {
      folders: ["contract", "ports", "core"],
      packages: ["hono", "@hono/zod-openapi", "zod"],
      why: "Routes reach the database through core, and the host through ports.",
    }),
    fence("queue-consumers", {
      folders: ["contract", "ports", "core"],
      packages: ["ipaddr.js", "zod"],
      why: "Consumers reach the database through core, and the host through ports.",
    }),
    fence("cron", { folders: ["contract", "ports", "core"], why: "Periodic tasks reach the database through core." }),
    fence("client", {
      folders: ["contract", "api"],
      packages: ["hono", "zod"],
      why: "The client knows the wire, and of the app its type only.",
    }),
    ban("client-types-only", {
      why: "The client may take the app's type, never its code.",
      from: { path: folder("client") },
      to: { path: folder("api"), dependencyTypesNot: ["type-only"] },
    }),
    fence("ui", {
      from: { path: folder("ui"), pathNot: "^src/ui/vite\\.config\\.ts$" },
      folders: ["contract", "client"],
      packages: UI_PACKAGES,
      why: "The dashboard is a client like any other.",
    }),
    fence("gpu-runner", {
      from: { path: "^gpu-runner/" },
      folders: ["contract", "client"],
      packages: ["@prometheus-io/client", "execa", "zod"],
      node: true,
      why: "The runner is a package of its own that speaks HTTP: contract and client only.",
    }),
    ban("adapters-imports", {
      why: "Adapters implement ports by a vendor's means; they know nothing of the engine or the routes.",
      from: { path: folder("adapters") },
      to: { path: "^(src|gpu-runner|scripts)/", pathNot: ["adapters", "contract", "ports", "db"].map(folder) },
    }),
    ban("adapters-own-profile", {
      why: "A profile's adapters do not lean on another profile's, except on memory, which any profile may fall back to, and on what is neutral.",
      from: { path: "^src/adapters/([^/]+)/" },
      to: { path: folder("adapters"), pathNot: ["^src/adapters/$1/", "^src/adapters/(memory|neutral)/"] },
    }),
    ban("nobody-imports-entry", {
      why: "Entries are the top of the ladder.",
      from: { pathNot: "^(src/entry|scripts|test|bench)/" },
      to: { path: folder("entry") },
    }),
    ban("no-node-in-neutral-code", {
      why: "The engine and the routes run on every host: no node:* there.",
      from: { path: "^src/(contract|ports|core|db|api|queue-consumers|cron|client)/" },
      to: { dependencyTypes: ["core"] },
    }),
    ban("no-tests-in-product", {
      why: "Test support stays in test/.",
      from: { path: "^(src|gpu-runner|scripts)/" },
      to: { path: "^test/" },
    }),
    ban("no-circular", { why: "A circle has no bottom to start reading from.", from: {}, to: { circular: true } }),
    ban("resolvable", {
      why: "An import that resolves to nothing is a typo or a missing dependency.",
      from: {},
      to: { couldNotResolve: true, pathNot: "^(cloudflare|virtual):" },
    }),
    ban("declared", {
      why: "Import what package.json names, not what happens to be installed.",
      from: { path: "^(src|gpu-runner)/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    }),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|\\.cache|\\.millrace)/" },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    moduleSystems: ["es6"],
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
