# workerd's configuration of Millrace: one Worker, one resident Durable Object, two directories and two networks.
#
# Start it from the repository's root with DATABASE_URL and MILLRACE_WORKER in the environment (src/entry/worker-settings.ts):
#   workerd serve ops/workerd/millrace.capnp --directory-path blobs=/var/lib/millrace/blobs --directory-path ui=dist/ui
# `npm start` writes a copy with its own paths and network policy (src/entry/local/workerd-config.ts).

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .millrace),

    # Uploads. Files are written under a hidden name and moved into place when complete.
    (name = "blobs", disk = (writable = true)),
    # The dashboard, as Vite built it.
    (name = "ui", disk = (writable = false)),

    # The way to Postgres, and nothing else: connect() uses it, no user's URL does.
    (name = "internet", network = (allow = ["private", "public"])),

    # The way to the URLs in users' `http` jobs. Addresses are checked after the name was looked up, so a name that turns
    # into a private address gets nowhere. `deny` adds the special ranges (RFC 6890) that workerd counts as public.
    (name = "outbound", network = (
      allow = ["public"],
      deny = [
        "0.0.0.0/8", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001:db8::/32", "2002::/16",
      ],
      tlsOptions = (trustBrowserCas = true),
    )),
  ],
  sockets = [(name = "http", address = "*:8787", http = (), service = "main")],
);

const millrace :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "../../dist/workerd/worker.js")],
  compatibilityDate = "2026-06-01",
  # request.signal: a runner that goes away in its long poll is noticed.
  compatibilityFlags = ["nodejs_compat", "enable_request_signal"],
  # The resident holds sockets, timers and subscriptions, and stores nothing: its truth is in Postgres.
  durableObjectNamespaces = [(className = "Resident", uniqueKey = "millrace-resident", preventEviction = true)],
  durableObjectStorage = (inMemory = void),
  bindings = [
    (name = "RESIDENT", durableObjectNamespace = "Resident"),
    (name = "BLOBS", service = "blobs"),
    (name = "UI", service = "ui"),
    (name = "OUTBOUND", service = "outbound"),
    (name = "DATABASE_URL", fromEnvironment = "DATABASE_URL"),
    (name = "REDIS_URL", fromEnvironment = "REDIS_URL"),
    (name = "MILLRACE_WORKER", fromEnvironment = "MILLRACE_WORKER"),
  ],
);
