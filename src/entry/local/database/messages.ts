// What the supervisor and the database process say to each other over Node's channel between parent and child.
export type ToDatabase = { type: "open"; directory: string; port: number; password: string } | { type: "ping" } | { type: "close" };
export type FromDatabase = { type: "ready" } | { type: "failed"; reason: string } | { type: "pong" };
