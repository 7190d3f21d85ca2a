// The kinds that queue consumers handle themselves. A queue first used by one of them is a push queue.
export const PUSH_KINDS: readonly string[] = ["http"];
