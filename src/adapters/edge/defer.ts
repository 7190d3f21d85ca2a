// Work that may outlive the answer: hints and events. A host that ends a request's work with its answer must be told of it.
export type Defer = (work: Promise<unknown>) => void;
